/** What the engines say of files that are known to be good: every file of every installed package. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Judged, type ScanReport, scanTree } from '@redoubt/detect/scan';
import { repository } from '../lib/workplace.ts';
import { debianPackages } from './origin.ts';

/** A good file that was not called clean. */
export interface FalsePositive {
  readonly package: string;
  readonly isDebian: boolean;
  readonly path: string;
  readonly judged: Judged;
  /** `engine: signature`, of each finding. */
  readonly why: readonly string[];
}

/** Packages of one origin. */
export interface Origin {
  readonly packages: number;
  readonly files: number;
}

/** What came out. */
export interface FalsePositives {
  readonly debian: Origin;
  readonly others: Origin;
  readonly bytes: number;
  readonly seconds: number;
  readonly engines: readonly string[];
  /** Packages that were left out, because they bring test files of scanners. */
  readonly leftOut: readonly string[];
  readonly found: readonly FalsePositive[];
}

const lists = '/var/lib/dpkg/info';
/** They hold what scanners have to find. */
const testPackages: ReadonlySet<string> = new Set(['clamav-testfiles']);

/** Scans with every engine that needs nothing from outside: no ClamAV, no indicators. */
export async function measureFalsePositives(
  onProgress: (files: number, of: number) => void,
): Promise<FalsePositives> {
  const debian = debianPackages();
  const owners = new Map<string, string>();
  const packages = new Set<string>();
  const leftOut = new Set<string>();
  for (const list of readdirSync(lists).filter(name => name.endsWith('.list'))) {
    const name = list.slice(0, -'.list'.length).split(':')[0] ?? '';
    if (testPackages.has(name)) {
      leftOut.add(name);
      continue;
    }
    packages.add(name);
    for (const path of readFileSync(join(lists, list), 'utf8').split('\n'))
      if (isFile(path)) owners.set(path, name);
  }
  const found: FalsePositive[] = [];
  const report: ScanReport = await scanTree({
    paths: [...owners.keys()],
    engines: { yaraRules: [join(repository, 'content/yara')] },
    onProgress: ({ files }) => onProgress(files, owners.size),
    onVerdict({ path, verdict: { judged, findings } }) {
      if (judged === 'clean') return;
      const why = findings.map(({ engine, signature, where }) => `${engine}: ${signature} (${where})`);
      const owner = owners.get(path) ?? '';
      found.push({ package: owner, isDebian: debian.has(owner), path, judged, why });
    },
  });
  const origin = (isDebian: boolean): Origin => ({
    packages: [...packages].filter(name => debian.has(name) === isDebian).length,
    files: [...owners.values()].filter(name => debian.has(name) === isDebian).length,
  });
  return {
    debian: origin(true),
    others: origin(false),
    bytes: report.bytes,
    seconds: report.milliseconds / 1_000,
    engines: report.engines.map(({ name }) => name),
    leftOut: [...leftOut],
    found,
  };
}

function isFile(path: string): boolean {
  return path !== '' && lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
