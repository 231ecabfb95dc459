/** The program that a process runs, and its libraries: whether their files are where they should be. */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ElfError } from '@redoubt/observe/elf';
import type { MappedFile } from './files.ts';
import { baseName, type Modules } from './modules.ts';
import type { Observation } from './observation.ts';
import type { LiveProcess } from './process.ts';

/** The package that owns a path as the process sees it; `null` when none does. */
export type OwnerLookup = (path: string) => Promise<{ readonly name: string } | null>;

/** Folders that everyone may write to. */
const sharedFolders = /^(?:\/tmp|\/var\/tmp|\/dev\/shm|\/run\/user\/\d+|\/run\/lock)\//;
/** Programs whose work it is to load extensions that no package owns. */
const interpreters =
  /^(?:python[\d.]*|node|nodejs|java|perl[\d.]*|php[\w.-]*|ruby[\d.]*|lua[\w.]*|R|dotnet|deno|bun)$/;
/** Programs that copy themselves into memory before they enter a container. */
const containerRuntimes = [
  '/usr/bin/runc',
  '/usr/sbin/runc',
  '/usr/bin/crun',
  '/usr/local/sbin/runc',
  '/usr/local/bin/crun',
];

interface FileFacts {
  readonly file: boolean;
  readonly inode: string;
}

function factsAt(process: LiveProcess, path: string): FileFacts | undefined {
  try {
    const { ino, mode } = statSync(process.path(`root${path}`), { bigint: true });
    return { file: (mode & 0o170000n) === 0o100000n, inode: String(ino) };
  } catch {
    return undefined;
  }
}

/** Whether a program that lives only in memory is, byte for byte, a container runtime that stands on disk. */
function isClonedRuntime(process: LiveProcess): boolean {
  try {
    const { size } = statSync(process.path('exe'));
    for (const path of containerRuntimes) {
      const known = statSync(path, { throwIfNoEntry: false });
      if (
        known?.size === size &&
        known.uid === 0 &&
        readFileSync(path).equals(readFileSync(process.path('exe')))
      )
        return true;
    }
  } catch {
    // gone
  }
  return false;
}

/** Checks the program itself. */
export async function checkProgram(process: LiveProcess, owner: OwnerLookup): Promise<Observation[]> {
  const link = process.link('exe');
  if (link === undefined || !link.endsWith(' (deleted)')) return [];
  const path = link.slice(0, -' (deleted)'.length);
  if (path.startsWith('/memfd:')) {
    if (isClonedRuntime(process)) return [];
    return [{ kind: 'program.memfd', severity: 5, subject: path, address: 0, facts: { path } }];
  }
  const now = factsAt(process, path);
  const owning = await owner(path);
  // dpkg and rpm put the new file in the place of the old: the one that runs is then without a name.
  if (now?.file && owning !== null) return [];
  const facts = { path, package: owning?.name ?? '' };
  if (now !== undefined) return [{ kind: 'program.replaced', severity: 2, subject: path, address: 0, facts }];
  return [{ kind: 'program.deleted', severity: 4, subject: path, address: 0, facts }];
}

/** Whether the newer version of a library, by its soname, stands in the folder where the removed one stood. */
async function isUpgraded(process: LiveProcess, file: MappedFile, owner: OwnerLookup): Promise<boolean> {
  if (factsAt(process, file.path)?.file && (await owner(file.path)) !== null) return true;
  let soname: string | undefined;
  try {
    soname = file.elf?.soname;
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
  if (soname === undefined || soname.includes('/')) return false;
  const newer = `${dirname(file.path)}/${soname}`;
  return factsAt(process, newer)?.file === true && (await owner(newer)) !== null;
}

/** Libraries that LD_PRELOAD or /etc/ld.so.preload names. */
function preloaded(process: LiveProcess): Set<string> {
  const environment = process.text('environ') ?? '';
  const variable = /(?:^|\0)LD_PRELOAD=([^\0]*)/.exec(environment)?.[1] ?? '';
  const file = process.text('root/etc/ld.so.preload') ?? '';
  const words = `${variable} ${file.replaceAll(/#.*$/gm, '')}`.split(/[\s:]+/).filter(word => word !== '');
  return new Set(words.map(baseName));
}

/** Checks the files of the libraries, and of everything else that is mapped to run. */
export async function checkLibraries(
  process: LiveProcess,
  modules: Modules,
  owner: OwnerLookup,
): Promise<Observation[]> {
  const found: Observation[] = [];
  const program = (process.link('exe') ?? '').replace(/ \(deleted\)$/, '');
  const preloads = preloaded(process);
  const seen = new Set<string>();
  for (const { file, mapping } of modules.list) {
    if (seen.has(file.path) || file.path === program) continue;
    seen.add(file.path);
    const facts = { path: file.path, owner: String(file.ownerId) };
    const at = { subject: file.path, address: mapping.start, facts };
    if (file.elf === undefined) {
      if ((await owner(file.path)) === null && !isManagedImage(file, modules)) {
        found.push({ kind: 'file.not-elf', severity: sharedFolders.test(file.path) ? 4 : 3, ...at });
      }
      continue;
    }
    if (mapping.deleted && !(await isUpgraded(process, file, owner))) {
      found.push({
        kind: 'library.deleted',
        severity: factsAt(process, file.path) === undefined ? 4 : 2,
        ...at,
      });
    } else if (sharedFolders.test(file.path)) {
      found.push({ kind: 'library.place', severity: interpreters.test(baseName(program)) ? 2 : 3, ...at });
    } else if (preloads.has(baseName(file.path)) && (await owner(file.path)) === null) {
      found.push({ kind: 'library.preloaded', severity: 3, ...at });
    }
  }
  return found;
}

/** .NET maps its assemblies, which are PE files, to run. */
function isManagedImage(file: MappedFile, modules: Modules): boolean {
  return (
    /\.(?:dll|exe)$/i.test(file.path) &&
    modules.list.some(({ file: one }) => /^lib(?:coreclr|clrjit)\.so$|^wine/.test(baseName(one.path)))
  );
}
