/**
 * Actions: written down before they are begun, with everything that undoing needs; applied, looked at, journaled;
 * undone by hand, when their time is over, or when their dead-man's health is gone. After a crash at any point an
 * action is whole or not at all, and the journal tells which.
 */
import { randomBytes } from 'node:crypto';
import type { Action, ActionPlan, Bilingual, JournalEntry, JournalSink } from '@redoubt/model';
import { hostMoment, type Moment } from '../ladder/index.ts';
import { ActionError, type ActionKind, wordsOfError } from './action.ts';
import { ActionBook, viewOf } from './book.ts';
import { Lanes } from './lanes.ts';
import { type ActionRecord, isActionUid, type ShelfCalls } from './shelf.ts';

/** How a responder is opened. */
export interface ResponderOptions {
  readonly stateDirectory: string;
  readonly journal: JournalSink;
  readonly kinds: readonly ActionKind[];
  /** Told of trouble with files, journal, or an action that cannot be taken back yet. */
  readonly onTrouble?: (text: Bilingual) => void;
  /** Told of each action that changed. */
  readonly onChange?: (action: Action) => void;
  /** Milliseconds: how often health is looked at, and for how long it may be bad. */
  readonly healthInterval?: number;
  readonly healthGrace?: number;
  /** For tests: the clocks, and the calls that write files. */
  readonly moment?: () => Moment;
  readonly calls?: ShelfCalls;
}

/** An action that somebody asks for. */
export interface ActionRequest {
  readonly kind: string;
  readonly target: unknown;
  readonly by: string;
  readonly why?: string;
  /** Milliseconds after which it is undone by itself; undefined: when somebody undoes it. */
  readonly lasts?: number;
  /** For callers that must not do it twice: asking again with the same uid answers with what became of it. */
  readonly uid?: string;
  readonly run?: string;
}

const self = 'redoubt';
const retryInterval = 30_000;

/** Made by {@link Responder.open}; {@link Responder.tick} is called about once a second. */
export class Responder {
  readonly #kinds: ReadonlyMap<string, ActionKind>;
  readonly #book: ActionBook;
  readonly #lanes = new Lanes();
  readonly #options: ResponderOptions;
  readonly #moment: () => Moment;
  /** Uptimes: when health was last looked at, since when it is bad, when undoing was last tried. */
  readonly #looked = new Map<string, number>();
  readonly #badSince = new Map<string, number>();
  readonly #tried = new Map<string, number>();

  private constructor(options: ResponderOptions) {
    this.#options = options;
    this.#moment = options.moment ?? hostMoment;
    this.#kinds = new Map(options.kinds.map(kind => [kind.name, kind]));
    this.#book = new ActionBook({ ...options, onTrouble: text => this.#trouble(text) });
  }

  /** Opens it in a state directory, and ends what a crash has cut short. */
  static async open(options: ResponderOptions): Promise<Responder> {
    const responder = new Responder(options);
    for (const { uid } of responder.#book.all())
      await responder
        .#inLane(uid, () => responder.#resume(uid))
        .catch(error => responder.#trouble(wordsOfError(error)));
    return responder;
  }

  /** The kinds of actions. */
  get kinds(): readonly ActionKind[] {
    return [...this.#kinds.values()];
  }

  /** Every action that stands, and those that have ended, the newest first. */
  list(): Action[] {
    return this.#book
      .all()
      .map(viewOf)
      .sort((a, b) => b.created - a.created || (a.uid < b.uid ? 1 : -1));
  }

  /** One action. @throws ActionError `unknown` */
  view(uid: string): Action {
    return viewOf(this.#book.record(uid));
  }

  /** What an action would do. Changes nothing. @throws ActionError */
  async plan(name: string, target: unknown): Promise<ActionPlan> {
    const kind = this.#kind(name);
    return kind.plan(kind.parse(target));
  }

  /**
   * Does an action. Where one of the same kind stands on the same thing already, its time is extended instead.
   * When this rejects, the system is as it was.
   * @throws ActionError
   */
  async run(request: ActionRequest): Promise<Action> {
    const kind = this.#kind(request.kind);
    const target = kind.parse(request.target);
    const key = kind.key(target);
    return this.#lanes.in(`${kind.name} ${key}`, async () => {
      const known = request.uid === undefined ? undefined : this.#book.find(request.uid);
      if (known !== undefined) return viewOf(known);
      const standing = this.#book.standing(kind.name, key);
      if (standing === undefined) return this.#do(kind, target, key, request);
      if (JSON.stringify(standing.target) === JSON.stringify(target)) return this.#extend(standing, request);
      throw new ActionError('conflict', {
        en: `${kind.name} stands already on ${key} with another target; undo ${standing.uid} first`,
        zh: `${kind.name} 已以不同的目标作用于 ${key}；请先撤销 ${standing.uid}`,
      });
    });
  }

  /** Gives a standing action more or less time, from now on, milliseconds; undefined: without end. @throws ActionError */
  async extend(uid: string, lasts: number | undefined, by: string): Promise<Action> {
    return this.#inLane(uid, async () => {
      const record = this.#book.record(uid);
      if (record.status !== 'done') throw notStanding(uid);
      const request = { kind: record.kind, target: record.target, by, ...(lasts !== undefined && { lasts }) };
      return this.#extend(record, request, true);
    });
  }

  /** Takes an action back. One that is taken back already is no error. @throws ActionError */
  async undo(uid: string, by: string): Promise<Action> {
    return this.#inLane(uid, async () => {
      const record = this.#book.record(uid);
      if (record.status === 'undone') return viewOf(record);
      if (record.status !== 'done' && record.status !== 'undoing') throw notStanding(uid);
      if (this.#kind(record.kind).undo === undefined)
        throw new ActionError('cannot_undo', {
          en: `${record.kind} cannot be undone`,
          zh: `${record.kind} 无法撤销`,
        });
      await this.#takeBack(record, by, { en: `undone: ${record.text.en}`, zh: `已撤销：${record.text.zh}` });
      const after = this.#book.record(uid);
      if (after.status !== 'undone')
        throw new ActionError('failed', after.error ?? { en: 'it could not be undone', zh: '无法撤销' });
      return viewOf(after);
    });
  }

  /** Does what is due: times that are over, health that is gone, undoing that did not work before. */
  async tick(): Promise<void> {
    const due = this.#book.all().filter(({ status }) => status === 'done' || status === 'undoing');
    await Promise.all(
      due
        .filter(record => !this.#lanes.isBusy(laneOf(record)))
        .map(({ uid }) =>
          this.#inLane(uid, () => this.#due(uid)).catch(error => this.#trouble(wordsOfError(error))),
        ),
    );
  }

  async #do(kind: ActionKind, target: unknown, key: string, request: ActionRequest): Promise<Action> {
    const { by, why, lasts, run, uid = newUid() } = request;
    if (!isActionUid(uid))
      throw new ActionError('bad_target', { en: 'the uid cannot be used', zh: '编号不可用' });
    this.#book.requireRoom();
    await kind.plan(target);
    const undo = await kind.prepare(target);
    const begun = this.#moment();
    const record: ActionRecord = {
      uid,
      kind: kind.name,
      key,
      target,
      status: 'begun',
      text: kind.text(target),
      by,
      created: begun.wall,
      can_undo: kind.undo !== undefined,
      ...(why !== undefined && { why }),
      ...(lasts !== undefined && kind.undo !== undefined && { until: begun.wall + lasts }),
      ...(run !== undefined && { run }),
      undo,
      begun,
    };
    await this.#book.open(record, this.#entry(record, by, 'action.run', 'begun', record.text));
    await this.#force(kind, record, by);
    const after = this.#book.record(uid);
    if (after.status === 'done') return viewOf(after);
    throw new ActionError('failed', after.error ?? { en: 'it could not be done', zh: '无法执行' });
  }

  /** Applies what is written down, and looks; what does not work is taken back. */
  async #force(kind: ActionKind, record: ActionRecord, by: string): Promise<void> {
    try {
      await kind.apply(record.target, record.undo);
      await kind.verify(record.target, record.undo);
      const note = this.#entry(record, by, 'action.run', 'done', record.text);
      this.#book.write({ ...record, status: 'done', note });
    } catch (error) {
      const why = wordsOfError(error);
      await this.#takeBack({ ...record, error: why, isFailure: true }, by, {
        en: `${record.text.en}: ${why.en}`,
        zh: `${record.text.zh}：${why.zh}`,
      });
      return;
    }
    await this.#book.tell(record.uid);
  }

  /**
   * Takes back an action that stands, or one that could not be done (`isFailure`).
   * What cannot be taken back stays at `undoing` and is tried again.
   */
  async #takeBack(record: ActionRecord, by: string, text: Bilingual): Promise<void> {
    const kind = this.#kind(record.kind);
    const { error, note: _, ...rest } = record;
    const { isFailure = false } = record;
    const marked: ActionRecord = {
      ...rest,
      status: 'undoing',
      ...(isFailure && error !== undefined && { error }),
    };
    this.#book.hold(marked);
    this.#tried.set(record.uid, this.#moment().uptime);
    try {
      await kind.undo?.(record.target, record.undo);
    } catch (trouble) {
      const { en, zh } = wordsOfError(trouble);
      const words = {
        en: `${record.text.en} cannot be taken back yet: ${en}`,
        zh: `${record.text.zh}：暂时无法撤销：${zh}`,
      };
      this.#book.hold({ ...marked, error: marked.error ?? words });
      this.#trouble(words);
      return;
    }
    const outcome = isFailure ? 'failed' : 'undone';
    const entry = this.#entry(record, by, isFailure ? 'action.run' : 'action.undo', outcome, text);
    this.#book.hold({ ...marked, status: outcome, ended: entry.time, note: entry });
    await this.#book.tell(record.uid);
    for (const map of [this.#looked, this.#badSince, this.#tried]) map.delete(record.uid);
    this.#book.prune();
  }

  async #extend(record: ActionRecord, { lasts, by }: ActionRequest, isExact = false): Promise<Action> {
    const now = this.#moment();
    const { until, ...rest } = record;
    const wanted = lasts === undefined ? undefined : now.wall + lasts;
    // Asking again never shortens: that is what `extend` and `undo` are for.
    const isSame = !isExact && (until === undefined || (wanted !== undefined && wanted <= until));
    if (isSame) return viewOf(record);
    const text =
      wanted === undefined
        ? { en: `${record.text.en}: without end`, zh: `${record.text.zh}：不限时` }
        : {
            en: `${record.text.en}: until ${new Date(wanted).toISOString()}`,
            zh: `${record.text.zh}：至 ${new Date(wanted).toISOString()}`,
          };
    const longer = { ...rest, begun: now, ...(wanted !== undefined && record.can_undo && { until: wanted }) };
    this.#book.write({ ...longer, note: this.#entry(longer, by, 'action.extend', 'done', text) });
    await this.#book.tell(record.uid);
    return this.view(record.uid);
  }

  async #resume(uid: string): Promise<void> {
    const record = this.#book.record(uid);
    const kind = this.#kinds.get(record.kind);
    await this.#book.tell(uid);
    if (kind === undefined || record.status === 'failed' || record.status === 'undone') return;
    if (record.status === 'undoing') await this.#takeBack(record, self, cutShort(record, '', ''));
    else if (record.status === 'begun' && kind.afterCrash === 'finish') await this.#force(kind, record, self);
    else if (record.status === 'begun') {
      const error = { en: 'it was cut short, and is taken back', zh: '操作中途中断，已撤回' };
      await this.#takeBack(
        { ...record, error, isFailure: true },
        self,
        cutShort(record, `: ${error.en}`, `：${error.zh}`),
      );
    } else if (this.#isOver(record)) await this.#due(uid);
    else if (kind.lasting) await this.#renew(kind, record);
  }

  /** After a reboot: brings an effect back that does not survive one. */
  async #renew(kind: ActionKind, record: ActionRecord): Promise<void> {
    try {
      await kind.verify(record.target, record.undo);
    } catch {
      const text = {
        en: `brought back after a restart: ${record.text.en}`,
        zh: `重启后恢复：${record.text.zh}`,
      };
      await kind.apply(record.target, record.undo);
      this.#book.hold({ ...record, note: this.#entry(record, self, 'action.renew', 'done', text) });
      await this.#book.tell(record.uid);
    }
  }

  async #due(uid: string): Promise<void> {
    const record = this.#book.record(uid);
    const now = this.#moment();
    if (record.status === 'undoing') {
      if (now.uptime - (this.#tried.get(uid) ?? Number.NEGATIVE_INFINITY) >= retryInterval)
        await this.#takeBack(record, self, cutShort(record, '', ''));
      return;
    }
    if (record.status !== 'done' || !record.can_undo) return;
    if (this.#isOver(record))
      await this.#takeBack(record, self, cutShort(record, ': its time is over', '：时限已到'));
    else if (await this.#isLost(record, now))
      await this.#takeBack(
        record,
        self,
        cutShort(record, ': the console can no longer be reached', '：已无法连通控制端'),
      );
  }

  /** By the clock that people set or by the one that nobody can, whichever comes first. */
  #isOver({ until, begun }: ActionRecord): boolean {
    if (until === undefined) return false;
    const now = this.#moment();
    return (
      now.wall >= until || (now.bootId === begun.bootId && now.uptime - begun.uptime >= until - begun.wall)
    );
  }

  async #isLost(record: ActionRecord, { uptime }: Moment): Promise<boolean> {
    const { alive } = this.#kind(record.kind);
    if (alive === undefined) return false;
    const { healthInterval = 5_000, healthGrace = 60_000 } = this.#options;
    const { uid } = record;
    if (uptime - (this.#looked.get(uid) ?? Number.NEGATIVE_INFINITY) < healthInterval) return false;
    this.#looked.set(uid, uptime);
    // A look that fails is a bad one.
    if (await alive(record.target, record.undo).catch(() => false)) {
      this.#badSince.delete(uid);
      return false;
    }
    const since = this.#badSince.get(uid) ?? uptime;
    this.#badSince.set(uid, since);
    return uptime - since >= healthGrace;
  }

  #inLane<T>(uid: string, work: () => Promise<T>): Promise<T> {
    return this.#lanes.in(laneOf(this.#book.record(uid)), work);
  }

  #kind(name: string): ActionKind {
    const found = this.#kinds.get(name);
    if (found !== undefined) return found;
    const known = [...this.#kinds.keys()].join(', ');
    throw new ActionError('unknown', {
      en: `there is no action named ${name.slice(0, 80)}; known are ${known}`,
      zh: `没有名为 ${name.slice(0, 80)} 的操作；可用：${known}`,
    });
  }

  #entry(
    { uid, kind, key, target, until, why, run }: Omit<ActionRecord, 'note'>,
    actor: string,
    action: string,
    outcome: JournalEntry['outcome'],
    text: Bilingual,
  ): JournalEntry {
    const detail = {
      uid,
      target,
      ...(until !== undefined && { until }),
      ...(why !== undefined && { why }),
      ...(run !== undefined && { run }),
    };
    return { time: this.#moment().wall, actor, action, subject: `${kind} ${key}`, outcome, text, detail };
  }

  #trouble(text: Bilingual): void {
    this.#options.onTrouble?.(text);
  }
}

function laneOf({ kind, key }: ActionRecord): string {
  return `${kind} ${key}`;
}

function newUid(): string {
  return randomBytes(8).toString('hex');
}

function notStanding(uid: string): ActionError {
  return new ActionError('conflict', { en: `${uid} is not in force`, zh: `${uid} 未生效` });
}

function cutShort({ text }: ActionRecord, en: string, zh: string): Bilingual {
  return { en: `undone: ${text.en}${en}`, zh: `已撤销：${text.zh}${zh}` };
}
