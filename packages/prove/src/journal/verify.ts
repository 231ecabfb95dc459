/** Verifying a journal: every line follows the one before it, and is signed by the key that held there. */
import type { KeyObject } from 'node:crypto';
import type { Bilingual, JournalEntry } from '@redoubt/model';
import type { Checkpoint } from './checkpoint.ts';
import { type Head, hashOf, identityOf, isSigned, parseLine, publicKeyOf, start } from './line.ts';
import { readSegment, segmentsIn } from './segments.ts';

/** Something that an untouched journal does not have. */
export interface JournalFault {
  readonly kind: 'changed' | 'cut' | 'reordered' | 'forged' | 'torn' | 'missing';
  /** File and line. */
  readonly place: string;
  readonly text: Bilingual;
}

/** What came of a verification. */
export interface JournalReport {
  /** SHA-256 of the first key; undefined when there is none. */
  readonly journal: string | undefined;
  readonly entries: number;
  /** Where the chain ends. */
  readonly head: Head;
  readonly faults: readonly JournalFault[];
}

/** How a journal is verified. */
export interface VerifyOptions {
  /** Which journal it must be: the identity that was noted elsewhere. */
  readonly identity?: string;
  /** Checkpoints that were kept elsewhere; only they show that the end was cut off. */
  readonly checkpoints?: readonly Checkpoint[];
  /** Given every entry of a line that holds. */
  readonly onEntry?: (entry: JournalEntry, seq: number) => void;
}

/** Faults told one by one; the rest is only counted by the last of them. */
const faultLimit = 1_000;

/** Verifies the journal of a folder, reading it once. @throws the system's error when it cannot be read */
export async function verifyJournal(folder: string, options: VerifyOptions = {}): Promise<JournalReport> {
  const walk = new Walk(options);
  for (const name of segmentsIn(folder)) {
    for await (const { text, number, ended } of readSegment(folder, name)) {
      walk.line(text, `${name}:${number}`, ended);
    }
  }
  return walk.end();
}

class Walk {
  readonly #options: VerifyOptions;
  readonly #checkpoints: Map<number, Checkpoint>;
  readonly #faults: JournalFault[] = [];
  #head = start;
  #key: KeyObject | undefined;
  #journal: string | undefined;
  #entries = 0;

  constructor(options: VerifyOptions) {
    this.#options = options;
    this.#checkpoints = new Map(options.checkpoints?.map(checkpoint => [checkpoint.seq, checkpoint]));
  }

  line(text: string, place: string, ended: boolean): void {
    const parsed = ended ? parseLine(text) : undefined;
    if (parsed === undefined) {
      if (ended) this.#fault('changed', place, 'is no line of a journal', '不是日志行');
      else this.#fault('torn', place, 'is half written', '未写完');
      return;
    }
    const { line, json, signature } = parsed;
    this.#place(line.seq, line.prev, place);
    this.#signature(line, json, signature, place);
    this.#head = { seq: line.seq, hash: hashOf(json) };
    this.#checkpoint(place);
    if (!('entry' in line)) return;
    this.#entries++;
    this.#options.onEntry?.(line.entry, line.seq);
  }

  end(): JournalReport {
    const { identity } = this.#options;
    if (identity !== undefined && identity !== this.#journal) {
      this.#fault('missing', 'journal', `is not the journal ${identity}`, `不是日志 ${identity}`);
    }
    for (const { seq, time } of this.#checkpoints.values()) {
      const when = new Date(time).toISOString();
      this.#fault(
        'cut',
        'journal',
        `ends at line ${this.#head.seq}, but had line ${seq} at ${when}`,
        `止于第 ${this.#head.seq} 行，但在 ${when} 时已有第 ${seq} 行`,
      );
    }
    return { journal: this.#journal, entries: this.#entries, head: this.#head, faults: this.#faults };
  }

  /** Whether the line follows the one before it. */
  #place(seq: number, prev: string, place: string): void {
    const next = this.#head.seq + 1;
    if (seq === next && prev === this.#head.hash) return;
    if (seq > next) {
      this.#fault('cut', place, `lines ${next} to ${seq - 1} are missing`, `缺少第 ${next} 至 ${seq - 1} 行`);
    } else if (seq < next) {
      this.#fault(
        'reordered',
        place,
        `line ${seq} stands where ${next} belongs`,
        `第 ${seq} 行出现在第 ${next} 行的位置`,
      );
    } else this.#fault('changed', place, 'the line before it was changed', '其前一行被改动');
  }

  #signature(
    line: NonNullable<ReturnType<typeof parseLine>>['line'],
    json: string,
    signature: Buffer,
    place: string,
  ): void {
    const brought = 'key' in line ? publicKeyOf(line.key) : undefined;
    if ('key' in line && line.seq === 1) {
      this.#journal = identityOf(line.key);
      this.#key = brought;
    }
    const isGood = this.#key !== undefined && isSigned(json, signature, this.#key);
    if (!isGood)
      this.#fault('forged', place, 'is not signed by the key that held then', '签名与当时的密钥不符');
    // A key that no earlier key vouches for is followed all the same, so that one gap is one fault.
    if ('key' in line) this.#key = brought;
  }

  #checkpoint(place: string): void {
    const checkpoint = this.#checkpoints.get(this.#head.seq);
    if (checkpoint === undefined) return;
    this.#checkpoints.delete(this.#head.seq);
    if (checkpoint.hash === this.#head.hash && checkpoint.journal === this.#journal) return;
    this.#fault('changed', place, 'differs from its checkpoint', '与检查点不一致');
  }

  #fault(kind: JournalFault['kind'], place: string, en: string, zh: string): void {
    if (this.#faults.length >= faultLimit) return;
    this.#faults.push({ kind, place, text: { en: `${place}: ${en}`, zh: `${place}：${zh}` } });
  }
}
