/**
 * The whole RAM through /proc/kcore, an ELF core file of the kernel, in the LiME format that Volatility and AVML use:
 * for each range a header (magic, version 1, first and last address), then its bytes.
 * Sources: fs/proc/kcore.c; LiME, doc/README.md.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { wordsOf } from '../error.ts';
import { copy, type PutBytes } from '../members.ts';
import { type EvidenceStep, NotHere } from '../step.ts';
import { textOf } from './read.ts';

/** A range of physical memory, and where kcore has it. */
export interface RamRange {
  readonly address: number;
  readonly bytes: number;
  readonly offset: number;
}

const lime = 0x4c694d45;
const headerBytes = 32;

/** Ranges of RAM in the text of /proc/iomem, whose last addresses are included. */
export function ramIn(iomem: string): { address: number; end: number }[] {
  return Array.from(iomem.matchAll(/^([0-9a-f]+)-([0-9a-f]+) : System RAM$/gm), ([, first, last]) => ({
    address: Number.parseInt(first ?? '0', 16),
    end: Number.parseInt(last ?? '0', 16) + 1,
  })).filter(({ address, end }) => end - address > 1);
}

/**
 * The program headers of a kcore that hold RAM: those whose physical address is one, cut to it.
 * @param headers the ELF header and the program headers
 */
export function rangesOf(headers: Buffer, iomem: string): RamRange[] {
  const isCore = headers.length >= 64 && headers.toString('latin1', 0, 4) === '\x7fELF' && headers[4] === 2;
  if (!isCore) throw new Error('/proc/kcore is no 64-bit ELF file');
  const start = Number(headers.readBigUInt64LE(32));
  const count = headers.readUInt16LE(56);
  const ram = ramIn(iomem);
  const ranges: RamRange[] = [];
  for (let index = 0; index < count && start + (index + 1) * 56 <= headers.length; index++) {
    const at = start + index * 56;
    const physical = headers.readBigUInt64LE(at + 24);
    // Segments that are no direct mapping carry the address -1.
    if (headers.readUInt32LE(at) !== 1 || physical >= 1n << 52n) continue;
    const offset = Number(headers.readBigUInt64LE(at + 8));
    const address = Number(physical);
    const end = address + Number(headers.readBigUInt64LE(at + 32));
    for (const one of ram) {
      const from = Math.max(address, one.address);
      const to = Math.min(end, one.end);
      if (to > from && !ranges.some(known => known.address < to && from < known.address + known.bytes))
        ranges.push({ address: from, bytes: to - from, offset: offset + from - address });
    }
  }
  return ranges.sort((a, b) => a.address - b.address);
}

/** Length of a LiME file of ranges. */
export function limeBytes(ranges: readonly RamRange[]): number {
  return ranges.reduce((sum, { bytes }) => sum + headerBytes + bytes, 0);
}

/** Writes ranges of a kcore in the LiME format. Pages that cannot be read are zeros. @returns how many bytes those are */
export async function writeLime(
  kcore: FileHandle,
  ranges: readonly RamRange[],
  put: PutBytes,
): Promise<number> {
  let unreadable = 0;
  for (const { address, bytes, offset } of ranges) {
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(lime, 0);
    header.writeUInt32LE(1, 4);
    header.writeBigUInt64LE(BigInt(address), 8);
    header.writeBigUInt64LE(BigInt(address + bytes - 1), 16);
    await put(header);
    const piece = 256 << 10;
    for (let done = 0; done < bytes; done += piece) {
      const buffer = Buffer.alloc(Math.min(piece, bytes - done));
      const got = await kcore
        .read(buffer, 0, buffer.length, offset + done)
        .then(({ bytesRead }) => bytesRead)
        .catch(() => 0);
      unreadable += buffer.length - got;
      await put(buffer);
    }
  }
  return unreadable;
}

async function opened() {
  try {
    const kcore = await open('/proc/kcore', 'r');
    const parts: Buffer[] = [];
    await copy(kcore, 1 << 16, async bytes => void parts.push(Buffer.from(bytes)));
    return { kcore, ranges: rangesOf(Buffer.concat(parts), textOf('/proc/iomem') ?? '') };
  } catch (error) {
    throw new NotHere(
      `the RAM cannot be read through /proc/kcore: ${wordsOf(error)}`,
      `无法通过 /proc/kcore 读取物理内存：${wordsOf(error)}`,
    );
  }
}

export const ramStep: EvidenceStep = {
  id: 'ram',
  title: { en: 'the whole RAM', zh: '全部物理内存' },
  estimate: async () => {
    const { kcore, ranges } = await opened();
    await kcore.close();
    return { bytes: limeBytes(ranges), members: 1 };
  },
  collect: async ({ sink }) => {
    const { kcore, ranges } = await opened();
    try {
      if (ranges.length === 0)
        throw new NotHere(
          '/proc/iomem names no RAM: addresses are hidden',
          '/proc/iomem 未列出物理内存：地址被隐藏',
        );
      let unreadable = 0;
      await sink.stream('ram.lime', limeBytes(ranges), async put => {
        unreadable = await writeLime(kcore, ranges, put);
      });
      if (unreadable > 0)
        sink.note(
          `${unreadable} bytes of RAM could not be read and are zeros`,
          `有 ${unreadable} 字节物理内存无法读取，以零填充`,
        );
    } finally {
      await kcore.close();
    }
  },
};
