/** What is left of the limits while one file is opened, over all its levels; and what stood in the way. */
import type { Bilingual } from '@redoubt/model';
import type { ScanLimits } from '../limits.ts';
import type { Note, NoteKind } from '../verdict.ts';

/** Notes of one kind that are kept for a file; a hostile archive could make millions. */
const notesPerKind = 20;

const spent = {
  'too-many': {
    en: 'more members than the limit allows: the rest was not looked at',
    zh: '成员数量超过上限：其余部分未检查',
  },
  'too-large': {
    en: 'more unpacked bytes than the limit allows: the rest was not looked at',
    zh: '解包后的字节数超过上限：其余部分未检查',
  },
  bomb: {
    en: 'unpacks to far more than its size (a decompression bomb): the rest was not looked at',
    zh: '解包后远大于自身大小（解压炸弹）：其余部分未检查',
  },
  'too-slow': {
    en: 'the time for this file is used up: the rest was not looked at',
    zh: '该文件的检查时间已用完：其余部分未检查',
  },
} as const satisfies Partial<Record<NoteKind, Bilingual>>;

/** Thrown when a limit ends the work on a file; the note is already made. */
export class BudgetSpent extends Error {
  override readonly name = 'BudgetSpent';
}

/** The bounds of one file, and the notes that were made of it. */
export class Budget {
  readonly limits: ScanLimits;
  readonly notes: Note[] = [];
  readonly #deadline: number;
  readonly #counts = new Map<NoteKind, number>();
  #members = 0;
  #unpacked = 0;

  /** The clock starts with the budget. */
  constructor(limits: ScanLimits) {
    this.limits = limits;
    this.#deadline = performance.now() + limits.milliseconds;
  }

  /** Unpacked bytes that are left. */
  get bytesLeft(): number {
    return Math.max(this.limits.unpackedBytes - this.#unpacked, 0);
  }

  /** Remembers what stood in the way; of many alike, the first ones. */
  note(kind: NoteKind, where: string, text: Bilingual): void {
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    if (count <= notesPerKind) this.notes.push({ kind, where, text });
  }

  /** Counts a member. @throws BudgetSpent */
  takeMember(where: string): void {
    this.#members += 1;
    if (this.#members > this.limits.members) this.#end('too-many', where);
    this.checkTime(where);
  }

  /**
   * Counts bytes that were unpacked.
   * @param packed bytes of the container that they came from
   * @param fromThis bytes unpacked from this container so far, with these
   * @throws BudgetSpent
   */
  takeBytes(count: number, where: string, packed: number, fromThis: number): void {
    this.#unpacked += count;
    if (fromThis > this.limits.ratioFloor && fromThis > packed * this.limits.ratio) this.#end('bomb', where);
    if (this.#unpacked > this.limits.unpackedBytes) this.#end('too-large', where);
    this.checkTime(where);
  }

  /** @throws BudgetSpent when the time is used up */
  checkTime(where: string): void {
    if (performance.now() > this.#deadline) this.#end('too-slow', where);
  }

  #end(kind: keyof typeof spent, where: string): never {
    this.note(kind, where, spent[kind]);
    throw new BudgetSpent(`${where}: ${spent[kind].en}`);
  }
}
