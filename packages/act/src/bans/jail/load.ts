/** The jails of a host: those that are shipped, and the operator's own, which replace shipped ones of the same name. */
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import { readSmallFile } from '@redoubt/store/durable';
import { YamlError } from '../../yaml/index.ts';
import type { Jail } from './jail.ts';
import { parseJail } from './parse.ts';

const fileLimit = 1 << 20;
const jailLimit = 500;

/** What loading came to: one bad file does not take the other jails away. */
export interface LoadedJails {
  readonly jails: readonly Jail[];
  readonly problems: readonly Bilingual[];
}

/** Loads `*.yml` of folders, later folders over earlier ones. A folder that is not there has no jails. */
export function loadJails(folders: readonly string[]): LoadedJails {
  const jails = new Map<string, Jail>();
  const problems: Bilingual[] = [];
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const path = join(folder, name);
      try {
        const jail = parseJail(readSmallFile(path, fileLimit) ?? '', path);
        if (jail.name !== basename(name, '.yml'))
          problems.push({
            en: `${path}: name: must be "${basename(name, '.yml')}", as the file is called`,
            zh: `${path}: name: 必须与文件名一致，即“${basename(name, '.yml')}”`,
          });
        else if (jails.size < jailLimit || jails.has(jail.name)) jails.set(jail.name, jail);
        else
          problems.push({
            en: `${path}: more than ${jailLimit} jails`,
            zh: `${path}：规则超过 ${jailLimit} 条`,
          });
      } catch (error) {
        problems.push(wordsOf(error));
      }
    }
  }
  return { jails: [...jails.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), problems };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.yml'))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function wordsOf(error: unknown): Bilingual {
  if (error instanceof YamlError) return error.text;
  const words = error instanceof Error ? error.message : String(error);
  return { en: words, zh: words };
}
