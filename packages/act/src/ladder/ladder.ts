/**
 * The ladder: the one way in which a protection goes from looking to blocking and back.
 *
 * A step is shown before it is taken (what it changes, what it would have blocked), written down before it is begun,
 * applied, looked at, and journaled. A step to `enforce` must be confirmed in time; unconfirmed, unhealthy, or cut
 * short by a crash, it is taken back without anybody's doing.
 */
import type { Bilingual, Impact, JournalEntry, JournalSink, Policy, Rung } from '@redoubt/model';
import { isAbove } from '@redoubt/model';
import type { FileCalls } from '../durable/file.ts';
import { hostMoment } from './clock.ts';
import { Ledger } from './ledger.ts';
import { type Preview, Previews, samePolicy } from './preview.ts';
import { LadderError, type Period, type Protection, rungNames, wordsOf } from './protection.ts';
import { RungHolder, type TimeLimits } from './rung-holder.ts';
import { isOver, type Moment, type Standing } from './standing.ts';
import { type ProtectionView, viewOfProtection } from './view.ts';

/** A change of a rung, for those who watch. */
export interface LadderChange {
  /** `fell`: it stepped back by itself; `unmet`: the policy stands but the system could not be brought to it. */
  readonly kind: 'stepped' | 'confirmed' | 'undone' | 'fell' | 'unmet';
  readonly protection: Protection;
  readonly from: Policy;
  readonly to: Policy;
  readonly text: Bilingual;
}

/** How a ladder is opened. */
export interface LadderOptions {
  readonly stateDirectory: string;
  readonly journal: JournalSink;
  readonly onChange?: (change: LadderChange) => void;
  /** Told of trouble with the ladder's own file or journal. */
  readonly onTrouble?: (text: Bilingual) => void;
  readonly limits?: Partial<TimeLimits>;
  /** How often health is looked at, milliseconds. */
  readonly healthInterval?: number;
  /** For tests: the clocks, and the calls that write the file. */
  readonly moment?: () => Moment;
  readonly calls?: FileCalls;
}

/** A step that somebody asks for. */
export interface StepRequest {
  readonly rung: Rung;
  /** As they stand by default. */
  readonly settings?: unknown;
  /** The preview that was shown. Not needed for a step down. */
  readonly preview?: string;
  /** Lets a step leave out `audit`. */
  readonly directly?: boolean;
  /** Time to confirm a step to `enforce`, milliseconds. */
  readonly confirmWithin?: number;
  /** Who asks, for the journal. */
  readonly actor: string;
  readonly comment?: string;
}

/** Time to confirm when nothing else is said, milliseconds. */
export const defaultConfirmWithin = 600_000;
const defaultLimits: TimeLimits = { apply: 60_000, health: 10_000 };
const defaultHealthInterval = 5_000;
/** Bad looks in a row after which a protection steps back: one may be chance. */
const badLooksAllowed = 2;
const self = 'redoubt';

/** Made by {@link Ladder.open}. Its owner calls {@link Ladder.tick} about once a second. */
export class Ladder {
  readonly #options: LadderOptions;
  readonly #limits: TimeLimits;
  readonly #ledger: Ledger;
  readonly #holders = new Map<string, RungHolder>();
  readonly #previews = new Previews();
  readonly #moment: () => Moment;

  private constructor(options: LadderOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#moment = options.moment ?? hostMoment;
    const { stateDirectory, journal, calls } = options;
    this.#ledger = new Ledger(stateDirectory, journal, text => this.#trouble(text), calls);
  }

  /** Opens the ladder in a state directory. A damaged file is put aside, and every protection begins at `observe`. */
  static open(options: LadderOptions): Ladder {
    return new Ladder(options);
  }

  /** Takes a protection in and brings the system to where it stood, or back, if a step was cut short. */
  async register<Settings>(given: Protection<Settings>): Promise<void> {
    const protection = given as unknown as Protection;
    const { name, defaults } = protection;
    if (this.#holders.has(name)) throw new Error(`a protection named ${name} is registered already`);
    const now = this.#moment();
    const first: Standing = {
      policy: { rung: 'observe', settings: defaults },
      revision: 0,
      since: now.wall,
      by: self,
    };
    const holder = new RungHolder(protection, this.#ledger.standing(name) ?? first, this.#limits);
    this.#holders.set(name, holder);
    await holder.alone(async () => {
      if (this.#ledger.isLost) await protection.undo().catch(error => this.#unmet(holder, wordsOf(error)));
      await this.#resume(holder, now);
    });
  }

  /** All protections, by name. */
  list(): ProtectionView[] {
    const now = this.#moment();
    return [...this.#holders.values()]
      .map(holder => viewOfProtection(holder, now))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** One protection. @throws LadderError `unknown` */
  view(name: string): ProtectionView {
    return viewOfProtection(this.#holder(name), this.#moment());
  }

  /**
   * What a step would change, and what it would have blocked in a past period.
   * @throws LadderError `unknown`, `bad_settings`
   */
  async preview(
    name: string,
    asked: { readonly rung: Rung; readonly settings?: unknown },
    period?: Period,
  ): Promise<Preview> {
    const holder = this.#holder(name);
    const { standing, protection } = holder;
    const { revision } = standing;
    const policy = holder.parsed({ rung: asked.rung, settings: asked.settings ?? standing.policy.settings });
    const changes = await protection.plan(policy);
    const impact: Impact | undefined =
      period === undefined ? undefined : await protection.wouldBlock(policy.settings, period);
    return this.#previews.add({
      protection: name,
      policy,
      revision,
      made: this.#moment().wall,
      changes: [...changes],
      ...(impact !== undefined && { impact }),
    });
  }

  /**
   * Takes a step. When this resolves the system is as the policy says; when it rejects it is as it was.
   * @throws LadderError
   */
  async step(name: string, asked: StepRequest): Promise<ProtectionView> {
    const holder = this.#holder(name);
    await holder.alone(() => this.#step(holder, asked));
    return this.view(name);
  }

  /** Confirms a step, so that it stays. @throws LadderError `nothing_to_confirm` */
  async confirm(name: string, actor: string): Promise<ProtectionView> {
    const holder = this.#holder(name);
    await holder.alone(async () => {
      const { trial, note: _, ...standing } = holder.standing;
      if (trial === undefined) {
        throw new LadderError('nothing_to_confirm', {
          en: `${name} has no step that waits to be confirmed`,
          zh: `${name} 没有待确认的步骤`,
        });
      }
      const { policy } = standing;
      const text = { en: `${name} stays at ${policy.rung}`, zh: `${name} 保持在 ${policy.rung}` };
      const note = this.#entry(actor, 'ladder.confirm', name, 'done', text);
      this.#ledger.keep(holder, { ...standing, note });
      await this.#ledger.tell(holder);
      this.#changed('confirmed', holder, policy, policy, text);
    });
    return this.view(name);
  }

  /**
   * The one undo: back to what held before the last step; once more, down to `observe` with everything taken back.
   * Needs no preview, for it must work in an emergency.
   */
  async undo(name: string, actor: string): Promise<ProtectionView> {
    const holder = this.#holder(name);
    await holder.alone(async () => {
      const { policy, previous } = holder.standing;
      const back = previous ?? ({ rung: 'observe', settings: policy.settings } as const);
      await this.#goBack(holder, back, actor, 'ladder.undo', {
        en: `${name} was taken back from ${policy.rung} to ${back.rung}`,
        zh: `${name} 已从 ${policy.rung} 撤回到 ${back.rung}`,
      });
    });
    return this.view(name);
  }

  /** Does what is due: trials that are over, looks at health, policies that could not be met before. */
  async tick(): Promise<void> {
    const now = this.#moment();
    await Promise.all(
      [...this.#holders.values()]
        .filter(holder => !holder.isBusy)
        .map(holder =>
          holder.alone(() => this.#due(holder, now)).catch(error => this.#trouble(wordsOf(error))),
        ),
    );
  }

  /**
   * Ends it: a step that nobody has confirmed is taken back for the time that no ladder watches over it, and taken
   * up again at the next start if its time is not over.
   */
  async close(): Promise<void> {
    for (const holder of this.#holders.values()) {
      const { trial } = holder.standing;
      if (trial !== undefined) await holder.bringBack(trial.back);
      await holder.protection.close?.().catch(error => this.#trouble(wordsOf(error)));
    }
    this.#holders.clear();
  }

  async #step(holder: RungHolder, asked: StepRequest): Promise<void> {
    const { protection, standing } = holder;
    const { name } = protection;
    const { policy: from, revision, trial, note: _note, fell: _fell, ...rest } = standing;
    const to = holder.parsed({ rung: asked.rung, settings: asked.settings ?? from.settings });
    this.#demandPreview(holder, to, asked);
    const { actor, comment, confirmWithin = defaultConfirmWithin } = asked;
    const words = (en: string, zh: string): Bilingual => ({
      en: `${name} from ${from.rung} to ${to.rung}${en}`,
      zh: `${name} 从 ${from.rung} 到 ${to.rung}${zh}`,
    });
    const detail = { from, to, ...(comment !== undefined && { comment }) };
    const begun = this.#entry(actor, 'ladder.step', name, 'begun', words('', ''), detail);
    // Stepping down must work on a full disk, too.
    const isDown = isAbove(from.rung, to.rung);
    await this.#ledger.begin(holder, { ...standing, step: { to, begun: begun.time } }, begun, !isDown);
    const back = trial?.back ?? from;
    const mustConfirm = to.rung === 'enforce' && !samePolicy(back, to);
    try {
      await holder.bring(to);
      const note = this.#entry(actor, 'ladder.step', name, 'done', words('', ''), detail);
      const reached: Standing = {
        ...rest,
        policy: to,
        revision: revision + 1,
        since: note.time,
        by: actor,
        previous: from,
        ...(mustConfirm && { trial: { begun: this.#moment(), within: confirmWithin, back } }),
        note,
      };
      if (isDown) this.#ledger.keepIfPossible(holder, reached);
      else this.#ledger.keep(holder, reached);
    } catch (error) {
      throw await this.#stepFailed(holder, standing, actor, wordsOf(error));
    }
    holder.badLooks = 0;
    await this.#ledger.tell(holder);
    this.#changed('stepped', holder, from, to, words('', ''));
  }

  /** A step that did not work: the system goes back to where it was. @returns the error for whoever asked */
  async #stepFailed(
    holder: RungHolder,
    standing: Standing,
    actor: string,
    why: Bilingual,
  ): Promise<LadderError> {
    const { name } = holder.protection;
    const policy = await holder.bringBack(standing.policy);
    const text = {
      en: `${name} stays at ${policy.rung}: ${why.en}`,
      zh: `${name} 仍为 ${policy.rung}：${why.zh}`,
    };
    const note = this.#entry(actor, 'ladder.step', name, 'failed', text);
    const { step: _, ...before } = standing;
    this.#ledger.keepIfPossible(holder, { ...before, policy, revision: standing.revision + 1, note });
    await this.#ledger.tell(holder);
    return new LadderError('step_failed', text);
  }

  #demandPreview({ protection, standing }: RungHolder, to: Policy, asked: StepRequest): void {
    const { policy: from, revision } = standing;
    const { name } = protection;
    if (from.rung === 'observe' && to.rung === 'enforce' && asked.directly !== true) {
      throw new LadderError('skips_audit', {
        en: `${name} is at observe; take it to audit first, or say that the step is to be taken directly`,
        zh: `${name} 处于观察阶段；请先进入审计（audit），或明确要求直接强制`,
      });
    }
    const isDown = isAbove(from.rung, to.rung) && samePolicy({ ...from, rung: to.rung }, to);
    if (isDown || samePolicy(from, to)) return;
    if (this.#previews.find(asked.preview, name, to, revision, this.#moment().wall)) return;
    throw new LadderError('preview_needed', {
      en: `look at what this step of ${name} does first; it was not shown, or something has changed since`,
      zh: `请先预览 ${name} 的这一步会做什么：尚未预览，或预览之后情况已变`,
    });
  }

  /** After a start: what was cut short or is over is taken back, everything else is put in force again. */
  async #resume(holder: RungHolder, now: Moment): Promise<void> {
    const { name } = holder.protection;
    if (holder.standing.note !== undefined) await this.#ledger.tell(holder);
    const { step, trial, policy } = holder.standing;
    if (step !== undefined) {
      await this.#goBack(holder, policy, self, 'ladder.step', {
        en: `a step of ${name} to ${step.to.rung} was cut short and is taken back`,
        zh: `${name} 进入 ${step.to.rung} 的步骤中断，已撤回`,
      });
      return;
    }
    if (trial !== undefined && isOver(trial, now)) {
      await this.#expire(holder, trial.back);
      return;
    }
    await this.#meet(holder);
  }

  /** Brings the system to the policy that stands; where that fails it is tried again with the looks at health. */
  async #meet(holder: RungHolder): Promise<void> {
    try {
      await holder.bring(holder.standing.policy);
    } catch (error) {
      this.#unmet(holder, wordsOf(error));
    }
  }

  async #due(holder: RungHolder, now: Moment): Promise<void> {
    const { trial, policy } = holder.standing;
    if (trial !== undefined && isOver(trial, now)) {
      await this.#expire(holder, trial.back);
      return;
    }
    if (now.uptime < holder.nextLook) return;
    holder.nextLook = now.uptime + (this.#options.healthInterval ?? defaultHealthInterval);
    if (holder.unmet !== undefined) {
      await this.#meet(holder);
      return;
    }
    if (policy.rung === 'observe') return;
    const { healthy, reasons } = await holder.look(policy);
    holder.badLooks = healthy ? 0 : holder.badLooks + 1;
    if (holder.badLooks < badLooksAllowed) return;
    holder.badLooks = 0;
    const below: Policy = {
      rung: policy.rung === 'enforce' ? 'audit' : 'observe',
      settings: policy.settings,
    };
    const why = reasons[0] ?? { en: 'unhealthy', zh: '状态异常' };
    await this.#fall(holder, trial?.back ?? below, why);
  }

  async #expire(holder: RungHolder, back: Policy): Promise<void> {
    await this.#fall(holder, back, { en: 'nobody confirmed it in time', zh: '未在规定时间内确认' });
  }

  async #fall(holder: RungHolder, back: Policy, why: Bilingual): Promise<void> {
    const { name } = holder.protection;
    const { rung } = holder.standing.policy;
    const text = {
      en: `${name} stepped back from ${rung} to ${back.rung} by itself: ${why.en}`,
      zh: `${name} 已自动从 ${rung} 退回到 ${back.rung}：${why.zh}`,
    };
    await this.#goBack(holder, back, self, 'ladder.fall', text);
  }

  async #goBack(
    holder: RungHolder,
    back: Policy,
    actor: string,
    action: string,
    text: Bilingual,
  ): Promise<void> {
    const { policy: from, revision } = holder.standing;
    const policy = await holder.bringBack(back);
    const isOwn = actor === self;
    const note = this.#entry(actor, action, holder.protection.name, 'undone', text, { from, to: policy });
    this.#ledger.keepIfPossible(holder, {
      policy,
      revision: revision + 1,
      since: note.time,
      by: actor,
      ...(isOwn && { fell: { time: note.time, ...text } }),
      note,
    });
    await this.#ledger.tell(holder);
    this.#changed(isOwn ? 'fell' : 'undone', holder, from, policy, text);
  }

  #holder(name: string): RungHolder {
    const holder = this.#holders.get(name);
    if (holder !== undefined) return holder;
    throw new LadderError('unknown', {
      en: `there is no protection named ${name}`,
      zh: `没有名为 ${name} 的防护`,
    });
  }

  #entry(
    actor: string,
    action: string,
    subject: string,
    outcome: JournalEntry['outcome'],
    text: Bilingual,
    detail?: Record<string, unknown>,
  ): JournalEntry {
    const time = this.#moment().wall;
    return { time, actor, action, subject, outcome, text, ...(detail !== undefined && { detail }) };
  }

  #unmet(holder: RungHolder, why: Bilingual): void {
    const isNew = holder.unmet?.en !== why.en;
    holder.unmet = why;
    const { policy } = holder.standing;
    const rung = rungNames[policy.rung];
    const { name } = holder.protection;
    const text = {
      en: `${name} should be at ${rung.en} and is not: ${why.en}`,
      zh: `${name} 应处于 ${rung.zh}，但未能做到：${why.zh}`,
    };
    if (isNew) this.#changed('unmet', holder, policy, policy, text);
  }

  #changed(
    kind: LadderChange['kind'],
    { protection }: RungHolder,
    from: Policy,
    to: Policy,
    text: Bilingual,
  ): void {
    this.#options.onChange?.({ kind, protection, from, to, text });
  }

  #trouble(text: Bilingual): void {
    this.#options.onTrouble?.(text);
  }
}
