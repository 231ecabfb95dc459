/** Making, signing and adding catalogs of programs. */
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Catalog, CatalogEntry, SignedCatalog } from '@redoubt/act/app-control';
import type { AppControlAnswer } from '@redoubt/agent/app-control';
import type { AgentClient } from '../agent/client.ts';
import { CommandError, ExitCode } from '../exit.ts';

/** Files that a catalog is made of at most. */
const filesAllowed = 1_000_000;

/** Every regular file below a folder, without following links. */
function* filesBelow(folder: string): Generator<string> {
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    let entries: Dirent[];
    try {
      entries = readdirSync(next, { withFileTypes: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw failed(next, error);
      yield next;
      continue;
    }
    for (const entry of entries) {
      const path = join(next, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile()) yield path;
    }
  }
}

/** Whether somebody may run it. */
function isProgram(fd: number): boolean {
  return (fstatSync(fd).mode & 0o111) !== 0;
}

/**
 * A catalog of the programs below folders.
 * @param isEvery whether files without an execute bit go in too
 * @param onFile told of each file that was read
 */
export async function makeCatalog(
  folders: readonly string[],
  { name, owner, isEvery }: { name: string; owner: string; isEvery: boolean },
  onFile: (files: number) => void,
): Promise<Catalog> {
  const { digestsOf, parseCatalog } = await import('@redoubt/act/app-control');
  const entries: CatalogEntry[] = [];
  let files = 0;
  for (const folder of folders)
    for (const path of filesBelow(folder)) {
      if (entries.length >= filesAllowed) throw tooMany();
      onFile(++files);
      const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      try {
        if (isEvery || isProgram(fd)) entries.push({ sha256: (await digestsOf(fd)).sha256, path });
      } finally {
        closeSync(fd);
      }
    }
  const created = Date.now();
  const catalog: Catalog = {
    format: 'redoubt-catalog',
    name,
    owner,
    issue: Math.floor(created / 1000),
    created,
    entries,
  };
  return parseCatalog(JSON.stringify(catalog));
}

/** Signs a catalog file in place: the signature stands beside it as FILE.sig. @returns where */
export async function signFile(file: string, keyFile: string): Promise<string> {
  const { signCatalog } = await import('@redoubt/act/app-control');
  const { signature } = signCatalog(textOf(file), textOf(keyFile));
  writeFileSync(`${file}.sig`, `${signature}\n`);
  return `${file}.sig`;
}

/** Gives a signed catalog to the agent. */
export function addFile(agent: AgentClient, file: string, keyFile: string): Promise<AppControlAnswer> {
  const signed: SignedCatalog = { catalog: textOf(file), signature: textOf(`${file}.sig`).trim() };
  return agent.post<AppControlAnswer>('/api/app-control/catalogs', { ...signed, key: textOf(keyFile) });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw failed(path, error);
  }
}

function failed(path: string, error: unknown): CommandError {
  const words = error instanceof Error ? error.message : String(error);
  return new CommandError(ExitCode.usage, {
    en: `${path} cannot be read: ${words}`,
    zh: `无法读取 ${path}：${words}`,
  });
}

function tooMany(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: `a catalog holds at most ${filesAllowed} programs`,
    zh: `一个目录最多容纳 ${filesAllowed} 个程序`,
  });
}
