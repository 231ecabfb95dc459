/** The actions of a responder: on disk, in memory, and what the journal is still to be told of them. */
import type { Action, Bilingual, JournalEntry, JournalSink } from '@redoubt/model';
import { ActionError, wordsOfError } from './action.ts';
import { type ActionRecord, ActionShelf, type ShelfCalls } from './shelf.ts';

/** Where the actions are kept, and who is told. */
export interface ActionBookOptions {
  readonly stateDirectory: string;
  readonly journal: JournalSink;
  readonly onTrouble: (text: Bilingual) => void;
  readonly onChange?: (action: Action) => void;
  readonly calls?: ShelfCalls;
}

/** Ended actions that are kept; the journal keeps all. */
const endedKept = 1_000;
/** Standing actions: more are refused. */
const standingLimit = 10_000;

/** Opened once for a state directory: it reads what is there. */
export class ActionBook {
  readonly #options: ActionBookOptions;
  readonly #shelf: ActionShelf;
  readonly #records = new Map<string, ActionRecord>();

  constructor(options: ActionBookOptions) {
    this.#options = options;
    this.#shelf = new ActionShelf(options.stateDirectory, options.calls);
    for (const record of this.#shelf.read(options.onTrouble)) this.#records.set(record.uid, record);
  }

  /** Every action. */
  all(): ActionRecord[] {
    return [...this.#records.values()];
  }

  /** One action, if there is such a one. */
  find(uid: string): ActionRecord | undefined {
    return this.#records.get(uid);
  }

  /** One action. @throws ActionError `unknown` */
  record(uid: string): ActionRecord {
    const found = this.#records.get(uid);
    if (found !== undefined) return found;
    const name = uid.slice(0, 80);
    throw new ActionError('unknown', { en: `there is no action ${name}`, zh: `没有编号为 ${name} 的操作` });
  }

  /**
   * Writes down an action that is about to begin, then tells the journal `entry`. In this order: a crash in between
   * leaves a record that the next start takes back and journals.
   * @throws ActionError `not_recorded`; nothing is left then
   */
  async open(record: ActionRecord, entry: JournalEntry): Promise<void> {
    try {
      this.#shelf.write(record);
      this.#records.set(record.uid, record);
      await this.#options.journal.append(entry);
    } catch (error) {
      this.#records.delete(record.uid);
      try {
        this.#shelf.forget(record.uid);
      } catch (trouble) {
        this.#options.onTrouble(wordsOfError(trouble));
      }
      const { en, zh } = wordsOfError(error);
      throw new ActionError(
        'not_recorded',
        {
          en: `the action cannot be written down, so it is not done: ${en}`,
          zh: `无法记录该操作，因此未执行：${zh}`,
        },
        { cause: error },
      );
    }
  }

  /** Tells the journal what is still to be told; after a crash in between it is told again. */
  async tell(uid: string): Promise<void> {
    const { note, ...record } = this.record(uid);
    if (note === undefined) return;
    try {
      await this.#options.journal.append(note);
      this.write(record);
    } catch (error) {
      this.#options.onTrouble(wordsOfError(error));
    }
  }

  /** Keeps a new state of an action. @throws Error when it cannot be written */
  write(record: ActionRecord): void {
    this.#shelf.write(record);
    this.#records.set(record.uid, record);
    this.#options.onChange?.(viewOf(record));
  }

  /** The same where undoing must go on even on a full disk: what cannot be written is done again after a restart. */
  hold(record: ActionRecord): void {
    try {
      this.write(record);
    } catch (error) {
      this.#records.set(record.uid, record);
      this.#options.onTrouble(wordsOfError(error));
    }
  }

  /**
   * The action of a kind that stands on a thing and can be undone.
   * @throws ActionError `conflict` while one is on its way
   */
  standing(kind: string, key: string): ActionRecord | undefined {
    const all = [...this.#records.values()].filter(record => record.kind === kind && record.key === key);
    const undoing = all.find(({ status }) => status === 'undoing' || status === 'begun');
    if (undoing !== undefined)
      throw new ActionError('conflict', {
        en: `${undoing.uid} is being taken back; try again when it is`,
        zh: `${undoing.uid} 正在撤销；完成后请重试`,
      });
    return all.find(({ status, can_undo }) => status === 'done' && can_undo);
  }

  /** @throws ActionError `refused` when as many actions stand as may */
  requireRoom(): void {
    const standing = [...this.#records.values()].filter(
      ({ status, can_undo }) => status === 'done' && can_undo,
    );
    if (standing.length < standingLimit) return;
    throw new ActionError('refused', {
      en: `${standingLimit} actions stand already; undo some first`,
      zh: `已有 ${standingLimit} 个处置操作生效；请先撤销一些`,
    });
  }

  /** Forgets the oldest of those that have ended; the journal keeps all. */
  prune(): void {
    const ended = [...this.#records.values()]
      .filter(
        ({ status, can_undo, note }) =>
          note === undefined &&
          (status !== 'done' || !can_undo) &&
          status !== 'undoing' &&
          status !== 'begun',
      )
      .sort((a, b) => b.created - a.created);
    for (const { uid } of ended.slice(endedKept)) {
      this.#records.delete(uid);
      this.#shelf.forget(uid);
    }
  }
}

/** An action as others see it. */
export function viewOf({
  undo: _undo,
  begun: _begun,
  note: _note,
  isFailure: _isFailure,
  ...action
}: ActionRecord): Action {
  return action;
}
