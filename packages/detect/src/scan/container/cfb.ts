/** Compound files ([MS-CFB]): the streams of OLE documents. Every chain is bounded by the number of sectors. */

/** A stream of a compound file. */
export interface CfbStream {
  /** Storages and name, joined by `/`. */
  readonly name: string;
  readonly bytes: Buffer;
}

const headerBytes = 512;
const entryBytes = 128;
const lastSector = 0xfffffffa;
const entryType = { storage: 1, stream: 2, root: 5 } as const;
const inHeader = 109;
const miniCutoff = 4_096;
const miniShift = 6;
const mostEntries = 65_536;

/** Reads the streams. @throws RangeError when the header makes no sense; damaged streams are cut where they end */
export function cfbStreams(bytes: Buffer): CfbStream[] {
  if (bytes.length < headerBytes) throw new RangeError('shorter than its header');
  const shift = bytes.readUInt16LE(30);
  if (shift !== 9 && shift !== 12) throw new RangeError(`sector shift ${shift}`);
  const file = new Sectors(bytes, shift);
  const directory = file.chain(bytes.readUInt32LE(48), Number.MAX_SAFE_INTEGER);
  const miniFat = file.chain(bytes.readUInt32LE(60), Number.MAX_SAFE_INTEGER);
  const entries = entriesOf(directory);
  const root = entries[0];
  const mini = root === undefined ? Buffer.alloc(0) : file.chain(root.start, root.size);
  const streams: CfbStream[] = [];
  for (const { name, entry } of named(entries)) {
    if (entry.type !== entryType.stream) continue;
    const content =
      entry.size < miniCutoff
        ? miniChain(mini, miniFat, entry.start, entry.size)
        : file.chain(entry.start, entry.size);
    streams.push({ name, bytes: content });
  }
  return streams;
}

class Sectors {
  readonly #bytes: Buffer;
  readonly #shift: number;
  readonly #fat: Uint32Array;

  constructor(bytes: Buffer, shift: number) {
    this.#bytes = bytes;
    this.#shift = shift;
    this.#fat = this.#readFat();
  }

  #sector(index: number): Buffer {
    const start = (index + 1) * 2 ** this.#shift;
    return this.#bytes.subarray(start, start + 2 ** this.#shift);
  }

  #readFat(): Uint32Array {
    const most = Math.ceil(this.#bytes.length / 2 ** this.#shift);
    const perSector = 2 ** this.#shift / 4;
    const places: number[] = [];
    for (let index = 0; index < inHeader; index += 1) places.push(this.#bytes.readUInt32LE(76 + index * 4));
    let next = this.#bytes.readUInt32LE(68);
    for (let seen = 0; next < lastSector && seen <= most; seen += 1) {
      const sector = this.#sector(next);
      if (sector.length < 2 ** this.#shift) break;
      for (let index = 0; index < perSector - 1; index += 1) places.push(sector.readUInt32LE(index * 4));
      next = sector.readUInt32LE((perSector - 1) * 4);
    }
    const fat = new Uint32Array(most).fill(0xffffffff);
    let at = 0;
    for (const place of places) {
      if (place >= lastSector || at >= most) continue;
      const sector = this.#sector(place);
      for (let index = 0; index + 4 <= sector.length && at < most; index += 4, at += 1)
        fat[at] = sector.readUInt32LE(index);
    }
    return fat;
  }

  /** The sectors of a chain, joined; at most as many as there are. */
  chain(start: number, size: number): Buffer {
    const parts: Buffer[] = [];
    const most = Math.min(this.#fat.length, Math.ceil(size / 2 ** this.#shift));
    for (let sector = start; sector < lastSector && parts.length < most; ) {
      const part = this.#sector(sector);
      if (part.length === 0) break;
      parts.push(part);
      sector = this.#fat[sector] ?? lastSector;
    }
    return Buffer.concat(parts).subarray(0, Math.min(size, Number.MAX_SAFE_INTEGER));
  }
}

function miniChain(mini: Buffer, fat: Buffer, start: number, size: number): Buffer {
  const parts: Buffer[] = [];
  const most = Math.ceil(size / 2 ** miniShift);
  for (let sector = start; sector < lastSector && parts.length < most; ) {
    const part = mini.subarray(sector << miniShift, (sector + 1) << miniShift);
    if (part.length === 0) break;
    parts.push(part);
    sector = sector * 4 + 4 <= fat.length ? fat.readUInt32LE(sector * 4) : lastSector;
  }
  return Buffer.concat(parts).subarray(0, size);
}

interface Entry {
  readonly name: string;
  readonly type: number;
  readonly left: number;
  readonly right: number;
  readonly child: number;
  readonly start: number;
  readonly size: number;
}

function entriesOf(directory: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + entryBytes <= directory.length && entries.length < mostEntries; at += entryBytes) {
    const length = Math.min(Math.max(directory.readUInt16LE(at + 64) - 2, 0), 62);
    entries.push({
      name: directory.toString('utf16le', at, at + length),
      type: directory[at + 66] ?? 0,
      left: directory.readUInt32LE(at + 68),
      right: directory.readUInt32LE(at + 72),
      child: directory.readUInt32LE(at + 76),
      start: directory.readUInt32LE(at + 116),
      size: directory.readUInt32LE(at + 120),
    });
  }
  return entries;
}

/** Entries with the names of their storages; each once, however the tree is tangled. */
function named(entries: readonly Entry[]): { name: string; entry: Entry }[] {
  const found: { name: string; entry: Entry }[] = [];
  const seen = new Set<number>();
  const open: { index: number; folder: string }[] = [{ index: entries[0]?.child ?? lastSector, folder: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { index, folder } = next;
    const entry = entries[index];
    if (entry === undefined || seen.has(index)) continue;
    seen.add(index);
    const name = `${folder}${entry.name}`;
    found.push({ name, entry });
    open.push({ index: entry.left, folder }, { index: entry.right, folder });
    if (entry.type === entryType.storage) open.push({ index: entry.child, folder: `${name}/` });
  }
  return found;
}
