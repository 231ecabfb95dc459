/** What the tests of intelligence share. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ImportRequest } from '../../src/intelligence/import/import-feed.ts';
import { importFeed } from '../../src/intelligence/import/import-feed.ts';
import type { ImportReport } from '../../src/intelligence/import/report.ts';
import type { Candidate, Sink } from '../../src/intelligence/kinds.ts';
import { readIndicators } from '../../src/intelligence/set/file.ts';
import { IndicatorSet } from '../../src/intelligence/set/indicator-set.ts';

/** 2026-06-01, the time that the tests take for now. */
export const now = Date.UTC(2026, 5, 1);
export const seconds = now / 1000;

/** A folder that goes with the test. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-intelligence-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Keeps all that a reader finds. */
export class Gathered implements Sink {
  readonly taken: Candidate[] = [];
  readonly withdrawn: Candidate[] = [];
  readonly refused: { reason: string; at: number; text: string }[] = [];
  readonly notes: string[] = [];
  readonly ignored: string[] = [];

  take(candidate: Candidate): void {
    this.taken.push(candidate);
  }
  withdraw(candidate: Candidate): void {
    this.withdrawn.push(candidate);
  }
  refuse(reason: string, at: number, text: string): void {
    this.refused.push({ reason, at, text });
  }
  note(text: string): void {
    this.notes.push(text);
  }
  ignore(what: string): void {
    this.ignored.push(what);
  }
}

/** A text as an input that comes in pieces of some bytes. */
export async function* pieces(text: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** A set of indicators in a folder of its own. */
export class Workbench {
  readonly folder: string;
  readonly path: string;

  constructor(context: TestContext) {
    this.folder = temporaryFolder(context);
    this.path = join(this.folder, 'indicators');
  }

  /** Writes a feed and gives its path. */
  feed(name: string, text: string | Uint8Array): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Imports a plain list. */
  plain(name: string, lines: readonly string[], more: Partial<ImportRequest> = {}): Promise<ImportReport> {
    return this.import({
      source: { name },
      input: { format: 'plain', path: this.feed(`${name}.txt`, lines.join('\n')) },
      ...more,
    });
  }

  import(request: ImportRequest): Promise<ImportReport> {
    return importFeed(this.path, { now, ...request });
  }

  async set(): Promise<IndicatorSet> {
    return (await readIndicators(this.path)) ?? new IndicatorSet();
  }
}
