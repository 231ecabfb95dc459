/** What a content is, told from its first bytes. Names of files are claims; their bytes are facts. */

/** Kinds that scanning treats differently; everything else is `data` or, where it reads as such, `text`. */
export type ContentKind =
  | 'empty'
  | 'elf'
  | 'pe'
  | 'script'
  | 'text'
  | 'zip'
  | 'tar'
  | 'gzip'
  | 'bzip2'
  | 'xz'
  | 'zstd'
  | 'lzip'
  | 'lzma'
  | 'compress'
  | '7z'
  | 'rar'
  | 'ar'
  | 'rpm'
  | 'cpio'
  | 'cab'
  | 'iso'
  | 'ole'
  | 'pdf'
  | 'data';

interface Magic {
  readonly kind: ContentKind;
  readonly bytes: Buffer;
  readonly offset: number;
}

const magic = (kind: ContentKind, text: string, offset = 0): Magic => ({
  kind,
  bytes: Buffer.from(text, 'latin1'),
  offset,
});

/** Signatures of file(1)'s public lists and of the formats' own specifications. */
const magics: readonly Magic[] = [
  magic('elf', '\x7fELF'),
  magic('zip', 'PK\x03\x04'),
  magic('zip', 'PK\x05\x06'),
  magic('zip', 'PK\x07\x08'),
  magic('gzip', '\x1f\x8b'),
  magic('bzip2', 'BZh'),
  magic('xz', '\xfd7zXZ\0'),
  magic('zstd', '\x28\xb5\x2f\xfd'),
  magic('lzip', 'LZIP'),
  magic('lzma', '\x5d\0\0'),
  magic('compress', '\x1f\x9d'),
  magic('7z', '7z\xbc\xaf\x27\x1c'),
  magic('rar', 'Rar!\x1a\x07'),
  magic('ar', '!<arch>\n'),
  magic('rpm', '\xed\xab\xee\xdb'),
  magic('cpio', '070701'),
  magic('cpio', '070702'),
  magic('cpio', '070707'),
  magic('cab', 'MSCF\0\0\0\0'),
  magic('ole', '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  magic('tar', 'ustar', 257),
  magic('iso', 'CD001', 32_769),
];

/** PDF readers accept the header anywhere in the first kilobyte (ISO 32000-1, implementation note 13). */
const pdfHeader = Buffer.from('%PDF-');
const pdfWindow = 1_024;
/** Bytes that decide whether a content reads as text. */
const textWindow = 4_096;

/** Tells the kind of a content from its beginning; 32,774 bytes are enough for every kind. */
export function kindOf(head: Buffer): ContentKind {
  if (head.length === 0) return 'empty';
  if (head[0] === 0x23 && head[1] === 0x21) return 'script';
  for (const { kind, bytes, offset } of magics) {
    if (head.length < offset + bytes.length) continue;
    if (bytes.compare(head, offset, offset + bytes.length) === 0) return kind;
  }
  if (isPe(head)) return 'pe';
  if (head.subarray(0, pdfWindow).includes(pdfHeader)) return 'pdf';
  return readsAsText(head) ? 'text' : 'data';
}

function isPe(head: Buffer): boolean {
  if (head[0] !== 0x4d || head[1] !== 0x5a) return false;
  if (head.length < 0x40) return false;
  const offset = head.readUInt32LE(0x3c);
  return offset + 4 <= head.length ? head.readUInt32LE(offset) === 0x4550 : true;
}

function readsAsText(head: Buffer): boolean {
  const end = Math.min(head.length, textWindow);
  for (let at = 0; at < end; at += 1) {
    const byte = head[at] ?? 0;
    if (byte < 9 || (byte > 13 && byte < 32 && byte !== 27)) return false;
  }
  return true;
}
