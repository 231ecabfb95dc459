/** A line on standard error that tells how far a long command is; only on a terminal. */
import type { Output } from './output.ts';
import { span } from './values.ts';

const redrawInterval = 200;
const barWidth = 24;

/** Draws a bar with a remark and the time that is left. */
export class Progress {
  readonly #output: Output;
  readonly #start = Date.now();
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /**
   * @param done part that is done, 0 to 1; 0 when it is not known
   * @param text a function is called only when the line is drawn
   */
  show(done: number, text: string | (() => string)): void {
    const now = Date.now();
    if (now - this.#drawn < redrawInterval) return;
    this.#drawn = now;
    const filled = Math.round(Math.min(done, 1) * barWidth);
    const left = done > 0.01 ? span(((now - this.#start) * (1 - done)) / done, this.#output.language) : '…';
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`;
    this.#output.status(
      `${bar} ${Math.floor(done * 100)}%  ${typeof text === 'string' ? text : text()}  ${left}`,
    );
  }

  /** Takes the line away. */
  end(): void {
    if (this.#drawn > 0) this.#output.status('');
  }
}
