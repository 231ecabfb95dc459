/** Sigma packs of others: what can be honoured in full is copied, the rest is told with its reason. */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { RuleFile } from '../rules/files.ts';
import { RuleSet } from '../rules/rule-set.ts';
import type { Problem } from '../sigma/problem.ts';
import { ArchiveError, type ArchiveLimits, readArchive } from './archive.ts';

/** Why a pack was not imported at all. */
export class PackError extends Error {
  readonly text: { readonly en: string; readonly zh: string };

  constructor(en: string, zh: string, options?: ErrorOptions) {
    super(en, options);
    this.name = 'PackError';
    this.text = { en, zh };
  }
}

/** What came of an import. */
export interface ImportReport {
  readonly name: string;
  /** Where the rules were copied to. */
  readonly folder: string;
  /** Rules, filters and correlations that run. */
  readonly taken: number;
  readonly refused: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Files that are no rules. */
  readonly ignored: number;
}

/** An imported pack. */
export interface ImportedPack {
  readonly name: string;
  readonly taken: number;
  /** When it was imported, ISO 8601. */
  readonly time: string;
  /** Path that it was imported from. */
  readonly source: string;
}

const limits: ArchiveLimits & { readonly packedBytes: number } = {
  files: 100_000,
  fileBytes: 1024 * 1024,
  totalBytes: 256 * 1024 * 1024,
  packedBytes: 128 * 1024 * 1024,
};
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const isRule = (name: string): boolean => /\.ya?ml$/i.test(name) && !/\.test\.ya?ml$/i.test(name);
const manifest = 'pack.json';

/** Folder of the packs below a state directory; one folder a pack. */
export function packsFolder(state: string): string {
  return join(state, 'rules', 'imported');
}

/**
 * Imports a folder, a zip or a tar archive.
 * @throws PackError when it cannot be read, has no rules, or there is a pack of this name already
 */
export async function importPack(
  path: string,
  state: string,
  options: { readonly name?: string | undefined; readonly replace?: boolean } = {},
): Promise<ImportReport> {
  const name = options.name ?? basename(path).replace(/\.(zip|tar|tgz|tar\.gz)$/i, '');
  if (!namePattern.test(name)) {
    throw new PackError(
      `"${name}" cannot be the name of a pack: use letters, digits, ".", "_" and "-"`,
      `“${name}”不能作为规则包名称：请使用字母、数字、“.”、“_”和“-”`,
    );
  }
  const folder = join(packsFolder(state), name);
  if (options.replace !== true && (await isThere(folder))) {
    throw new PackError(
      `there is a pack "${name}" already; --replace replaces it`,
      `已有名为“${name}”的规则包；可用 --replace 替换`,
    );
  }
  const { files, ignored } = await readPack(path);
  const { kept, left, refused } = honoured(files);
  const taken = left.report.loaded;
  const report = { name, folder, taken, refused, warnings: left.report.warnings, ignored };
  if (files.length === 0) {
    throw new PackError(`there is no rule file (.yml) in ${path}`, `${path} 中没有规则文件（.yml）`);
  }
  await write(folder, kept, { name, taken, time: new Date().toISOString(), source: path });
  return report;
}

/**
 * The files of which every document runs. A file with a refused document is left out as a whole: the others in it
 * may mean nothing without it. What refers to something that was left out goes too.
 */
function honoured(files: readonly RuleFile[]): { kept: RuleFile[]; left: RuleSet; refused: Problem[] } {
  const refused: Problem[] = [];
  let kept = [...files];
  for (;;) {
    const left = RuleSet.of(kept);
    const spoilt = new Set(left.report.refused.map(problem => problem.place.file));
    if (spoilt.size === 0) return { kept, left, refused };
    refused.push(...left.report.refused);
    for (const { title, place } of [...left.rules, ...left.correlations]) {
      const reason = 'another document of the same file is refused';
      if (spoilt.has(place.file)) refused.push({ severity: 'refused', rule: title, reason, place });
    }
    kept = kept.filter(file => !spoilt.has(file.name));
  }
}

/** Writes beside the final place first, so that a pack is there as a whole or not at all. */
async function write(folder: string, files: readonly RuleFile[], about: ImportedPack): Promise<void> {
  const draft = join(dirname(folder), `.${basename(folder)}.${process.pid}`);
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  try {
    for (const [index, { name, text }] of files.entries()) {
      // Names from outside are never paths: a number and what is harmless of the name.
      const plain = basename(name)
        .replaceAll(/[^A-Za-z0-9._-]/g, '_')
        .slice(-100);
      await writeFile(join(draft, `${String(index).padStart(5, '0')}-${plain}`), text, { mode: 0o600 });
    }
    await writeFile(join(draft, manifest), `${JSON.stringify(about)}\n`, { mode: 0o600 });
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function readPack(path: string): Promise<{ files: RuleFile[]; ignored: number }> {
  const found = await stat(path).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    throw new PackError(`the pack cannot be read: ${detail}`, `无法读取规则包：${detail}`, { cause: error });
  });
  if (found.isDirectory()) return readFolder(path);
  if (found.size > limits.packedBytes) {
    throw new PackError(
      `the archive is larger than ${limits.packedBytes} bytes`,
      `归档文件超过 ${limits.packedBytes} 字节`,
    );
  }
  let ignored = 0;
  const wanted = (name: string): boolean => {
    if (isRule(name)) return true;
    if (!name.endsWith('/')) ignored += 1;
    return false;
  };
  try {
    const files = readArchive(await readFile(path), wanted, limits);
    return { files: files.map(({ name, bytes }) => ({ name, text: bytes.toString('utf8') })), ignored };
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    throw new PackError(error.message, `无法读取归档文件：${error.message}`, { cause: error });
  }
}

async function readFolder(path: string): Promise<{ files: RuleFile[]; ignored: number }> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile());
  const rules = files.filter(entry => isRule(entry.name)).map(entry => join(entry.parentPath, entry.name));
  const read: RuleFile[] = [];
  let total = 0;
  for (const file of rules.sort()) {
    const { size } = await stat(file);
    total += size;
    if (size > limits.fileBytes || total > limits.totalBytes || read.length >= limits.files) {
      throw new PackError(`"${file}" goes beyond the limits of a pack`, `“${file}”超出规则包的限制`);
    }
    read.push({ name: file.slice(path.length + 1), text: await readFile(file, 'utf8') });
  }
  return { files: read, ignored: files.length - rules.length };
}

/** The imported packs, by name. */
export async function listPacks(state: string): Promise<ImportedPack[]> {
  const names = await readdir(packsFolder(state)).catch(() => []);
  const packs: ImportedPack[] = [];
  for (const name of names.filter(one => namePattern.test(one)).sort()) {
    const text = await readFile(join(packsFolder(state), name, manifest), 'utf8').catch(() => undefined);
    if (text !== undefined) packs.push(JSON.parse(text) as ImportedPack);
  }
  return packs;
}

/** Removes a pack. @returns whether there was one */
export async function removePack(state: string, name: string): Promise<boolean> {
  if (!namePattern.test(name)) return false;
  const folder = join(packsFolder(state), name);
  if (!(await isThere(folder))) return false;
  await rm(folder, { recursive: true });
  return true;
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
