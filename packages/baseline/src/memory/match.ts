/** Searching the memory of a process with rules of somebody else: this wing knows none, whoever starts the check brings them. */
import { hex, type Mapping } from './maps.ts';
import type { Observation } from './observation.ts';
import { type LiveProcess, pageSize } from './process.ts';

/** What a rule found in some memory. */
export interface MemoryMatch {
  readonly rule: string;
  /** OCSF `severity_id`. */
  readonly severity: number;
}

/** Looks at a piece of memory. */
export type MemoryMatcher = (piece: Buffer) => readonly MemoryMatch[] | Promise<readonly MemoryMatch[]>;

/** Bytes of a piece, and of what a piece has of the one before it: a pattern may lie across the border. */
const pieceBytes = 4 << 20;
const overlap = 1 << 16;
/** Bytes of one process that are searched; what is beyond is counted. */
const mostBytes = 1 << 30;

/** Memory that is the process's own: what stands in files is for the scan of files. */
function isSearched({ kind, readable, shared, writable }: Mapping): boolean {
  if (!readable || kind === 'kernel') return false;
  return kind !== 'file' || (writable && !shared);
}

/** Pieces of filled memory, each with the address of its first byte. */
function* pieces(process: LiveProcess, mapping: Mapping): Generator<{ address: number; bytes: Buffer }> {
  let start = -1;
  let end = -1;
  const take = () => ({ address: start, bytes: process.read(start, end - start) });
  for (const page of process.filledPages(mapping.start, mapping.end)) {
    if (page === end && end - start < pieceBytes) {
      end += pageSize;
      continue;
    }
    if (end > start) yield take();
    start = page === end ? page - overlap : page;
    end = page + pageSize;
  }
  if (end > start) yield take();
}

/** What the rules find, each once, and how many bytes were not searched. */
export async function checkMatches(
  process: LiveProcess,
  match: MemoryMatcher,
): Promise<{ observations: Observation[]; unsearched: number }> {
  const found = new Map<string, Observation>();
  let searched = 0;
  let unsearched = 0;
  for (const mapping of process.mappings) {
    if (!isSearched(mapping)) continue;
    for (const { address, bytes } of pieces(process, mapping)) {
      if (searched >= mostBytes) {
        unsearched += bytes.length;
        continue;
      }
      searched += bytes.length;
      for (const { rule, severity } of await match(bytes)) {
        if (found.has(rule)) continue;
        const facts = { rule, address: hex(address), path: mapping.path, size: String(bytes.length) };
        found.set(rule, { kind: 'memory.rule', severity, subject: rule, address, facts });
      }
    }
  }
  return { observations: [...found.values()], unsearched };
}
