/** A root in a temporary folder, with what a test puts into it. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Bilingual, StateEntry } from '@redoubt/model';
import type { Collector } from '../../src/collector.ts';

/** Files by path; `-> target` makes a link, a mode stands before `|`. */
export function madeRoot(context: TestContext, files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'redoubt-root-'));
  context.after(() => rmSync(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), full);
    else {
      const [, mode, text = content] = /^(0[0-7]{3,4})\|([\s\S]*)$/.exec(content) ?? [];
      writeFileSync(full, text);
      if (mode !== undefined) chmodSync(full, Number.parseInt(mode, 8));
    }
  }
  return root;
}

export interface Collected {
  readonly entries: Map<string, StateEntry>;
  readonly troubles: { readonly key: string; readonly text: Bilingual }[];
}

/** Everything that a collector finds, by key; a key that comes twice is an error. */
export async function collected(collector: Collector, root: string): Promise<Collected> {
  const entries = new Map<string, StateEntry>();
  const troubles: Collected['troubles'] = [];
  for await (const entry of collector.collect({ root, onTrouble: trouble => troubles.push(trouble) })) {
    if (entries.has(entry.key)) throw new Error(`${entry.key} comes twice`);
    entries.set(entry.key, entry);
  }
  return { entries, troubles };
}
