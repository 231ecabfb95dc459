/** The playbooks of a host: those that ship with Redoubt, and the operator's own, which win by name. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import { readSmallFile } from '@redoubt/store/durable';
import { wordsOfError } from '../action.ts';
import { parsePlaybook } from './parse.ts';
import type { Playbook } from './playbook.ts';

export interface ListedPlaybook extends Playbook {
  readonly file: string;
  readonly isShipped: boolean;
}

export interface PlaybookLibrary {
  readonly playbooks: readonly ListedPlaybook[];
  /** Files that cannot be used, and why. */
  readonly troubles: readonly Bilingual[];
}

const sizeLimit = 1024 * 1024;

/** Reads both folders. A file that cannot be used is told of and hides no other. */
export function readPlaybooks(shipped: string, own: string, actions: readonly string[]): PlaybookLibrary {
  const found = new Map<string, ListedPlaybook>();
  const troubles: Bilingual[] = [];
  for (const folder of [shipped, own]) {
    const isShipped = folder === shipped;
    const names = existsSync(folder) ? readdirSync(folder).filter(name => name.endsWith('.yml')) : [];
    for (const name of names.sort()) {
      const file = join(folder, name);
      try {
        const playbook = parsePlaybook(readSmallFile(file, sizeLimit) ?? '', file, actions);
        // What ships only runs when a person starts it.
        const automatic = playbook.automatic && !isShipped;
        found.set(playbook.name, { ...playbook, automatic, file, isShipped });
      } catch (error) {
        troubles.push(wordsOfError(error));
      }
    }
  }
  return { playbooks: [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), troubles };
}
