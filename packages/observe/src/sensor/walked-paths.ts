/** Paths of records, joined once for all records that carry the same bytes. */
import type { KernelRecord } from '@redoubt/kernel';

/** Paths that are remembered. */
const maxPaths = 8192;

/**
 * Joins walked sections into paths. Most programs, directories and cgroups come again and again: looking one
 * up costs a fifth of joining it, and all processes then share one string.
 */
export class WalkedPaths {
  readonly #joined = new Map<string, string>();

  /** The path in a section; undefined when the record does not have it. */
  of(record: KernelRecord, tag: number): string | undefined {
    const bytes = record.bytes(tag);
    if (bytes === undefined) return undefined;
    // A truncated walk joins to another path, so it is not shared.
    if (record.sectionFlags(tag) !== 0) return record.walkedPath(tag);
    const key = bytes.toString('latin1');
    const known = this.#joined.get(key);
    if (known !== undefined) return known;
    const path = record.walkedPath(tag) ?? '/';
    if (this.#joined.size >= maxPaths) this.#joined.clear();
    this.#joined.set(key, path);
    return path;
  }
}
