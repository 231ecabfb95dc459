/** Notes: the build id and whatever else compilers and linkers leave. */
import type { ElfBytes } from './layout.ts';

/** One note. */
export interface ElfNote {
  /** Who defines the type: `GNU`, `CORE`, `stapsdt`. */
  readonly owner: string;
  readonly type: number;
  readonly bytes: Buffer;
}

/** NT_GNU_BUILD_ID. */
const buildIdType = 3;

/** Notes of a segment or section; reading ends at the first that does not fit. */
export function* readNotes(bytes: ElfBytes, align = 4): Generator<ElfNote> {
  const step = align === 8 ? 8 : 4;
  const up = (value: number): number => Math.ceil(value / step) * step;
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameSize = bytes.u32(at);
    const size = bytes.u32(at + 4);
    const nameAt = at + 12;
    const dataAt = up(nameAt + nameSize);
    if (dataAt + size > bytes.length) return;
    const owner = bytes.slice(nameAt, nameAt + Math.max(nameSize - 1, 0)).toString('latin1');
    yield { owner, type: bytes.u32(at + 8), bytes: bytes.slice(dataAt, dataAt + size) };
    at = up(dataAt + size);
  }
}

/** The build id among notes, lower-case hexadecimal. */
export function buildIdOf(notes: Iterable<ElfNote>): string | undefined {
  for (const { owner, type, bytes } of notes) {
    if (owner === 'GNU' && type === buildIdType && bytes.length > 0 && bytes.length <= 64)
      return bytes.toString('hex');
  }
  return undefined;
}
