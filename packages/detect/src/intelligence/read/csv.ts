/** CSV with an indicator a row (RFC 4180, any single-character delimiter). */
import { type Candidate, FeedDamage, type Sink } from '../kinds.ts';
import { kindOfName } from '../value/guess.ts';
import type { Input } from './lines.ts';

/** What a column holds. */
const csvRoles = [
  'value',
  'kind',
  'port',
  'confidence',
  'labels',
  'description',
  'valid_from',
  'valid_until',
] as const;
export type CsvRole = (typeof csvRoles)[number];

export interface CsvOptions {
  /** Which column has which role, by the header's name or by number from 1. Undefined: by the usual names. */
  readonly columns?: Readonly<Partial<Record<CsvRole, string | number>>>;
  /** Undefined: the one of `,`, `;`, tab and `|` that the first row has most of. */
  readonly delimiter?: string;
  /** Whether the first row names the columns; true by default. A row that begins with `#` is a comment, but for it. */
  readonly header?: boolean;
}

/** Longest row, characters. */
const longestRow = 1_048_576;
const mostFields = 256;

const usualNames: Readonly<Record<CsvRole, readonly string[]>> = {
  value: [
    'value',
    'indicator',
    'ioc',
    'iocvalue',
    'observable',
    'dstip',
    'ip',
    'domain',
    'url',
    'hash',
    'sha256',
  ],
  kind: ['type', 'kind', 'ioctype', 'indicatortype', 'observabletype'],
  port: ['port', 'dstport'],
  confidence: ['confidence', 'confidencelevel', 'score'],
  labels: ['labels', 'tags', 'tag', 'malware', 'threat'],
  description: ['description', 'comment', 'malwareprintable', 'name'],
  valid_from: ['validfrom', 'firstseen', 'firstseenutc', 'dateadded'],
  valid_until: ['validuntil', 'expires', 'expiration'],
};

/** Splits text into rows; a quoted field may hold delimiters, quotes (doubled) and line ends. */
class CsvSplitter {
  #rest = '';
  #line = 1;
  /** Undefined until the first row has told it. */
  #delimiter: string | undefined;
  readonly #row: (fields: readonly string[], line: number) => void;

  constructor(delimiter: string | undefined, row: (fields: readonly string[], line: number) => void) {
    if (delimiter !== undefined && (delimiter.length !== 1 || '"\r\n'.includes(delimiter)))
      throw new RangeError(`not a delimiter: ${JSON.stringify(delimiter)}`);
    this.#delimiter = delimiter;
    this.#row = row;
  }

  /** Takes more text. */
  write(text: string): void {
    const all = this.#rest + text;
    let begin = 0;
    let isQuoted = false;
    for (let at = 0; at < all.length; at++) {
      const code = all.charCodeAt(at);
      if (code === 34) isQuoted = !isQuoted;
      else if (code === 10 && !isQuoted) {
        this.#give(all.slice(begin, at));
        begin = at + 1;
      }
    }
    this.#rest = all.slice(begin);
    if (this.#rest.length > longestRow)
      throw new FeedDamage(`line ${this.#line}`, `a row longer than ${longestRow} characters`);
  }

  /** Takes the last row. @throws FeedDamage if it ends within quotes */
  end(): void {
    if ((this.#rest.match(/"/g)?.length ?? 0) % 2 !== 0)
      throw new FeedDamage(`line ${this.#line}`, 'the file ends within quotes');
    if (this.#rest !== '') this.#give(this.#rest);
    this.#rest = '';
  }

  #give(text: string): void {
    const line = this.#line;
    this.#line += 1 + (text.includes('\n') ? text.split('\n').length - 1 : 0);
    const row = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (row.trim() === '') return;
    if (!row.startsWith('#')) this.#delimiter ??= likelyDelimiter(row);
    this.#row(splitRow(row, this.#delimiter ?? ','), line);
  }
}

function likelyDelimiter(row: string): string {
  const count = (delimiter: string) => row.split(delimiter).length;
  return [',', ';', '\t', '|'].reduce((best, next) => (count(next) > count(best) ? next : best));
}

function splitRow(row: string, delimiter: string): string[] {
  if (!row.includes('"')) return row.split(delimiter).map(field => field.trim());
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (const character of row) {
    if (character === '"') isQuoted = !isQuoted;
    if (character === delimiter && !isQuoted) {
      fields.push(field);
      field = '';
    } else field += character;
  }
  fields.push(field);
  return fields.map(each => {
    const trimmed = each.trim();
    return /^".*"$/s.test(trimmed) ? trimmed.slice(1, -1).replaceAll('""', '"') : trimmed;
  });
}

/**
 * Reads an indicator a row.
 * @throws FeedDamage if there is no column with values, or a quoted field does not end
 */
export async function readCsv(input: Input, sink: Sink, options: CsvOptions = {}): Promise<void> {
  let places = options.header === false ? placesByNumber(options) : undefined;
  const splitter = new CsvSplitter(options.delimiter, (fields, line) => {
    if (fields[0]?.startsWith('#') === true) {
      // Some feeds put their header in a comment.
      if (places === undefined) places = placesByName(headerOf(fields), options);
      return;
    }
    if (places === undefined) {
      places = placesByName(fields, options);
      if (places === undefined)
        throw new FeedDamage(
          `line ${line}`,
          `no column with values among: ${fields.slice(0, 20).join(', ')}`,
        );
      return;
    }
    if (fields.length > mostFields) sink.refuse(`more than ${mostFields} fields`, line, fields[0] ?? '');
    else takeRow(fields, places, line, sink);
  });
  const decoder = new TextDecoder();
  for await (const chunk of input) splitter.write(decoder.decode(chunk, { stream: true }));
  splitter.write(decoder.decode());
  splitter.end();
}

type Places = ReadonlyMap<CsvRole, number>;

function headerOf([first = '', ...others]: readonly string[]): string[] {
  const fields = others.length === 0 ? first.split(',') : [first, ...others];
  return fields.map(field => field.replace(/^#+/, '').replaceAll('"', '').trim());
}

function placesByNumber({ columns }: CsvOptions): Places {
  const places = new Map<CsvRole, number>();
  for (const role of csvRoles) {
    const column = columns?.[role];
    if (column === undefined) continue;
    if (typeof column !== 'number')
      throw new FeedDamage('line 1', `without a header the column of "${role}" is a number, not "${column}"`);
    places.set(role, column - 1);
  }
  if (!places.has('value')) places.set('value', 0);
  return places;
}

function placesByName(header: readonly string[], { columns }: CsvOptions): Places | undefined {
  const plain = header.map(name => name.toLowerCase().replaceAll(/[^a-z0-9]/g, ''));
  const places = new Map<CsvRole, number>();
  for (const role of csvRoles) {
    const column = columns?.[role];
    if (typeof column === 'number') places.set(role, column - 1);
    else if (column !== undefined) places.set(role, header.indexOf(column));
    else if (columns === undefined) {
      const name = usualNames[role].find(usual => plain.includes(usual));
      if (name !== undefined) places.set(role, plain.indexOf(name));
    }
  }
  const missing = [...places].find(([, place]) => place < 0);
  if (missing !== undefined && places.get('value') !== -1) places.delete(missing[0]);
  return (places.get('value') ?? -1) < 0 ? undefined : places;
}

function takeRow(fields: readonly string[], places: Places, line: number, sink: Sink): void {
  const at = (role: CsvRole): string | undefined => {
    const place = places.get(role);
    const text = place === undefined ? undefined : fields[place];
    return text === undefined || text === '' ? undefined : text;
  };
  const value = at('value');
  if (value === undefined) {
    sink.refuse('no value in the row', line, fields.join(',').slice(0, 80));
    return;
  }
  const type = at('kind');
  const kind = type === undefined ? undefined : kindOfName(type);
  if (type !== undefined && kind === undefined) {
    sink.refuse(`unknown type "${type}"`, line, value);
    return;
  }
  const candidate: Candidate = {
    kind,
    value,
    port: numberOf(at('port')),
    confidence: numberOf(at('confidence')),
    labels: at('labels')
      ?.split(/[,;|\s]+/)
      .filter(label => label !== ''),
    description: at('description'),
    validFrom: timeOf(at('valid_from')),
    validUntil: timeOf(at('valid_until')),
  };
  sink.take(candidate, line);
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,5}(?:\.\d+)?$/.test(text) ? Math.round(Number(text)) : undefined;
}

/** Milliseconds of a date in ISO 8601 or `YYYY-MM-DD HH:MM:SS`, both in UTC where they name no zone. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const asIs = text.endsWith('Z') ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(asIs)) return asIs;
  const iso = text
    .trim()
    .replace(/^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2})/, '$1T$2')
    .replace(/ UTC$/, 'Z');
  const zoned = /^\d{4}-\d{2}-\d{2}T[\d:.]+$/.test(iso) ? `${iso}Z` : iso;
  const time = /^\d{4}-\d{2}/.test(zoned) ? Date.parse(zoned) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
