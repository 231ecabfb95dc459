/** A segment: the members of one step as tar, compressed with zstd, encrypted with age when there are recipients. */
import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream';
import { createZstdCompress } from 'node:zlib';
import type { Bilingual } from '@redoubt/model';
import { pack as packTar } from 'tar-stream';
import { encrypted } from './container/age.ts';
import type { Pace } from './container/pace.ts';
import type { ContainerWriter, Written } from './container/writer.ts';
import { EvidenceError, wordsOf } from './error.ts';
import { MemberSink } from './members.ts';
import { type EvidencePlan, type EvidenceStep, NotHere } from './step.ts';

/** Name of the list that ends each segment. */
export const listName = 'members.jsonl';

/** How a step ended. `absent`: the system has no such thing. `no-room`: it, or a part of it, did not fit and was left out. */
export type StepStatus = 'done' | 'absent' | 'failed' | 'no-room' | 'skipped';

/** How a step ended, in words. */
export const statusNames: Readonly<Record<StepStatus, Bilingual>> = {
  done: { en: 'done', zh: '完成' },
  absent: { en: 'absent', zh: '不存在' },
  failed: { en: 'failed', zh: '失败' },
  'no-room': { en: 'no room', zh: '空间不足' },
  skipped: { en: 'skipped', zh: '已跳过' },
};

/** What came of a step. */
export interface StepResult {
  readonly id: string;
  readonly title: Bilingual;
  readonly status: StepStatus;
  /** Milliseconds since the Unix epoch. */
  readonly begun: number;
  readonly ended: number;
  /** The segment as it lies in the container; none where there was nothing to keep. */
  readonly segment?: Written;
  readonly members: number;
  /** Bytes of the members, before compression. */
  readonly content_bytes: number;
  /** SHA-256 of the list of members, hexadecimal. */
  readonly list_sha256?: string;
  readonly notes: readonly Bilingual[];
}

/** How segments are made. */
export interface SegmentOptions {
  readonly recipients: readonly string[];
  readonly pace: Pace;
  readonly signal: AbortSignal;
  readonly room: () => number;
  readonly onBytes: (bytes: number) => void;
}

/** Bytes that may wait between two parts of the pipe. */
const zstdOptions = { chunkSize: 256 << 10 };

/**
 * Runs a step into the container.
 * @throws the abort's reason, or an error of the output other than a lack of room
 */
export async function writeSegment(
  step: EvidenceStep,
  plan: EvidencePlan,
  number: number,
  writer: ContainerWriter,
  options: SegmentOptions,
): Promise<StepResult> {
  const begun = Date.now();
  // A failure of the output ends the step that feeds it; that of the step is noted and the output goes on.
  const broken = new AbortController();
  const signal = AbortSignal.any([options.signal, broken.signal]);
  const pack = packTar();
  const sink = new MemberSink(pack, { ...options, signal });
  const zstd = createZstdCompress(zstdOptions);
  // What the pipe tells is heard through its callback; a stream that is torn down later tells it once more.
  pack.on('error', () => undefined);
  zstd.on('error', () => undefined);
  pipeline(pack as unknown as NodeJS.ReadableStream, zstd, error => {
    if (error) broken.abort(error);
  });
  const suffix = options.recipients.length > 0 ? '.tar.zst.age' : '.tar.zst';
  const name = `evidence/${String(number).padStart(3, '0')}-${step.id}${suffix}`;
  const written = encrypted(zstd, options.recipients)
    .then(content => writer.append(name, content))
    .catch((error: unknown) => {
      broken.abort(error);
      pack.destroy();
      throw error;
    });
  written.catch(() => undefined);
  let status: StepStatus = 'done';
  let list = '';
  try {
    status = await run(step, plan, sink);
    if (status === 'done' && sink.lacksRoom) status = 'no-room';
    list = sink.members.map(member => `${JSON.stringify(member)}\n`).join('');
    const content = sink.members.reduce((sum, { bytes }) => sum + bytes, 0);
    const members = sink.members.length;
    await sink.bytes(listName, list);
    pack.finalize();
    const segment = await written;
    return {
      id: step.id,
      title: step.title,
      status,
      begun,
      ended: Date.now(),
      segment,
      members,
      content_bytes: content,
      list_sha256: createHash('sha256').update(list).digest('hex'),
      notes: sink.notes,
    };
  } catch (error) {
    pack.destroy();
    zstd.destroy();
    // The output's own failure, when it is what broke the pipe, comes after the pipe's.
    const failure = await written.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    const cause = error === broken.signal.reason ? (failure ?? error) : error;
    if (options.signal.aborted || !(cause instanceof EvidenceError) || cause.code !== 'space') throw cause;
    return {
      id: step.id,
      title: step.title,
      status: 'no-room',
      begun,
      ended: Date.now(),
      members: 0,
      content_bytes: 0,
      notes: [cause.text, ...sink.notes],
    };
  }
}

async function run(step: EvidenceStep, plan: EvidencePlan, sink: MemberSink): Promise<StepStatus> {
  try {
    await step.collect({ plan, sink });
    return 'done';
  } catch (error) {
    sink.signal.throwIfAborted();
    if (error instanceof NotHere) {
      sink.note(error.text.en, error.text.zh);
      return 'absent';
    }
    sink.note(wordsOf(error), `该步骤出错：${wordsOf(error)}`);
    return 'failed';
  }
}
