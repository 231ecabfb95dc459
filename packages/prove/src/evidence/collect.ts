/** Collecting evidence: the steps in the order of volatility (RFC 3227), each a segment, then the signed manifest. */
import { type KeyObject, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { JournalEntry, JournalSink } from '@redoubt/model';
import { syncFolder } from '@redoubt/store/durable';
import { rawOf } from '../journal/line.ts';
import { checkRecipients } from './container/age.ts';
import { Pace } from './container/pace.ts';
import { SpaceGuard, type SpaceLimits } from './container/space.ts';
import { ContainerWriter, type Written } from './container/writer.ts';
import { CustodyLog } from './custody.ts';
import { EvidenceError, wordsOf } from './error.ts';
import { thisHost } from './host.ts';
import {
  digestOf,
  fingerprintOf,
  type Manifest,
  outerNames,
  signatureText,
  signManifest,
} from './manifest.ts';
import { readmeText } from './readme.ts';
import { type StepResult, statusNames, writeSegment } from './segment.ts';
import type { EvidencePlan, EvidenceStep } from './step.ts';
import { stepsOf } from './steps.ts';
import { discard, keyOf, makeKey, placesOf, readWork, saveWork, type Work } from './work.ts';

/** How evidence is collected. */
export interface CollectEvidenceOptions extends SpaceLimits {
  /** The container. */
  readonly output: string;
  /** What is collected; when a collection is gone on with, its own plan holds. */
  readonly plan: EvidencePlan;
  /** What was asked for, in the caller's words: a collection is gone on with only by asking the same. */
  readonly request?: string;
  /** Who collects, as the custody log names them. */
  readonly who: string;
  readonly why: string;
  readonly case?: string;
  /** Version of Redoubt. */
  readonly redoubt: string;
  /** age recipients; the segments are encrypted to them. */
  readonly recipients?: readonly string[];
  /** The key that signs; without one a key is made for this collection and destroyed when it is sealed. */
  readonly key?: KeyObject;
  /** Most bytes read in a second; 0 for no limit. */
  readonly bytesPerSecond?: number;
  /** An unfinished collection of the same output is thrown away. */
  readonly restart?: boolean;
  readonly signal?: AbortSignal;
  /** The agent's journal, when there is one. */
  readonly journal?: JournalSink;
  readonly onStep?: (step: EvidenceStep, index: number, count: number) => void;
  readonly onBytes?: (bytes: number) => void;
  readonly onResult?: (result: StepResult) => void;
  /** Told when an unfinished collection is gone on with. */
  readonly onResume?: (finished: number) => void;
}

/** What came of a collection. */
export interface CollectReport {
  readonly output: string;
  readonly id: string;
  /** SHA-256 of the manifest: the number to write down. */
  readonly manifest_sha256: string;
  /** Fingerprint of the key that signed. */
  readonly key: string;
  readonly bytes: number;
  readonly steps: readonly StepResult[];
  readonly runs: number;
}

/**
 * Collects evidence into a container. After a kill the same call goes on behind the last finished step.
 * @throws EvidenceError; the abort's reason, what is finished then being kept to be gone on with
 */
export async function collectEvidence(options: CollectEvidenceOptions): Promise<CollectReport> {
  const { output } = options;
  const recipients = options.recipients ?? [];
  await checkRecipients(recipients);
  if (options.restart === true) await discard(output);
  const found = await readWork(output);
  if (found?.sealed !== undefined) return finish(options, found, found.sealed);
  if (existsSync(output)) {
    throw new EvidenceError('output', {
      en: `${output} is there already; nothing is written over`,
      zh: `${output} 已存在，不会覆盖`,
    });
  }
  const space = guard(output, options);
  const made = options.key === undefined && found === undefined ? makeKey() : undefined;
  const work: Work = found ?? {
    version: 1,
    id: randomUUID(),
    who: options.who,
    why: options.why,
    ...(options.case !== undefined && { case: options.case }),
    host: thisHost(),
    plan: options.plan,
    request: options.request ?? JSON.stringify(options.plan),
    recipients,
    begun: Date.now(),
    runs: 0,
    steps: [],
    offset: 0,
    custody: '',
    ...(made && { key: made.pem }),
  };
  if (found !== undefined) requireSame(found, options);
  const key = keyFor(work, options.key);
  const collection = new Collection(options, work, key, space);
  return collection.run();
}

/** Fails early where there is no folder or no room. */
function guard(output: string, limits: SpaceLimits): SpaceGuard {
  let space: SpaceGuard;
  try {
    space = new SpaceGuard(dirname(output), limits);
  } catch (error) {
    const words = wordsOf(error);
    throw new EvidenceError('output', {
      en: `${dirname(output)} cannot be used: ${words}`,
      zh: `无法使用 ${dirname(output)}：${words}`,
    });
  }
  space.require(1 << 20, 0);
  return space;
}

function keyFor(work: Work, named: KeyObject | undefined): KeyObject {
  if (work.key !== undefined) return keyOf(work.key);
  if (named !== undefined) return named;
  throw new EvidenceError('key', {
    en: 'the unfinished collection is signed with a key that was named; name it again, or throw it away with --restart',
    zh: '未完成的收集使用了指定的密钥；请再次指定该密钥，或用 --restart 丢弃',
  });
}

/** An unfinished collection is gone on with only as what it was begun as. */
function requireSame(found: Work, { request, plan, recipients = [], output }: CollectEvidenceOptions): void {
  const same = found.request === (request ?? JSON.stringify(plan));
  if (same && JSON.stringify(recipients) === JSON.stringify(found.recipients)) return;
  throw new EvidenceError('plan', {
    en: `${output} has an unfinished collection of something else; say the same again to go on, or --restart to throw it away`,
    zh: `${output} 有一个内容不同的未完成收集；用相同参数继续，或用 --restart 丢弃`,
  });
}

class Collection {
  readonly #options: CollectEvidenceOptions;
  readonly #work: Work;
  readonly #key: KeyObject;
  readonly #space: SpaceGuard;
  readonly #custody: CustodyLog;

  constructor(options: CollectEvidenceOptions, work: Work, key: KeyObject, space: SpaceGuard) {
    this.#options = options;
    this.#work = work;
    this.#key = key;
    this.#space = space;
    this.#custody = new CustodyLog(key, work.custody);
  }

  async run(): Promise<CollectReport> {
    const { output, onResume } = this.#options;
    const work = this.#work;
    work.runs += 1;
    const isResumed = work.runs > 1;
    this.#note(
      isResumed ? 'evidence.resume' : 'evidence.begin',
      isResumed
        ? `collection gone on with behind step ${work.steps.length}`
        : `collection begun: ${work.why}`,
      isResumed ? `从第 ${work.steps.length} 步之后继续收集` : `开始收集：${work.why}`,
      'begun',
    );
    await this.#save();
    await this.#journal('begun', `evidence is collected into ${output}`, `正在收集证据到 ${output}`);
    if (isResumed) onResume?.(work.steps.length);
    if (work.offset === 0) await rm(placesOf(output).partial, { force: true });
    const writer = await ContainerWriter.open(placesOf(output).partial, this.#space, work.offset);
    let isOpen = true;
    try {
      await this.#steps(writer);
      const digest = await this.#seal(writer);
      isOpen = false;
      work.sealed = digest;
      await this.#save();
      return await finish(this.#options, work, digest, this.#key);
    } catch (error) {
      if (isOpen) await writer.close().catch(() => undefined);
      await this.#journal('failed', `evidence: ${wordsOf(error)}`, `收集证据失败：${wordsOf(error)}`);
      throw error;
    }
  }

  async #steps(writer: ContainerWriter): Promise<void> {
    const { bytesPerSecond, signal, onBytes, onStep, onResult } = this.#options;
    const work = this.#work;
    const steps = stepsOf(work.plan);
    const segmentOptions = {
      recipients: work.recipients,
      pace: new Pace(bytesPerSecond),
      signal: signal ?? new AbortController().signal,
      room: () => this.#space.room(writer.offset),
      onBytes: (bytes: number) => onBytes?.(bytes),
    };
    for (const [index, step] of steps.entries()) {
      if (work.steps.some(({ id }) => id === step.id)) continue;
      signal?.throwIfAborted();
      onStep?.(step, index, steps.length);
      const result = work.plan.skip.includes(step.id)
        ? skipped(step)
        : await writeSegment(step, work.plan, index + 1, writer, segmentOptions);
      work.steps.push(result);
      work.offset = writer.offset;
      const { segment, status } = result;
      this.#note(
        'evidence.step',
        `${step.id}: ${status}${segment ? `, ${segment.name} SHA-256 ${segment.sha256}` : ''}`,
        `${step.id}：${statusNames[status].zh}${segment ? `，${segment.name} SHA-256 ${segment.sha256}` : ''}`,
        status === 'done' ? 'done' : 'failed',
      );
      await this.#save();
      onResult?.(result);
    }
  }

  /** Ends the container. @returns SHA-256 of the manifest */
  async #seal(writer: ContainerWriter): Promise<string> {
    const work = this.#work;
    this.#space.sealing = true;
    this.#note(
      'evidence.seal',
      `${work.steps.length} steps collected; the container is sealed`,
      `已收集 ${work.steps.length} 步，容器封存`,
      'done',
    );
    const files: Written[] = [
      await writer.append(outerNames.readme, Buffer.from(readmeText(work.recipients.length > 0))),
      await writer.append(outerNames.custody, Buffer.from(this.#custody.text)),
    ];
    const manifest: Manifest = {
      format: 'redoubt-evidence',
      version: 1,
      id: work.id,
      ...(work.case !== undefined && { case: work.case }),
      who: work.who,
      why: work.why,
      host: work.host,
      redoubt: this.#options.redoubt,
      plan: work.plan,
      begun: work.begun,
      ended: Date.now(),
      runs: work.runs,
      encrypted: work.recipients.length > 0,
      steps: work.steps,
      files,
      custody: { lines: this.#custody.head.seq, hash: this.#custody.head.hash },
    };
    const bytes = Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`);
    await writer.append(outerNames.manifest, bytes);
    const signature = signManifest(bytes, this.#key);
    await writer.append(outerNames.signature, Buffer.from(signatureText(signature)));
    await writer.end();
    return digestOf(bytes);
  }

  #note(action: string, en: string, zh: string, outcome: JournalEntry['outcome']): void {
    this.#custody.append(custodyEntry(this.#work, this.#options.who, action, en, zh, outcome));
    this.#work.custody = this.#custody.text;
  }

  async #save(): Promise<void> {
    await saveWork(this.#options.output, this.#work);
  }

  async #journal(outcome: JournalEntry['outcome'], en: string, zh: string): Promise<void> {
    const { journal, who } = this.#options;
    await journal?.append(custodyEntry(this.#work, who, 'evidence.collect', en, zh, outcome));
  }
}

function skipped({ id, title }: EvidenceStep): StepResult {
  const now = Date.now();
  return { id, title, status: 'skipped', begun: now, ended: now, members: 0, content_bytes: 0, notes: [] };
}

function custodyEntry(
  { id }: Work,
  actor: string,
  action: string,
  en: string,
  zh: string,
  outcome: JournalEntry['outcome'],
): JournalEntry {
  return { time: Date.now(), actor, action, subject: id, outcome, text: { en, zh } };
}

/** Gives a whole container its name, and lets go of the key that was made for it. */
async function finish(
  options: CollectEvidenceOptions,
  work: Work,
  digest: string,
  named?: KeyObject,
): Promise<CollectReport> {
  const { output } = options;
  const { partial, work: workFile, custody: custodyFile } = placesOf(output);
  const key = named ?? keyFor(work, options.key);
  if (existsSync(partial)) await rename(partial, output);
  const custody = new CustodyLog(key, work.custody);
  custody.append(
    custodyEntry(
      work,
      options.who,
      'evidence.sealed',
      `sealed; the manifest's SHA-256 is ${digest}`,
      `已封存，清单 SHA-256 为 ${digest}`,
      'done',
    ),
  );
  await writeFile(custodyFile, custody.text, { mode: 0o600, flush: true });
  await options.journal?.append(
    custodyEntry(
      work,
      options.who,
      'evidence.collect',
      `evidence sealed in ${output}; the manifest's SHA-256 is ${digest}`,
      `证据已封存于 ${output}，清单 SHA-256 为 ${digest}`,
      'done',
    ),
  );
  await rm(workFile, { force: true });
  syncFolder(dirname(output));
  const { steps, id, runs } = work;
  const file = await open(output, 'r');
  const { size } = await file.stat();
  await file.close();
  const fingerprint = fingerprintOf(rawOf(key));
  return { output, id, manifest_sha256: digest, key: fingerprint, bytes: size, steps, runs };
}
