/** Many indicators in little memory, found in far less than a microsecond each. */
import { randomInt } from 'node:crypto';
import { type DigestKind, digestBytes, type IndicatorKind, indicatorKinds } from '../kinds.ts';
import { type EntryFacts, forever, type Table } from '../table/table.ts';
import { TextTable } from '../table/text-table.ts';
import { WordTable } from '../table/word-table.ts';
import { addressWords, networkText } from '../value/address.ts';
import type { CheckedValue } from '../value/check.ts';
import { digestText, readDigest } from '../value/digest.ts';
import { AddressTable } from './address-table.ts';
import { MetadataTable } from './metadata.ts';

/** Where indicators come from. */
export interface SourceInfo {
  readonly name: string;
  /** Whether it speaks of this network itself, so that private addresses are meant. */
  readonly local: boolean;
  /** Whether its indicators rest: they are kept, and match nothing. */
  readonly held: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly importedAt: number;
  /** File or address that it was read from. */
  readonly origin: string;
  /** Where the next reading goes on (TAXII `added_after`). */
  readonly cursor?: string;
}

/** An indicator with all that is known of it. Times are milliseconds since the Unix epoch. */
export interface Indicator {
  readonly kind: IndicatorKind;
  readonly value: string;
  readonly source: string;
  readonly confidence: number;
  readonly labels: readonly string[];
  readonly description: string;
  readonly validFrom: number | undefined;
  readonly validUntil: number | undefined;
  /** When it first came from its source. */
  readonly addedAt: number;
}

/** An entry that a lookup found. */
export interface Hit {
  readonly kind: IndicatorKind;
  readonly entry: number;
}

/** What is kept of an indicator besides its key; times in seconds since the Unix epoch. */
export interface Facts extends Omit<EntryFacts, 'meta'> {
  /** Number of the source. */
  readonly source: number;
  readonly confidence: number;
  readonly labels: readonly string[];
  readonly description: string;
}

/** The tables of a set, by kind. */
export type Tables = Readonly<
  Record<DigestKind, WordTable> &
    Record<'ipv4' | 'ipv6', AddressTable> &
    Record<'domain' | 'domain_tree' | 'url' | 'ja4', TextTable>
>;

function makeTables(seed: number): Tables {
  const digest = (kind: DigestKind) => new WordTable(digestBytes[kind] / 4, seed);
  return {
    md5: digest('md5'),
    sha1: digest('sha1'),
    sha256: digest('sha256'),
    certificate_sha1: digest('certificate_sha1'),
    certificate_sha256: digest('certificate_sha256'),
    ja3: digest('ja3'),
    ipv4: new AddressTable(1, seed),
    ipv6: new AddressTable(4, seed),
    domain: new TextTable('backward', seed),
    domain_tree: new TextTable('backward', seed),
    url: new TextTable('forward', seed),
    ja4: new TextTable('forward', seed),
  };
}

/** Most places of a URL that are looked up. */
const urlPlaces = 64;

export class IndicatorSet {
  readonly seed: number;
  readonly tables: Tables;
  readonly metadata = new MetadataTable();
  /** Sources by their number. */
  sources: SourceInfo[] = [];
  readonly #found: number[] = [];

  constructor(seed: number = randomInt(2 ** 32)) {
    this.seed = seed;
    this.tables = makeTables(seed);
  }

  /** How many indicators there are, of a kind or altogether. */
  count(kind?: IndicatorKind): number {
    if (kind !== undefined) return this.tables[kind].count;
    return indicatorKinds.reduce((sum, each) => sum + this.tables[each].count, 0);
  }

  /** Bytes that the indicators take in memory. */
  get bytes(): number {
    return indicatorKinds.reduce((sum, kind) => sum + this.tables[kind].bytes, 0);
  }

  /**
   * Adds an indicator. One that its source has named before takes the higher confidence and the wider validity.
   * @returns whether it is new
   */
  add(value: CheckedValue, facts: Facts): boolean {
    const found = this.#found;
    found.length = 0;
    const table: Table = this.tables[value.kind];
    this.#findExactly(value, found);
    const meta = this.metadata.intern(facts);
    for (const entry of found) {
      const before = table.facts(entry);
      if (this.metadata.sourceOf(before.meta) !== facts.source) continue;
      const isBetter = this.metadata.get(before.meta).confidence >= facts.confidence;
      table.update(entry, {
        meta: isBetter ? before.meta : meta,
        from: Math.min(before.from, facts.from),
        until: Math.max(before.until, facts.until),
        added: Math.min(before.added, facts.added),
      });
      return false;
    }
    const entryFacts: EntryFacts = { meta, from: facts.from, until: facts.until, added: facts.added };
    if (table instanceof TextTable) table.insert('text' in value ? value.text : '', entryFacts);
    else if (table instanceof WordTable) table.insert(entryFacts);
    return true;
  }

  /** Entries with exactly this key, from any source. */
  exactly(value: CheckedValue): Hit[] {
    const found: number[] = [];
    this.#findExactly(value, found);
    return found.map(entry => ({ kind: value.kind, entry }));
  }

  /** Leaves the key set in a table of words, so that an entry can be inserted. */
  #findExactly(value: CheckedValue, into: number[]): void {
    const { tables } = this;
    if ('words' in value) {
      tables[value.kind].findNetwork(value.words, value.prefix, value.port, into);
    } else {
      const table = tables[value.kind];
      if (table instanceof TextTable) table.find(value.text, into);
      else if (readDigest(value.text, table.key)) table.find(into);
    }
  }

  /** Adds the entries for a hexadecimal digest. */
  matchDigest(kind: DigestKind, text: string, hits: Hit[]): void {
    const table = this.tables[kind];
    if (table.count === 0 || !readDigest(text, table.key)) return;
    const found = this.#begin();
    table.find(found);
    this.#report(kind, found, hits);
  }

  /** Adds the entries whose network holds the address. @param port the port talked to, 0 if unknown */
  matchAddress(text: string, port: number, hits: Hit[]): void {
    if (this.tables.ipv4.count + this.tables.ipv6.count === 0) return;
    const words = addressWords(text);
    if (words === undefined) return;
    const kind = words.length === 1 ? 'ipv4' : 'ipv6';
    const found = this.#begin();
    this.tables[kind].findAddress(words, port, found);
    this.#report(kind, found, hits);
  }

  /** Adds the entries for a name (as `comparableName` gives it) or for one of the names that it lies below. */
  matchName(name: string, hits: Hit[]): void {
    const { domain, domain_tree: tree } = this.tables;
    const found = this.#begin();
    let hash = domain.start;
    for (let at = name.length - 1; at >= 0; at--) {
      const code = name.charCodeAt(at);
      if (code === 46 && tree.count > 0) tree.findRange(hash, name, at + 1, name.length, found);
      hash = domain.step(hash, code);
    }
    if (tree.count > 0) tree.findRange(hash, name, 0, name.length, found);
    this.#report('domain_tree', found, hits);
    found.length = 0;
    if (domain.count > 0) domain.findRange(hash, name, 0, name.length, found);
    this.#report('domain', found, hits);
  }

  /**
   * Adds the entries for a URL (as `comparableUrl` gives it): the URL itself, what stands before its query or
   * before a further argument, and every folder that it lies below. A site's first page stands for itself only.
   */
  matchUrl(url: string, hits: Hit[]): void {
    const { url: table } = this.tables;
    if (table.count === 0) return;
    const found = this.#begin();
    const root = url.indexOf('/');
    let hash = table.start;
    let places = 0;
    let inQuery = false;
    for (let at = 0; at <= url.length; at++) {
      const code = at < url.length ? url.charCodeAt(at) : -1;
      const isEnd = code === -1 || (code === 63 && !inQuery) || (code === 38 && inQuery);
      const isFolder = !inQuery && at > root + 1 && (code === 47 || url.charCodeAt(at - 1) === 47);
      if ((isEnd || isFolder) && places++ < urlPlaces) table.findRange(hash, url, 0, at, found);
      if (code === 63) inQuery = true;
      hash = table.step(hash, code);
    }
    this.#report('url', found, hits);
  }

  /** Adds the entries for a JA4 fingerprint. */
  matchJa4(text: string, hits: Hit[]): void {
    if (this.tables.ja4.count === 0) return;
    const found = this.#begin();
    this.tables.ja4.find(text, found);
    this.#report('ja4', found, hits);
  }

  #begin(): number[] {
    this.#found.length = 0;
    return this.#found;
  }

  #report(kind: IndicatorKind, found: readonly number[], hits: Hit[]): void {
    for (const entry of found) hits.push({ kind, entry });
  }

  /** Source of an entry. */
  sourceOf({ kind, entry }: Hit): SourceInfo | undefined {
    return this.sources[this.metadata.sourceOf(this.tables[kind].metaOf(entry))];
  }

  /** All that is known of an entry. */
  indicator(hit: Hit): Indicator {
    const { from, until, added, meta } = this.tables[hit.kind].facts(hit.entry);
    const { source, confidence, labels, description } = this.metadata.get(meta);
    return {
      kind: hit.kind,
      value: this.valueOf(hit),
      source: this.sources[source]?.name ?? '',
      confidence,
      labels,
      description,
      validFrom: from === 0 ? undefined : from * 1000,
      validUntil: until === forever ? undefined : until * 1000,
      addedAt: added * 1000,
    };
  }

  /** The value of an entry in text; an address with a port as `address|port`. */
  valueOf({ kind, entry }: Hit): string {
    const table = this.tables[kind];
    if (table instanceof TextTable) return table.textOf(entry);
    if (!(table instanceof AddressTable)) return digestText(table.keyOf(entry));
    const { words, prefix, port } = table.networkOf(entry);
    return networkText(words, prefix) + (port === 0 ? '' : `|${port}`);
  }

  /** The key of an entry, as `add` takes it. */
  keyOf(hit: Hit): CheckedValue {
    const { kind } = hit;
    if (kind === 'ipv4' || kind === 'ipv6') return { kind, ...this.tables[kind].networkOf(hit.entry) };
    return { kind, text: this.valueOf(hit) };
  }

  /** Every entry. */
  *hits(): Generator<Hit> {
    for (const kind of indicatorKinds)
      for (let entry = 0; entry < this.tables[kind].count; entry++) yield { kind, entry };
  }
}
