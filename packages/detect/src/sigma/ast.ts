/** What a Sigma document says, after every modifier has been applied. Both evaluators read this. */
import type { Network } from './match/network.ts';

/** Where something stands in a rule file. Lines and columns count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `*` (any text, also none, across line ends) or `?` (exactly one character). */
export interface Wildcard {
  readonly wildcard: 'any' | 'one';
}

/** A Sigma string: literal pieces and wildcards, never two literals in a row. */
export type Glob = readonly (string | Wildcard)[];

export type Comparison = 'lt' | 'lte' | 'gt' | 'gte' | 'eq';
export type DatePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';
export type TextPlace = 'whole' | 'start' | 'end' | 'anywhere';

/** One test of one field. */
export type Test =
  | { readonly type: 'glob'; readonly glob: Glob; readonly cased: boolean }
  | { readonly type: 'regex'; readonly source: string; readonly flags: string }
  | { readonly type: 'cidr'; readonly network: Network }
  | { readonly type: 'compare'; readonly operator: Comparison; readonly operand: number }
  | {
      readonly type: 'date_part';
      readonly part: DatePart;
      readonly operator: Comparison;
      readonly operand: number;
    }
  | { readonly type: 'null' }
  | { readonly type: 'exists'; readonly expected: boolean }
  | {
      readonly type: 'field_reference';
      readonly field: string;
      readonly place: TextPlace;
      readonly cased: boolean;
    };

/** A field with its values: one line of a selection. */
export interface Item {
  /** Name as the rule has it; undefined is a keyword search in the whole event. */
  readonly field: string | undefined;
  /** One entry a value of the rule; the tests of an entry are linked by OR (windash, base64offset, expand). */
  readonly alternatives: readonly (readonly Test[])[];
  /** How the entries are linked. */
  readonly linking: 'any' | 'all';
  /** `neq`: the whole item is inverted. */
  readonly negated: boolean;
  readonly place: Place;
}

export type Expression =
  | { readonly type: 'and'; readonly operands: readonly Expression[] }
  | { readonly type: 'or'; readonly operands: readonly Expression[] }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: 'item'; readonly item: Item };

/** `logsource`. Absent attributes match every source. */
export interface LogSource {
  readonly category?: string;
  readonly product?: string;
  readonly service?: string;
}

export type Level = 'informational' | 'low' | 'medium' | 'high' | 'critical';

/** A text in both languages of the product. */
export interface TwoLanguages {
  readonly en: string;
  readonly zh: string;
}

/** What our own rules add below the key `redoubt`; see the package's documentation. */
export interface Extension {
  readonly title_zh?: string;
  readonly description_zh?: string;
  readonly advice?: TwoLanguages;
  readonly false_positives?: TwoLanguages;
  readonly reasons: Readonly<Record<string, TwoLanguages>>;
  readonly mlps: readonly string[];
  readonly drill?: string;
  readonly dedup: readonly string[];
}

/** What rules, filters and correlations have in common. */
export interface Header {
  /** `name`, else `id`, else the file name and the number of the document in it. */
  readonly uid: string;
  readonly id?: string;
  readonly name?: string;
  readonly title: string;
  readonly description?: string;
  readonly status?: string;
  readonly level?: Level;
  readonly tags: readonly string[];
  readonly falsepositives: readonly string[];
  readonly extension: Extension;
  readonly place: Place;
}

export interface Rule extends Header {
  readonly type: 'rule';
  readonly logsource: LogSource;
  /** Every condition of the rule, linked by OR, with its selections put in. */
  readonly expression: Expression;
  /** Fields worth showing with a match. */
  readonly fields: readonly string[];
}

export interface Filter extends Header {
  readonly type: 'filter';
  readonly logsource: LogSource;
  /** Ids or names of rules; undefined is every rule of the log source. */
  readonly rules: readonly string[] | undefined;
  /** What must also hold for a filtered rule to match. */
  readonly expression: Expression;
}

export type CorrelationType =
  | 'event_count'
  | 'value_count'
  | 'temporal'
  | 'temporal_ordered'
  | 'value_sum'
  | 'value_avg'
  | 'value_percentile'
  | 'value_median';

export type Bound = 'lt' | 'lte' | 'gt' | 'gte' | 'eq' | 'neq';

export interface Correlation extends Header {
  readonly type: 'correlation';
  readonly correlation: CorrelationType;
  /** Ids or names of the rules or correlations that feed it. */
  readonly rules: readonly string[];
  readonly groupBy: readonly string[];
  /** alias → rule reference → field name. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** Milliseconds. */
  readonly timespan: number;
  /** Every bound must hold. */
  readonly bounds: readonly { readonly bound: Bound; readonly value: number }[];
  /** Fields whose values are counted or computed with. */
  readonly valueFields: readonly string[];
  /** Of value_percentile, 0 to 100. */
  readonly percentile: number | undefined;
  /** Whether the rules that feed it also give findings of their own. */
  readonly generate: boolean;
}

export type Document = Rule | Filter | Correlation;
