/** Taking a step that somebody asks for: shown before, written down before, and taken back when it does not work. */
import type { Bilingual, Policy } from '@redoubt/model';
import { isAbove } from '@redoubt/model';
import type { LadderContext } from './context.ts';
import { type Previews, samePolicy } from './preview.ts';
import { LadderError, wordsOf } from './protection.ts';
import { defaultConfirmWithin, type StepRequest } from './request.ts';
import type { RungHolder } from './rung-holder.ts';
import { type Standing, trialOf } from './standing.ts';

export class Steps {
  readonly #context: LadderContext;
  readonly #previews: Previews;

  constructor(context: LadderContext, previews: Previews) {
    this.#context = context;
    this.#previews = previews;
  }

  /** Takes a step, or leaves everything as it was. @throws LadderError */
  async take(holder: RungHolder, asked: StepRequest): Promise<void> {
    const { protection, standing } = holder;
    const { name } = protection;
    const { policy: from, revision, trial: _trial, note: _note, fell: _fell, ...rest } = standing;
    const to = holder.parsed({ rung: asked.rung, settings: asked.settings ?? from.settings });
    this.#demandPreview(holder, to, asked);
    const { actor, comment, confirmWithin = defaultConfirmWithin } = asked;
    const words = (en: string, zh: string): Bilingual => ({
      en: `${name} from ${from.rung} to ${to.rung}${en}`,
      zh: `${name} 从 ${from.rung} 到 ${to.rung}${zh}`,
    });
    const detail = { from, to, ...(comment !== undefined && { comment }) };
    const begun = this.#context.entry(actor, 'ladder.step', name, 'begun', words('', ''), detail);
    // Stepping down must work on a full disk, too.
    const isDown = isAbove(from.rung, to.rung);
    await this.#context.ledger.begin(
      holder,
      { ...standing, step: { to, begun: begun.time } },
      begun,
      !isDown,
    );
    try {
      await holder.bring(to);
      const note = this.#context.entry(actor, 'ladder.step', name, 'done', words('', ''), detail);
      const trial = trialOf(standing, to, this.#context.moment(), confirmWithin);
      const reached: Standing = {
        ...rest,
        policy: to,
        revision: revision + 1,
        since: note.time,
        by: actor,
        previous: from,
        ...(trial !== undefined && { trial }),
        note,
      };
      if (isDown) this.#context.ledger.keepIfPossible(holder, reached);
      else this.#context.ledger.keep(holder, reached);
    } catch (error) {
      throw await this.#failed(holder, standing, actor, wordsOf(error));
    }
    holder.badLooks = 0;
    await this.#context.ledger.tell(holder);
    this.#context.changed('stepped', holder, from, to, words('', ''));
  }

  /** A step that did not work: the system goes back to where it was. @returns the error for whoever asked */
  async #failed(holder: RungHolder, standing: Standing, actor: string, why: Bilingual): Promise<LadderError> {
    const { name } = holder.protection;
    const policy = await holder.bringBack(standing.policy);
    const text = {
      en: `${name} stays at ${policy.rung}: ${why.en}`,
      zh: `${name} 仍为 ${policy.rung}：${why.zh}`,
    };
    const note = this.#context.entry(actor, 'ladder.step', name, 'failed', text);
    const { step: _, ...before } = standing;
    this.#context.ledger.keepIfPossible(holder, { ...before, policy, revision: standing.revision + 1, note });
    await this.#context.ledger.tell(holder);
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
    if (this.#previews.find(asked.preview, name, to, revision, this.#context.moment().wall)) return;
    throw new LadderError('preview_needed', {
      en: `look at what this step of ${name} does first; it was not shown, or something has changed since`,
      zh: `请先预览 ${name} 的这一步会做什么：尚未预览，或预览之后情况已变`,
    });
  }
}
