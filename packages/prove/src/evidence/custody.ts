/**
 * The chain of custody: who had the evidence when, and what was done to it. Lines of the journal's form, chained and
 * signed. The log in the container ends when it is sealed; a copy beside the container goes on with whoever takes it
 * over, each with his own key, which the log names.
 */
import type { KeyObject } from 'node:crypto';
import type { Bilingual, JournalEntry } from '@redoubt/model';
import {
  type Head,
  hashOf,
  isSigned,
  makeLine,
  parseLine,
  publicKeyOf,
  rawOf,
  start,
} from '../journal/line.ts';
import { fingerprintOf } from './manifest.ts';

/** Writes lines of a custody log into memory. */
export class CustodyLog {
  #text: string;
  #head: Head;
  #key: KeyObject;

  /** Goes on with a log that holds. The key names itself where another one signed before. */
  constructor(key: KeyObject, text = '') {
    const report = readCustody(text);
    if (report.faults.length > 0) throw new Error(report.faults[0]?.en);
    this.#text = text;
    this.#head = report.head;
    this.#key = key;
    if (report.lastKey !== rawOf(key)) this.#add({ key: rawOf(key) });
  }

  get text(): string {
    return this.#text;
  }

  get head(): Head {
    return this.#head;
  }

  append(entry: JournalEntry): void {
    this.#add({ entry });
  }

  #add(content: { key: string } | { entry: JournalEntry }): void {
    const { text, head } = makeLine(this.#head, content, this.#key);
    this.#text += `${text}\n`;
    this.#head = head;
  }
}

/** What a custody log says. */
export interface CustodyReport {
  readonly entries: readonly (JournalEntry & { readonly signed_by: string })[];
  /** Fingerprints of the keys that signed, in their order. */
  readonly keys: readonly string[];
  readonly head: Head;
  /** The raw key that signs at its end. */
  readonly lastKey: string | undefined;
  readonly faults: readonly Bilingual[];
}

/** Reads and verifies a custody log. */
export function readCustody(text: string): CustodyReport {
  const entries: (JournalEntry & { signed_by: string })[] = [];
  const keys: string[] = [];
  const faults: Bilingual[] = [];
  let head = start;
  let lastKey: string | undefined;
  const lines = text.split('\n');
  const rest = lines.pop() ?? '';
  const fault = (number: number, en: string, zh: string) => {
    if (faults.length < 100)
      faults.push({ en: `custody line ${number} ${en}`, zh: `监管链第 ${number} 行${zh}` });
  };
  for (const [index, line] of lines.entries()) {
    const number = index + 1;
    const parsed = parseLine(line);
    if (parsed === undefined) {
      fault(number, 'is no line of a custody log', '不是监管链记录');
      continue;
    }
    if (parsed.line.seq !== head.seq + 1 || parsed.line.prev !== head.hash)
      fault(
        number,
        'does not follow the line before it: a line was changed, cut out or moved',
        '与前一行不衔接：有行被改动、删去或移动',
      );
    if ('key' in parsed.line) {
      lastKey = parsed.line.key;
      keys.push(fingerprintOf(lastKey));
    }
    const key = lastKey === undefined ? undefined : publicKeyOf(lastKey);
    const isExact = line === `${parsed.json}\t${parsed.signature.toString('base64')}`;
    if (!isExact || key === undefined || !isSigned(parsed.json, parsed.signature, key))
      fault(number, 'has a signature that does not hold', '的签名无效');
    if ('entry' in parsed.line) entries.push({ ...parsed.line.entry, signed_by: keys.at(-1) ?? '' });
    head = { seq: parsed.line.seq, hash: hashOf(parsed.json) };
  }
  if (rest !== '') fault(lines.length + 1, 'is half written', '未写完');
  return { entries, keys, head, lastKey, faults };
}
