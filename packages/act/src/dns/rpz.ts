/**
 * Response policy zones: zone files whose records say what becomes of names (draft-vixie-dnsop-dns-rpz). Triggers by
 * name are taken; those by address, asker or name server are told as not supported, by their own name.
 */
import { type OwnRecord, wireNameOf } from './answer.ts';
import { recordType } from './query.ts';

/** What becomes of a name. */
export type NameAction = 'nxdomain' | 'nodata' | 'pass' | 'drop' | 'tcp' | 'local';

/** One rule of a zone. */
export interface ZoneRule {
  /** In lower case, without the zone's own name and without `*.`. */
  readonly name: string;
  readonly kind: 'exact' | 'below';
  readonly action: NameAction;
  /** For `local`: the record to answer with. */
  readonly record?: OwnRecord;
  /** For `local` with a CNAME: the name that stands in. */
  readonly target?: string;
}

/** What a reader makes of a line that is no rule. */
export interface ZoneTrouble {
  readonly line: number;
  readonly text: string;
}

const otherTriggers = /(?:^|\.)(rpz-(?:ip|client-ip|nsdname|nsip))$/;
/** Longest entry of a zone, with the lines that its parentheses join. */
const entryLimit = 65_536;

/** Splits a line into words; quoted ones keep their blanks, a comment ends it. */
function wordsOfLine(line: string): string[] {
  return Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"|;.*$|([()])|([^\s;"()]+)/g), match =>
    match[1] !== undefined ? `"${match[1]}` : match[0].startsWith(';') ? '' : match[0],
  ).filter(word => word !== '');
}

/** Reads a zone line by line; it is fed, so that a file of any length takes no memory. */
export class ZoneReader {
  #origin = '';
  #zone: string | undefined;
  #owner = '';
  #ttl = 60;
  #words: string[] = [];
  #depth = 0;
  #startsBlank = false;
  #size = 0;
  #line = 0;

  /** @returns the rule of the entry that ends with this line, a trouble, or undefined */
  line(text: string): ZoneRule | ZoneTrouble | undefined {
    this.#line++;
    if (this.#depth === 0) {
      this.#words = [];
      this.#size = 0;
      this.#startsBlank = /^\s/.test(text);
    }
    this.#size += text.length;
    if (this.#size > entryLimit) {
      this.#depth = 0;
      return this.#trouble('an entry is too long');
    }
    for (const word of wordsOfLine(text)) {
      if (word === '(') this.#depth++;
      else if (word === ')') this.#depth = Math.max(this.#depth - 1, 0);
      else this.#words.push(word);
    }
    return this.#depth > 0 || this.#words.length === 0 ? undefined : this.#entry(this.#words);
  }

  #trouble(text: string): ZoneTrouble {
    return { line: this.#line, text };
  }

  #entry(words: string[]): ZoneRule | ZoneTrouble | undefined {
    const [first = '', second = ''] = words;
    if (first === '$ORIGIN') {
      this.#origin = this.#absolute(second);
      return undefined;
    }
    if (first === '$TTL') {
      this.#ttl = seconds(second) ?? this.#ttl;
      return undefined;
    }
    if (first.startsWith('$')) return this.#trouble(`${first} is not supported`);
    const rest = [...words];
    if (!this.#startsBlank) this.#owner = this.#absolute(rest.shift() ?? '');
    let ttl = this.#ttl;
    for (;;) {
      const word = rest[0] ?? '';
      const number = /^\d/.test(word) ? seconds(word) : undefined;
      if (number !== undefined) ttl = number;
      else if (!/^(?:IN|CH|HS)$/i.test(word)) break;
      rest.shift();
    }
    const type = (rest.shift() ?? '').toUpperCase();
    if (type === 'SOA') {
      this.#zone = this.#owner;
      if (this.#origin === '') this.#origin = this.#owner;
      return undefined;
    }
    if (type === 'NS' && this.#owner === this.#zone) return undefined;
    return this.#rule(type, rest, ttl);
  }

  #rule(type: string, data: string[], ttl: number): ZoneRule | ZoneTrouble | undefined {
    const relative = this.#relativeOwner();
    const other = otherTriggers.exec(relative);
    if (other !== null) return this.#trouble(`trigger ${other[1]} is not supported: ${relative}`);
    const isBelow = relative.startsWith('*.');
    const name = isBelow ? relative.slice(2) : relative;
    if (name === '' || name.length > 253) return this.#trouble(`no name of a rule: ${relative}`);
    const rule = { name, kind: isBelow ? 'below' : 'exact' } as const;
    const [value = ''] = data;
    try {
      if (type === 'CNAME') return { ...rule, ...this.#ofCname(value, ttl) };
      if (type === 'A') return { ...rule, action: 'local', record: addressRecord(value, ttl) };
      if (type === 'AAAA') return { ...rule, action: 'local', record: addressRecord(value, ttl) };
      if (type === 'TXT') return { ...rule, action: 'local', record: textRecord(data, ttl) };
    } catch (error) {
      return this.#trouble(error instanceof Error ? error.message : String(error));
    }
    return this.#trouble(`records of type ${type || '(none)'} are not supported: ${relative}`);
  }

  #ofCname(value: string, ttl: number): Pick<ZoneRule, 'action' | 'record' | 'target'> {
    const special: Readonly<Record<string, NameAction>> = {
      '.': 'nxdomain',
      '*.': 'nodata',
      'rpz-passthru.': 'pass',
      'rpz-drop.': 'drop',
      'rpz-tcp-only.': 'tcp',
    };
    const action = special[value.toLowerCase()];
    if (action !== undefined) return { action };
    if (value.startsWith('*.')) throw new Error(`a CNAME to a wildcard is not supported: ${value}`);
    const target = this.#absolute(value);
    return { action: 'local', target, record: { type: recordType.cname, ttl, data: wireNameOf(target) } };
  }

  #absolute(name: string): string {
    const lower = name.toLowerCase();
    if (lower === '@') return this.#origin;
    if (lower.endsWith('.')) return lower.slice(0, -1);
    return this.#origin === '' ? lower : `${lower}.${this.#origin}`;
  }

  #relativeOwner(): string {
    const zone = this.#zone ?? this.#origin;
    if (zone === '') return this.#owner;
    return this.#owner.endsWith(`.${zone}`)
      ? this.#owner.slice(0, -zone.length - 1)
      : this.#owner === zone
        ? ''
        : this.#owner;
  }
}

/** A time of a zone file: a number, or with units as BIND takes them (`1h30m`). @returns undefined when it is none */
function seconds(text: string): number | undefined {
  if (!/^(?:\d{1,9}[smhdw]?)+$/i.test(text)) return undefined;
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
  let total = 0;
  for (const [, amount, unit = 's'] of text.matchAll(/(\d+)([smhdw])?/gi))
    total += Number(amount) * (units[unit.toLowerCase()] ?? 1);
  return Math.min(total, 0x7fffffff);
}

/** @throws Error when the text is no address */
export function addressRecord(text: string, ttl: number): OwnRecord {
  if (/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) {
    const bytes = text.split('.').map(Number);
    if (bytes.every(byte => byte < 256)) return { type: recordType.a, ttl, data: Buffer.from(bytes) };
  }
  const data = addressBytes6(text);
  if (data === undefined) throw new Error(`no address: ${text}`);
  return { type: recordType.aaaa, ttl, data };
}

function addressBytes6(text: string): Buffer | undefined {
  if (!/^[0-9a-f:]{2,39}$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  const [head = '', tail] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split('::');
  const groups = (part: string): number[] =>
    part === '' ? [] : part.split(':').map(one => Number.parseInt(one, 16));
  const before = groups(head);
  const after = groups(tail ?? '');
  const all =
    tail === undefined ? before : [...before, ...Array(8 - before.length - after.length).fill(0), ...after];
  const bytes = Buffer.alloc(16);
  all.forEach((group, at) => {
    bytes.writeUInt16BE(group, at * 2);
  });
  return bytes;
}

function textRecord(words: readonly string[], ttl: number): OwnRecord {
  const parts = words.map(word => Buffer.from(word.replace(/^"/, '').replace(/\\(.)/g, '$1'), 'latin1'));
  if (parts.some(part => part.length > 255)) throw new Error('a text is longer than 255 bytes');
  const data = Buffer.concat(parts.flatMap(part => [Buffer.from([part.length]), part]));
  return { type: recordType.txt, ttl, data };
}
