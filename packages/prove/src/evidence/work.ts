/** What an unfinished collection knows of itself, beside the container, so that it can be gone on with after a kill. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { writeWhole } from '@redoubt/baseline';
import { EvidenceError, wordsOf } from './error.ts';
import type { EvidenceHost } from './manifest.ts';
import type { StepResult } from './segment.ts';
import type { EvidencePlan } from './step.ts';

/** The state of a collection. */
export interface Work {
  readonly version: 1;
  readonly id: string;
  readonly who: string;
  readonly why: string;
  readonly case?: string;
  readonly host: EvidenceHost;
  readonly plan: EvidencePlan;
  /** What was asked for, in the caller's words; it must be the same to go on. */
  readonly request: string;
  readonly recipients: readonly string[];
  readonly begun: number;
  /** How often it was begun. */
  runs: number;
  /** Steps that are finished. */
  steps: StepResult[];
  /** Length of the container up to the last finished step. */
  offset: number;
  custody: string;
  /** The key made for this collection alone, PKCS #8; none when one was named. Gone when the container is sealed. */
  readonly key?: string;
  /** SHA-256 of the manifest, once the container is whole. */
  sealed?: string;
}

/** Where things lie beside the container. */
export function placesOf(output: string) {
  return { partial: `${output}.partial`, work: `${output}.work`, custody: `${output}.custody` };
}

/** A key for one collection. */
export function makeKey(): { key: KeyObject; pem: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { key: privateKey, pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Puts the state on disk as a whole. */
export async function saveWork(output: string, work: Work): Promise<void> {
  await writeWhole(placesOf(output).work, JSON.stringify(work));
}

/** The state of an unfinished collection; undefined when there is none. @throws EvidenceError `output` */
export async function readWork(output: string): Promise<Work | undefined> {
  const path = placesOf(output).work;
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = await handle.stat();
      if (!found.isFile() || (found.uid !== process.geteuid?.() && found.uid !== 0))
        throw new Error('is no file of ours');
      const work = JSON.parse(await handle.readFile('utf8')) as Work;
      if (work.version !== 1 || !Array.isArray(work.steps)) throw new Error('is of another version');
      return work;
    } finally {
      await handle.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const words = wordsOf(error);
    throw new EvidenceError(
      'output',
      {
        en: `${path} cannot be read: ${words}; with --restart the unfinished collection is thrown away`,
        zh: `无法读取 ${path}：${words}；用 --restart 可丢弃未完成的收集`,
      },
      { cause: error },
    );
  }
}

/** The key that an unfinished collection signs with. */
export function keyOf(pem: string): KeyObject {
  return createPrivateKey(pem);
}

/** Takes away what an unfinished collection left. */
export async function discard(output: string): Promise<void> {
  const { partial, work } = placesOf(output);
  await rm(partial, { force: true });
  await rm(work, { force: true });
}
