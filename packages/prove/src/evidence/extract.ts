/** Taking evidence out of its container: decrypted where it is encrypted, verified as it goes, into a new folder. */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { ContainerReader } from './container/reader.ts';
import { EvidenceError, wordsOf } from './error.ts';
import { memberName } from './members.ts';
import { type MemberTarget, readSegment } from './unpack.ts';
import { type EvidenceFault, verifyEvidence } from './verify.ts';

/** How evidence is taken out. */
export interface ExtractOptions {
  /** Folder that is made for it. */
  readonly output: string;
  readonly identities: readonly string[];
  /** Only these steps; all when empty. */
  readonly steps?: readonly string[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What was taken out. */
export interface ExtractReport {
  readonly output: string;
  readonly members: number;
  readonly bytes: number;
  readonly faults: readonly EvidenceFault[];
}

/**
 * Takes members out into `OUTPUT/STEP/…`, readable by their owner alone; zeros become holes.
 * @throws EvidenceError `container` when the container does not verify, `key`, `output`
 */
export async function extractEvidence(file: string, options: ExtractOptions): Promise<ExtractReport> {
  const report = await verifyEvidence(file);
  const [first] = report.faults;
  if (first !== undefined || report.manifest === undefined) {
    throw new EvidenceError('container', {
      en: `${file} does not verify, so nothing is taken out of it: ${first?.text.en ?? ''}`,
      zh: `${file} 未通过校验，不予提取：${first?.text.zh ?? ''}`,
    });
  }
  const root = resolve(options.output);
  await mkdir(root, { mode: 0o700 }).catch((error: unknown) => {
    throw outputError(root, error);
  });
  const { steps } = report.manifest;
  const chosen = steps.filter(({ id }) => (options.steps ?? []).length === 0 || options.steps?.includes(id));
  const total = chosen.reduce((sum, { content_bytes }) => sum + content_bytes, 0);
  const faults: EvidenceFault[] = [];
  let members = 0;
  let bytes = 0;
  const reader = await ContainerReader.open(file);
  try {
    const { members: placed } = await reader.outline();
    for (const step of chosen) {
      const found = placed.find(({ name }) => name === step.segment?.name);
      if (found === undefined) continue;
      const targets: Promise<unknown>[] = [];
      const inner = await readSegment(reader, found, step, {
        identities: options.identities,
        ...(options.signal && { signal: options.signal }),
        onMember: name => {
          members += 1;
          const path = placeOf(root, step.id, name);
          const target = new FileTarget(path, part => {
            bytes += part;
            options.onProgress?.(bytes, total);
          });
          targets.push(target.opened);
          return target;
        },
      });
      faults.push(...inner);
      const [failed] = (await Promise.allSettled(targets)).filter(({ status }) => status === 'rejected');
      if (failed?.status === 'rejected') throw outputError(root, failed.reason);
    }
  } finally {
    await reader.close();
  }
  return { output: root, members, bytes, faults };
}

/** Where a member goes. @throws EvidenceError `container` for a name that leads elsewhere */
function placeOf(root: string, step: string, name: string): string {
  const folder = join(root, memberName(step));
  const path = join(folder, name);
  const tooLong =
    name.split('/').some(part => Buffer.byteLength(part) > 255) || Buffer.byteLength(path) > 4095;
  if (memberName(name) === name && path.startsWith(folder + sep) && !tooLong) return path;
  throw new EvidenceError('container', {
    en: `the container has a member whose name cannot be used: ${memberName(name)}`,
    zh: `容器中有名称不可用的成员：${memberName(name)}`,
  });
}

/** A new file that keeps a hole where a piece is all zeros. */
class FileTarget implements MemberTarget {
  readonly opened: Promise<FileHandle>;
  readonly #onBytes: (bytes: number) => void;
  #at = 0;

  constructor(path: string, onBytes: (bytes: number) => void) {
    this.#onBytes = onBytes;
    this.opened = mkdir(dirname(path), { recursive: true, mode: 0o700 }).then(() => open(path, 'wx', 0o600));
    this.opened.catch(() => undefined);
  }

  async write(bytes: Buffer): Promise<void> {
    const file = await this.opened;
    if (!isZero(bytes)) await file.write(bytes, 0, bytes.length, this.#at);
    this.#at += bytes.length;
    this.#onBytes(bytes.length);
  }

  async end(): Promise<void> {
    const file = await this.opened;
    await file.truncate(this.#at);
    await file.close();
  }
}

const zeros = Buffer.alloc(64 << 10);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += zeros.length) {
    const part = bytes.subarray(at, at + zeros.length);
    if (!part.equals(zeros.subarray(0, part.length))) return false;
  }
  return true;
}

function outputError(path: string, error: unknown): EvidenceError {
  const words = wordsOf(error);
  return new EvidenceError(
    'output',
    { en: `${path} cannot be written: ${words}`, zh: `无法写入 ${path}：${words}` },
    { cause: error },
  );
}
