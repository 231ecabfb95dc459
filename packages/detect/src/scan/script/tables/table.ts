/** What the judge knows of a language: where requests come in, what runs data, and what changes data on its way. */
import type { Bilingual } from '@redoubt/model';

/** What a dangerous call does with what it is given. */
export type Danger =
  /** Runs it as a program text of the script's own language. */
  | 'code'
  /** Runs it as a command of the system. */
  | 'command'
  /** Reads a file that it names, and runs it. */
  | 'load'
  /** Calls the function that it names. */
  | 'call'
  /** Builds objects out of it, whose methods then run. */
  | 'objects'
  /** Writes it into a file that it names. */
  | 'write';

/** A dangerous call. */
export interface Sink {
  readonly danger: Danger;
  /** Which arguments are dangerous, from 0; all by default. */
  readonly args?: readonly number[];
  /** Whether what a pipe brings is dangerous too. */
  readonly input?: boolean;
  /** Options after which the next argument is a program: `sh -c`. Only that argument is then dangerous. */
  readonly after?: readonly string[];
}

/** Where data of a request comes in. */
export interface Source {
  /** Matches the name of what is read, such as `$_GET` or `req.query`. */
  readonly pattern: RegExp;
  readonly words: Bilingual;
  /** Only where the script's text has this. */
  readonly when?: RegExp;
}

/** Where a function takes another and calls it with data. */
export interface Callback {
  readonly function: number;
  /** Which arguments the function is then called with; all others by default. */
  readonly data?: readonly number[];
}

/** The table of a language. Names of functions are full (`os.system`); a leading dot means a method of anything. */
export interface Table {
  readonly sources: readonly Source[];
  readonly sinks: Readonly<Record<string, Sink>>;
  /** Give back what they are given, changed perhaps. */
  readonly keeps: ReadonlySet<string>;
  /** As `keeps`, but the data was not readable before. The value names the way of decoding. */
  readonly decoders: Readonly<Record<string, string>>;
  /** Whatever they are given, the result carries nothing of it. */
  readonly clears: ReadonlySet<string>;
  /** The result is harmless for these dangers. */
  readonly quotes: Readonly<Record<string, readonly Danger[]>>;
  readonly callbacks: Readonly<Record<string, Callback>>;
  /** Functions that put what they are given into one of their arguments. */
  readonly outputs: Readonly<Record<string, number>>;
  /** Functions that turn a table into variables. */
  readonly extracts: ReadonlySet<string>;
  /** Functions that end the path. */
  readonly ends: ReadonlySet<string>;
  /** Whether a text that is called is the function of that name. */
  readonly callsTexts: boolean;
  /** Whether calls are commands of the system. */
  readonly commands: boolean;
  /** A text without any of these has nothing that the judge could find. */
  readonly hints: readonly RegExp[];
}

/** A set of names written in one text. */
export function names(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/).filter(name => name !== ''));
}

/** The same value for every name written in one text. */
export function each<T>(text: string, value: T): Record<string, T> {
  return Object.fromEntries(Array.from(names(text), name => [name, value]));
}
