/** The agent's end of the DNS firewall's process. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import type { FirewallOrder, FirewallState, FromFirewall, JudgedName, ToFirewall } from '../messages.ts';

/** Told of blocked names as the process reports them. */
export type OnBlocked = (blocked: readonly (JudgedName & { readonly count: number })[], more: number) => void;

const answerTime = 5_000;

interface Waiting {
  resolve(message: FromFirewall): void;
  reject(error: Error): void;
}

/** Made by {@link FirewallProcess.start}. */
export class FirewallProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #asked = 0;
  #isGone = false;
  #onReady: Waiting | undefined;

  private constructor(onBlocked: OnBlocked) {
    this.#child = fork(join(import.meta.dirname, 'main.ts'), [], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: ['--max-semi-space-size=4'],
    });
    this.#child.on('message', (message: FromFirewall) => {
      if ('blocked' in message) onBlocked(message.blocked, message.more);
      else if ('answer' in message) this.#waiting.get(message.answer)?.resolve(message);
      else if ('failed' in message) this.#onReady?.reject(new Error(message.failed));
      else this.#onReady?.resolve(message);
    });
    const gone = (): void => {
      this.#isGone = true;
      const error = new Error('the process of the DNS firewall has ended');
      this.#onReady?.reject(error);
      for (const { reject } of this.#waiting.values()) reject(error);
    };
    this.#child.on('exit', gone);
    this.#child.on('error', gone);
  }

  /**
   * Starts the process; resolves when the lists are read and it listens.
   * @throws Error when it cannot; it has then ended
   */
  static async start(
    order: FirewallOrder,
    onBlocked: OnBlocked,
    signal?: AbortSignal,
  ): Promise<{ firewall: FirewallProcess; state: FirewallState }> {
    const firewall = new FirewallProcess(onBlocked);
    const { promise, resolve, reject } = Promise.withResolvers<FromFirewall>();
    firewall.#onReady = { resolve, reject };
    const abort = (): void => reject(new Error('the DNS firewall was not ready in time'));
    signal?.addEventListener('abort', abort, { once: true });
    try {
      firewall.#send({ order });
      const message = await promise;
      if (!('ready' in message)) throw new Error('the DNS firewall said something unexpected');
      return { firewall, state: message.ready };
    } catch (error) {
      await firewall.stop();
      throw error;
    } finally {
      signal?.removeEventListener('abort', abort);
      firewall.#onReady = undefined;
    }
  }

  get isAlive(): boolean {
    return !this.#isGone;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Of these names, those that are blocked. @throws Error when the process is gone or does not answer in time */
  async judge(names: readonly string[]): Promise<readonly JudgedName[]> {
    const message = await this.#ask(ask => ({ ask, judge: names }));
    return 'judged' in message ? message.judged : [];
  }

  /** Blocks these names beside the lists, in place of the earlier ones. @throws as {@link judge} */
  async own(names: readonly string[]): Promise<void> {
    await this.#ask(ask => ({ ask, own: names }));
  }

  /** @throws Error when the process is gone or does not answer in time */
  async state(): Promise<FirewallState> {
    const message = await this.#ask(ask => ({ ask, state: true }));
    if (!('state' in message)) throw new Error('the DNS firewall said something unexpected');
    return message.state;
  }

  /** Ends it. Safe to call twice. */
  async stop(): Promise<void> {
    if (this.#isGone) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#child.once('exit', () => resolve());
    this.#child.kill('SIGKILL');
    await promise;
  }

  async #ask(make: (ask: number) => ToFirewall): Promise<FromFirewall> {
    if (this.#isGone) throw new Error('the process of the DNS firewall has ended');
    const number = ++this.#asked;
    const { promise, resolve, reject } = Promise.withResolvers<FromFirewall>();
    this.#waiting.set(number, { resolve, reject });
    const timer = setTimeout(() => reject(new Error('the DNS firewall does not answer')), answerTime);
    try {
      this.#send(make(number));
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(number);
    }
  }

  #send(message: ToFirewall): void {
    this.#child.send(message, () => undefined);
  }
}
