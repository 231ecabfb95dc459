/** Saved hunts: those that Redoubt ships, and those of the user in the state directory. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import { parse, stringify } from 'yaml';
import { CommandError, ExitCode } from '../exit.ts';
import { repository } from '../repository.ts';

/** A hunt with a name. */
export interface SavedHunt {
  readonly name: string;
  readonly title: Bilingual;
  readonly query: string;
  /** Ships with Redoubt, and cannot be removed. */
  readonly shipped: boolean;
}

const shippedFolder = join(repository, 'content/hunts');
const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

const userFolder = (state: string): string => join(state, 'hunts');

function fileOf(folder: string, name: string): string {
  if (!namePattern.test(name)) {
    throw new CommandError(ExitCode.usage, {
      en: `"${name}" cannot be the name of a hunt: use a-z, 0-9 and -`,
      zh: `“${name}”不能作为查询名称：请使用 a-z、0-9 和 -`,
    });
  }
  return join(folder, `${name}.yml`);
}

function read(path: string, name: string, shipped: boolean): SavedHunt {
  const data = parse(readFileSync(path, 'utf8')) as Partial<SavedHunt> | null;
  if (typeof data?.query !== 'string') {
    throw new CommandError(ExitCode.unavailable, {
      en: `${path} is no saved hunt: it has no "query"`,
      zh: `${path} 不是已保存的查询：缺少“query”`,
    });
  }
  const { title } = data;
  return { name, query: data.query.trim(), shipped, title: { en: title?.en ?? name, zh: title?.zh ?? name } };
}

/** All saved hunts, those of the user first, by name. */
export function savedHunts(state: string): SavedHunt[] {
  return [[userFolder(state), false] as const, [shippedFolder, true] as const].flatMap(
    ([folder, shipped]) => {
      if (!existsSync(folder)) return [];
      const names = readdirSync(folder).filter(file => file.endsWith('.yml'));
      return names.sort().map(file => read(join(folder, file), file.slice(0, -4), shipped));
    },
  );
}

/** The saved hunt of a name. Throws a CommandError when there is none. */
export function savedHunt(state: string, name: string): SavedHunt {
  const found = savedHunts(state).find(hunt => hunt.name === name);
  if (found !== undefined) return found;
  throw new CommandError(ExitCode.usage, {
    en: `There is no saved hunt "${name}"; see: redoubt hunt list`,
    zh: `没有名为“${name}”的已保存查询；请查看：redoubt hunt list`,
  });
}

/** Saves a hunt of the user; one of the same name is replaced. */
export function saveHunt(state: string, name: string, title: string | undefined, query: string): void {
  const folder = userFolder(state);
  const path = fileOf(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const shown = title ?? name;
  writeFileSync(path, stringify({ title: { en: shown, zh: shown }, query }), { mode: 0o600 });
}

/** Removes a hunt of the user. Throws a CommandError when there is none. */
export function removeHunt(state: string, name: string): void {
  const path = fileOf(userFolder(state), name);
  if (existsSync(path)) {
    rmSync(path);
    return;
  }
  throw new CommandError(ExitCode.usage, {
    en: `There is no hunt "${name}" of your own`,
    zh: `没有名为“${name}”的自有查询`,
  });
}
