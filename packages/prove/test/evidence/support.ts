/** A small collection in a folder of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type CollectEvidenceOptions,
  type CollectReport,
  collectEvidence,
  type EvidencePlan,
  skippable,
} from '../../src/evidence/index.ts';

/** A temporary folder that goes with the test. */
export function makeFolder(context: { after(work: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-evidence-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of its own of a size such as `4m`, gone with the test. */
export function makeDisk(context: { after(work: () => void): void }, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-evidence-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
  context.after(() => {
    execFileSync('umount', ['-l', folder]);
    rmdirSync(folder);
  });
  return folder;
}

/** A plan that collects next to nothing besides what is named. */
export function smallPlan(plan: Partial<EvidencePlan> = {}): EvidencePlan {
  return {
    memory: [],
    ram: false,
    from: 0,
    to: Date.now(),
    logs: [],
    files: [],
    suspicious: false,
    images: [],
    skip: skippable.filter(one => one !== 'mounts'),
    fileLimit: 1 << 30,
    ...plan,
  };
}

/** Collects into `FOLDER/out.evidence`. */
export function collectInto(
  folder: string,
  plan: Partial<EvidencePlan> = {},
  options: Partial<CollectEvidenceOptions> = {},
): Promise<CollectReport> {
  return collectEvidence({
    output: join(folder, 'out.evidence'),
    plan: smallPlan(plan),
    request: 'a test',
    who: 'tester',
    why: 'a test',
    redoubt: '0',
    reserve: 0,
    ...options,
  });
}

/** A folder of files to collect. */
export function makeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const place = join(folder, 'files');
  mkdirSync(place);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(place, name), content);
  return place;
}
