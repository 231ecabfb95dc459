/** What a command is: data for help and for parsing, and a function that runs it. */
import type { Bilingual } from '@redoubt/model';
import type { Language } from './language.ts';
import type { Output } from './output/output.ts';

/** One option of a command. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  readonly multiple?: boolean;
  /** What stands for the value in help, e.g. `PATH`. */
  readonly value?: string;
  readonly help: Bilingual;
}

/** Option values as parsed, by option name. */
export type OptionValues = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/** What a command runs with. */
export interface Invocation {
  readonly options: OptionValues;
  /** Arguments that are not options. */
  readonly arguments: readonly string[];
  /** Everything after the command's name, as typed. */
  readonly raw: readonly string[];
  readonly language: Language;
  readonly output: Output;
  readonly environment: NodeJS.ProcessEnv;
}

/** A command of the command line. */
export interface Command {
  readonly name: string;
  readonly summary: Bilingual;
  /** One line for each form, without the word `redoubt`. */
  readonly usage: readonly string[];
  readonly details?: Bilingual;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly examples: readonly { readonly line: string; readonly text: Bilingual }[];
  /** Arguments are passed on unparsed (`bench`). */
  readonly passesArguments?: true;
  /** Runs the command; settles with the exit status. */
  run(invocation: Invocation): Promise<number>;
}

/** A string option's value, or undefined. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

/** The values of an option that may be given several times. */
export function textOptions(options: OptionValues, name: string): string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter(one => typeof one === 'string') : [];
}

/** Whether a boolean option was given. */
export function flag(options: OptionValues, name: string): boolean {
  return options[name] === true;
}
