/**
 * The ladder: the one way in which a protection goes from looking to blocking and back.
 *
 * A step is shown before it is taken (what it changes, what it would have blocked), written down before it is begun,
 * applied, looked at, and journaled. A step to `enforce` must be confirmed in time; unconfirmed, unhealthy, or cut
 * short by a crash, it is taken back without anybody's doing.
 */
import type { Impact, Rung } from '@redoubt/model';
import { LadderContext, self } from './context.ts';
import { type Preview, Previews } from './preview.ts';
import { LadderError, type Period, type Protection, wordsOf } from './protection.ts';
import type { LadderOptions, StepRequest } from './request.ts';
import { Returns } from './returns.ts';
import { RungHolder, type TimeLimits } from './rung-holder.ts';
import type { Standing } from './standing.ts';
import { Steps } from './steps.ts';
import { type ProtectionView, viewOfProtection } from './view.ts';

const defaultLimits: TimeLimits = { apply: 60_000, health: 10_000 };

/** Made by {@link Ladder.open}. Its owner calls {@link Ladder.tick} about once a second. */
export class Ladder {
  readonly #limits: TimeLimits;
  readonly #context: LadderContext;
  readonly #holders = new Map<string, RungHolder>();
  readonly #previews = new Previews();
  readonly #steps: Steps;
  readonly #returns: Returns;

  private constructor(options: LadderOptions) {
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#context = new LadderContext(options);
    this.#steps = new Steps(this.#context, this.#previews);
    this.#returns = new Returns(this.#context);
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
    const now = this.#context.moment();
    const first: Standing = {
      policy: { rung: 'observe', settings: defaults },
      revision: 0,
      since: now.wall,
      by: self,
    };
    const holder = new RungHolder(protection, this.#context.ledger.standing(name) ?? first, this.#limits);
    this.#holders.set(name, holder);
    await holder.alone(async () => {
      if (this.#context.ledger.isLost)
        await protection.undo().catch(error => this.#context.unmet(holder, wordsOf(error)));
      await this.#returns.resume(holder, now);
    });
  }

  /** All protections, by name. */
  list(): ProtectionView[] {
    const now = this.#context.moment();
    return [...this.#holders.values()]
      .map(holder => viewOfProtection(holder, now))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** One protection. @throws LadderError `unknown` */
  view(name: string): ProtectionView {
    return viewOfProtection(this.#holder(name), this.#context.moment());
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
      made: this.#context.moment().wall,
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
    await holder.alone(() => this.#steps.take(holder, asked));
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
      const note = this.#context.entry(actor, 'ladder.confirm', name, 'done', text);
      this.#context.ledger.keep(holder, { ...standing, note });
      await this.#context.ledger.tell(holder);
      this.#context.changed('confirmed', holder, policy, policy, text);
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
      await this.#returns.goBack(holder, back, actor, 'ladder.undo', {
        en: `${name} was taken back from ${policy.rung} to ${back.rung}`,
        zh: `${name} 已从 ${policy.rung} 撤回到 ${back.rung}`,
      });
    });
    return this.view(name);
  }

  /** Does what is due: trials that are over, looks at health, policies that could not be met before. */
  async tick(): Promise<void> {
    const now = this.#context.moment();
    await Promise.all(
      [...this.#holders.values()]
        .filter(holder => !holder.isBusy)
        .map(holder =>
          holder
            .alone(() => this.#returns.due(holder, now))
            .catch(error => this.#context.trouble(wordsOf(error))),
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
      await holder.protection.close?.().catch(error => this.#context.trouble(wordsOf(error)));
    }
    this.#holders.clear();
  }

  #holder(name: string): RungHolder {
    const holder = this.#holders.get(name);
    if (holder !== undefined) return holder;
    throw new LadderError('unknown', {
      en: `there is no protection named ${name}`,
      zh: `没有名为 ${name} 的防护`,
    });
  }
}
