/** The ways back: what nobody confirms, what is unhealthy, what a crash has cut short, and the one undo. */
import type { Bilingual, Policy } from '@redoubt/model';
import { type LadderContext, self } from './context.ts';
import { samePolicy } from './preview.ts';
import { wordsOf } from './protection.ts';
import { defaultConfirmWithin } from './request.ts';
import type { RungHolder } from './rung-holder.ts';
import { isOver, type Moment, trialOf } from './standing.ts';

const defaultHealthInterval = 5_000;
/** Bad looks in a row after which a protection steps back: one may be chance. */
const badLooksAllowed = 2;

export class Returns {
  readonly #context: LadderContext;

  constructor(context: LadderContext) {
    this.#context = context;
  }

  /** After a start: what was cut short or is over is taken back, everything else is put in force again. */
  async resume(holder: RungHolder, now: Moment): Promise<void> {
    const { name } = holder.protection;
    if (holder.standing.note !== undefined) await this.#context.ledger.tell(holder);
    const { step, trial, policy } = holder.standing;
    if (step !== undefined) {
      await this.goBack(holder, policy, self, 'ladder.step', {
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
      this.#context.unmet(holder, wordsOf(error));
    }
  }

  /** Does what is due for one protection: its trial, its health, a policy that could not be met before. */
  async due(holder: RungHolder, now: Moment): Promise<void> {
    const { trial, policy } = holder.standing;
    if (trial !== undefined && isOver(trial, now)) {
      await this.#expire(holder, trial.back);
      return;
    }
    if (now.uptime < holder.nextLook) return;
    holder.nextLook = now.uptime + (this.#context.options.healthInterval ?? defaultHealthInterval);
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
    await this.goBack(holder, back, self, 'ladder.fall', text);
  }

  /**
   * Brings a protection back to a policy, on somebody's word or by itself, and writes it down. Where that is `enforce`
   * and nobody has confirmed it since, it must be confirmed as after a step.
   */
  async goBack(
    holder: RungHolder,
    back: Policy,
    actor: string,
    action: string,
    text: Bilingual,
  ): Promise<void> {
    const { standing } = holder;
    const { policy: from, revision } = standing;
    const policy = await holder.bringBack(back);
    // What goes on standing goes on with the time that it has left.
    const trial = samePolicy(from, policy)
      ? standing.trial
      : trialOf(standing, policy, this.#context.moment(), defaultConfirmWithin);
    const isOwn = actor === self;
    const note = this.#context.entry(actor, action, holder.protection.name, 'undone', text, {
      from,
      to: policy,
    });
    this.#context.ledger.keepIfPossible(holder, {
      policy,
      revision: revision + 1,
      since: note.time,
      by: actor,
      ...(trial !== undefined && { trial }),
      ...(isOwn && { fell: { time: note.time, ...text } }),
      note,
    });
    await this.#context.ledger.tell(holder);
    this.#context.changed(isOwn ? 'fell' : 'undone', holder, from, policy, text);
  }
}
