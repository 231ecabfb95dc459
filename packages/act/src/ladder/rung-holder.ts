/** One protection on its rung: the system brought to a policy and back, with limits on how long that may take. */
import type { Bilingual, Health, Policy } from '@redoubt/model';
import { LadderError, type Protection, wordsOf } from './protection.ts';
import type { Standing } from './standing.ts';

/** How long a protection may take, milliseconds. */
export interface TimeLimits {
  readonly apply: number;
  readonly health: number;
}

/** A protection and where it stands. */
export class RungHolder {
  readonly protection: Protection;
  standing: Standing;
  /** Why the system is not as the standing says, when it is not. */
  unmet: Bilingual | undefined;
  /** What the last look at its health gave. */
  health: Health | undefined;
  /** Looks in a row that were bad. */
  badLooks = 0;
  /** When its health is looked at next, on the clock of uptime, milliseconds. */
  nextLook = 0;
  #busy = false;
  readonly #limits: TimeLimits;

  constructor(protection: Protection, standing: Standing, limits: TimeLimits) {
    this.protection = protection;
    this.standing = standing;
    this.#limits = limits;
  }

  get isBusy(): boolean {
    return this.#busy;
  }

  /** Runs work that changes this protection, alone. @throws LadderError `busy` while other such work runs */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#busy) {
      throw new LadderError('busy', {
        en: `${this.protection.name} is being changed; wait until that is done`,
        zh: `${this.protection.name} 正在变更中，请稍后再试`,
      });
    }
    this.#busy = true;
    try {
      return await work();
    } finally {
      this.#busy = false;
    }
  }

  /** The policy with its settings checked. @throws LadderError `bad_settings` */
  parsed(policy: Policy): Policy {
    return { rung: policy.rung, settings: this.protection.parse(policy.settings) };
  }

  /** Applies a policy and looks whether it took. @throws Error when it did not, or took too long */
  async bring(policy: Policy): Promise<void> {
    const { apply } = this.#limits;
    const late = new AbortController();
    const work = this.protection.apply(this.parsed(policy), late.signal);
    await within(work, apply, { en: 'applying it took too long', zh: '应用超时' }, late);
    const health = await this.look(policy);
    if (!health.healthy) throw new LadderError('step_failed', joined(health.reasons));
    this.unmet = undefined;
  }

  /** Looks at its health; a look that fails or hangs is a bad one. */
  async look(policy: Policy): Promise<Health> {
    try {
      const asked = this.protection.health(this.parsed(policy));
      const text = { en: 'its health check does not answer', zh: '健康检查无应答' };
      this.health = await within(asked, this.#limits.health, text);
    } catch (error) {
      this.health = { healthy: false, reasons: [wordsOf(error)] };
    }
    return this.health;
  }

  /**
   * Brings the system back to an earlier policy; where that fails, takes back everything instead.
   * @returns the policy that holds now
   */
  async bringBack(policy: Policy): Promise<Policy> {
    try {
      await this.bring(policy);
      return policy;
    } catch (error) {
      this.unmet = wordsOf(error);
    }
    try {
      const text = { en: 'taking it back took too long', zh: '撤销超时' };
      await within(this.protection.undo(), this.#limits.apply, text);
      this.unmet = undefined;
    } catch (error) {
      this.unmet = wordsOf(error);
    }
    return { rung: 'observe', settings: policy.settings };
  }
}

function joined(reasons: readonly Bilingual[]): Bilingual {
  const all = reasons.length > 0 ? reasons : [{ en: 'it is not healthy', zh: '状态异常' }];
  return { en: all.map(({ en }) => en).join('; '), zh: all.map(({ zh }) => zh).join('；') };
}

async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  text: Bilingual,
  late?: AbortController,
): Promise<T> {
  const { promise: limit, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new LadderError('step_failed', text);
    late?.abort(error);
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
