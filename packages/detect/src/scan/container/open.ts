/** Which opener opens what. */
import type { ContentKind } from '../kind.ts';
import { archiveMembers } from './archive.ts';
import { compressedMembers, zstdMembers } from './compressed.ts';
import type { Opener } from './member.ts';
import { oleMembers } from './ole.ts';
import { pdfMembers } from './pdf.ts';
import { rpmMembers } from './rpm.ts';
import { upxMembers } from './upx.ts';

/** Openers by kind of content; other kinds hold no members. */
export const openers: Readonly<Partial<Record<ContentKind, Opener>>> = {
  zip: archiveMembers,
  tar: archiveMembers,
  '7z': archiveMembers,
  rar: archiveMembers,
  ar: archiveMembers,
  cpio: archiveMembers,
  cab: archiveMembers,
  iso: archiveMembers,
  gzip: compressedMembers,
  bzip2: compressedMembers,
  xz: compressedMembers,
  lzip: compressedMembers,
  lzma: compressedMembers,
  compress: compressedMembers,
  zstd: zstdMembers,
  rpm: rpmMembers,
  ole: oleMembers,
  pdf: pdfMembers,
  elf: upxMembers,
};
