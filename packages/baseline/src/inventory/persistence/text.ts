/** Reading the configuration files that persistence hides in: lines, assignments, sections. Everything is bounded. */
import { createHash } from 'node:crypto';

/** Lines read of one file. */
const mostLines = 100_000;
/** Longest line that is read, in characters; the rest is left out. */
const longestLine = 16_384;

/** A line of a file, continued lines joined, and where it begins (from 1). */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/**
 * Lines that say something: no empty ones, no comments. With `continues`, a backslash at the end joins the next.
 * @param comment characters that begin a comment when they stand first
 */
export function* linesOf(text: string, { comment = '#', continues = false } = {}): Generator<Line> {
  let start = 0;
  let joined = '';
  let first = 1;
  for (let number = 1; start < text.length && number <= mostLines; number++) {
    const stop = text.indexOf('\n', start);
    const end = stop < 0 ? text.length : stop;
    const line = text.slice(start, Math.min(end, start + longestLine)).replace(/\r$/, '');
    start = end + 1;
    if (joined === '') first = number;
    if (continues && line.endsWith('\\') && joined.length < longestLine) {
      joined += `${line.slice(0, -1)} `;
      continue;
    }
    const whole = (joined + line).trim();
    joined = '';
    if (whole !== '' && !comment.includes(whole[0] as string)) yield { text: whole, number: first };
  }
  const last = joined.trim();
  if (last !== '' && !comment.includes(last[0] as string)) yield { text: last, number: first };
}

/** Values by section and name, in order. */
export type Sections = ReadonlyMap<string, readonly (readonly [name: string, value: string])[]>;

/** An INI file as systemd, desktop entries and D-Bus services are written. Text before any section is in `''`. */
export function sectionsOf(text: string): Sections {
  const sections = new Map<string, [string, string][]>();
  let entries: [string, string][] = [];
  sections.set('', entries);
  for (const { text: line } of linesOf(text, { comment: '#;', continues: true })) {
    const section = /^\[([^\]]*)\]$/.exec(line)?.[1];
    if (section !== undefined) {
      entries = sections.get(section) ?? [];
      sections.set(section, entries);
      continue;
    }
    const equals = line.indexOf('=');
    if (equals > 0) entries.push([line.slice(0, equals).trim(), line.slice(equals + 1).trim()]);
  }
  return sections;
}

/** Values of a name in a section; an empty value takes back those before it, as in systemd. */
export function settingsOf(sections: Sections, section: string, name: string): string[] {
  let values: string[] = [];
  for (const [one, value] of sections.get(section) ?? [])
    if (one === name) values = value === '' ? [] : [...values, value];
  return values;
}

/** The last value of a name in a section. */
export function settingOf(sections: Sections, section: string, name: string): string | undefined {
  return settingsOf(sections, section, name).at(-1);
}

/** A short identity of a text: 12 hexadecimal digits of its SHA-256. */
export function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Gives texts of one file their identity: the same text twice has two. */
export class Identities {
  readonly #seen = new Map<string, number>();

  of(text: string): string {
    const times = (this.#seen.get(text) ?? 0) + 1;
    this.#seen.set(text, times);
    return times === 1 ? shortHash(text) : `${shortHash(text)}.${times}`;
  }
}

/** Longest command that is kept. */
const longestCommand = 2_048;

/** A command as it is kept: one line, bounded. */
export function oneCommand(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longestCommand ? `${line.slice(0, longestCommand)}…` : line;
}
