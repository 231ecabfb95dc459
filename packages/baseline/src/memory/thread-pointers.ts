/**
 * Where the control blocks of threads lie. Their register (fs_base) is not told of a running process, yet debuggers find
 * threads by it; the block itself points to itself in its first and third word and holds the thread's id (glibc, tcbhead_t
 * and struct pthread of x86-64).
 */
import type { LiveProcess } from './process.ts';

/** Bytes looked through at the end of a mapping: control blocks lie at the top of stacks. */
const lookedThrough = 64 * 1024;
/** Bytes of a control block in which the thread's id stands. */
const blockSize = 0x400;

/** Control blocks by thread id, as far as they are found. */
export function threadPointers(process: LiveProcess, threads: readonly number[]): Map<number, number> {
  const wanted = new Set(threads);
  const found = new Map<number, number>();
  for (const { start, end, kind, writable, shared } of process.mappings) {
    if (found.size === wanted.size) break;
    if (kind !== 'anonymous' || !writable || shared) continue;
    const from = Math.max(start, end - lookedThrough);
    const bytes = process.read(from, end - from);
    for (let at = 0; at + blockSize <= bytes.length; at += 16) {
      const address = BigInt(from + at);
      if (bytes.readBigUInt64LE(at) !== address || bytes.readBigUInt64LE(at + 16) !== address) continue;
      for (let offset = 0x20; offset < blockSize; offset += 4) {
        const id = bytes.readUInt32LE(at + offset);
        if (!wanted.has(id) || found.has(id)) continue;
        found.set(id, from + at);
        break;
      }
    }
  }
  return found;
}
