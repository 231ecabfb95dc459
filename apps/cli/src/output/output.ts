/** Where a command writes, in which language, and whether with colour. */
import { type InspectColor, styleText } from 'node:util';
import type { Bilingual } from '@redoubt/model';
import type { Language } from '../language.ts';
import { cut } from './width.ts';

/** What output needs of a stream: process.stdout and process.stderr have it. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * Writes results to standard output and remarks to standard error.
 * Colours only on a terminal, and never with NO_COLOR (no-color.org) or TERM=dumb.
 */
export class Output {
  readonly language: Language;
  readonly #results: TextStream;
  readonly #remarks: TextStream;
  readonly #coloured: boolean;

  constructor(
    language: Language,
    streams: { results: TextStream; remarks: TextStream },
    environment: NodeJS.ProcessEnv,
  ) {
    this.language = language;
    this.#results = streams.results;
    this.#remarks = streams.remarks;
    this.#coloured =
      streams.results.isTTY === true && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  }

  /** Columns of the terminal; undefined when the output is not a terminal and nothing may be cut. */
  get columns(): number | undefined {
    return this.#results.isTTY ? (this.#results.columns ?? 80) : undefined;
  }

  /** Whether a person at a terminal reads the output. */
  get interactive(): boolean {
    return this.#results.isTTY === true;
  }

  /** The text in the language of this output. */
  say(text: Bilingual): string {
    return text[this.language];
  }

  /** Prints lines of the result. Data from outside must have gone through `safe`. */
  print(...lines: readonly string[]): void {
    this.#results.write(`${lines.join('\n')}\n`);
  }

  /** Writes a piece of the result as it is. */
  write(text: string): void {
    this.#results.write(text);
  }

  /** Prints one JSON document on a line of its own. */
  json(value: unknown): void {
    this.#results.write(`${JSON.stringify(value)}\n`);
  }

  /** Prints a remark that is not part of the result. */
  remark(text: Bilingual): void {
    this.#remarks.write(`${this.say(text)}\n`);
  }

  /** Shows a line in place of the last one on a terminal that reads the remarks; elsewhere nothing. */
  status(text: string): void {
    if (this.#remarks.isTTY !== true) return;
    const shown = cut(text, (this.#remarks.columns ?? 80) - 1);
    this.#remarks.write(`\r${shown}\u001b[K`);
  }

  /** The text in a style, if this output has colours. */
  style(format: InspectColor | readonly InspectColor[], text: string): string {
    return this.#coloured ? styleText(format, text, { validateStream: false }) : text;
  }
}
