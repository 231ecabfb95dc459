/** Partition tables of raw disks. Source: UEFI 2.10, chapter 5 (GPT and the MBR before it). */
import { open } from 'node:fs/promises';

/** A partition; bytes. */
export interface Partition {
  readonly offset: number;
  readonly size: number;
}

const sector = 512;
const maxPartitions = 128;

/** Partitions out of the beginning of a disk: at least its first 34 sectors. Extended MBR partitions are left out. */
export function parsePartitions(bytes: Buffer): Partition[] {
  if (bytes.length < 2 * sector || bytes.readUInt16LE(510) !== 0xaa55) return [];
  const found: Partition[] = [];
  if (bytes.toString('latin1', sector, sector + 8) === 'EFI PART') {
    const at = Number(bytes.readBigUInt64LE(sector + 72)) * sector;
    const count = Math.min(bytes.readUInt32LE(sector + 80), maxPartitions);
    const size = bytes.readUInt32LE(sector + 84);
    for (let index = 0; index < count && size >= 128; index++) {
      const entry = at + index * size;
      if (entry + 48 > bytes.length) break;
      const first = Number(bytes.readBigUInt64LE(entry + 32));
      const last = Number(bytes.readBigUInt64LE(entry + 40));
      if (first > 0 && last >= first)
        found.push({ offset: first * sector, size: (last - first + 1) * sector });
    }
    return found;
  }
  for (let entry = 446; entry < 510; entry += 16) {
    const type = bytes.readUInt8(entry + 4);
    const [first, count] = [bytes.readUInt32LE(entry + 8), bytes.readUInt32LE(entry + 12)];
    if (type !== 0 && type !== 5 && type !== 15 && first > 0 && count > 0)
      found.push({ offset: first * sector, size: count * sector });
  }
  return found;
}

/** Partitions of a raw disk; none when it has no table. */
export async function partitionsOf(raw: string): Promise<Partition[]> {
  const handle = await open(raw, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(34 * sector), 0, 34 * sector, 0);
    return parsePartitions(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
