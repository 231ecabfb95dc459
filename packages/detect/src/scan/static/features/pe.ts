/** Features of PE files. */
import { PeError, PeFile, peDirectory, peFlag } from '../pe/file.ts';
import { denseShare, entropyOf, scale, textShare } from './bytes.ts';
import type { Features } from './features.ts';

const usualName = /^(?:\.[a-z_][\w$]*|\/\d+|[A-Z]{4,8}|[a-z_]+\d?)$/;

/** @throws PeError when the bytes are no PE file */
export function peFeatures(bytes: Buffer): Features {
  const file = new PeFile(bytes);
  const { sections, directories } = file;
  let imports: readonly { functions: number }[] = [];
  let broken = 0;
  try {
    imports = file.imports();
  } catch (error) {
    if (!(error instanceof PeError)) throw error;
    broken = 1;
  }
  const code = sections.filter(one => (one.flags & (peFlag.execute | peFlag.code)) !== 0);
  const large = sections.filter(one => one.rawSize >= 2_048);
  const writable = (flags: number): boolean => (flags & peFlag.write) !== 0;
  const entrySection = file.sectionOf(file.entry);
  const overlay = bytes.length - file.end;
  const stored = sections.reduce((sum, one) => sum + one.rawSize, 0);
  const memory = sections.reduce((sum, one) => sum + one.virtualSize, 0);
  const starts = file.entry !== 0;
  const has = (index: number): number => ((directories[index]?.size ?? 0) > 0 ? 1 : 0);
  return {
    'code.entropy': Math.max(0, ...code.map(one => entropyOf(file.bytesOf(one)))),
    'code.dense': Math.max(0, ...code.map(one => denseShare(file.bytesOf(one)))),
    'section.entropy': Math.max(0, ...large.map(one => entropyOf(file.bytesOf(one)))),
    'file.entropy': entropyOf(bytes),
    'file.dense': denseShare(bytes),
    'file.text': textShare(bytes),
    'file.size': scale(bytes.length),
    'sections.count': sections.length,
    'sections.odd': sections.filter(one => !usualName.test(one.name)).length,
    'sections.text': sections.some(one => one.name === '.text') ? 1 : 0,
    'sections.empty': code.filter(one => one.rawSize === 0 && one.virtualSize > 0).length,
    'segments.writeexecute': code.filter(one => writable(one.flags)).length,
    'segments.beyond': sections.some(one => one.rawOffset + one.rawSize > bytes.length) ? 1 : 0,
    'memory.growth': stored === 0 ? 0 : Math.min(memory / stored, 1_000),
    'entry.outside': starts && entrySection === undefined ? 1 : 0,
    'entry.data': starts && entrySection !== undefined && (entrySection.flags & peFlag.execute) === 0 ? 1 : 0,
    'entry.last': starts && sections.length > 2 && entrySection === sections.at(-1) ? 1 : 0,
    'overlay.size': scale(overlay),
    'overlay.share': overlay / bytes.length,
    'overlay.entropy': overlay < 64 ? 0 : entropyOf(bytes.subarray(bytes.length - overlay)),
    'imports.libraries': imports.length,
    'imports.count': scale(imports.reduce((sum, one) => sum + one.functions, 0)),
    'imports.broken': broken,
    'directories.signed': has(peDirectory.certificates),
    'directories.tls': has(peDirectory.tls),
    'directories.managed': has(peDirectory.clr),
    'packer.mark': bytes.includes('UPX!') ? 1 : 0,
  };
}
