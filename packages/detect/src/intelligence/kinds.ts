/** Kinds of indicators, and what a feed says of one before it is checked. */

/**
 * Kinds that a set holds. `domain` is that name only, `domain_tree` the name with everything below it. `ipv4` and
 * `ipv6` are networks (a single address is the longest prefix), each for one port or for every port.
 */
export const indicatorKinds = [
  'md5',
  'sha1',
  'sha256',
  'certificate_sha1',
  'certificate_sha256',
  'ipv4',
  'ipv6',
  'domain',
  'domain_tree',
  'url',
  'ja3',
  'ja4',
] as const;

/** Kind of an indicator in a set. */
export type IndicatorKind = (typeof indicatorKinds)[number];

/** Kinds whose key is a digest, with the digest's length in bytes. */
export const digestBytes = {
  md5: 16,
  sha1: 20,
  sha256: 32,
  certificate_sha1: 20,
  certificate_sha256: 32,
  ja3: 16,
} as const satisfies Partial<Record<IndicatorKind, number>>;

/** Kind whose key is a digest. */
export type DigestKind = keyof typeof digestBytes;

/** What a feed says that a value is. `address` is an IP address or network; `domain` becomes either domain kind. */
export type CandidateKind = DigestKind | 'address' | 'domain' | 'url' | 'ja4';

/** One indicator as a feed has it, not yet checked. */
export interface Candidate {
  /** Undefined when the feed does not say; the value is then judged by its form. */
  readonly kind: CandidateKind | undefined;
  readonly value: string;
  /** For an address: the only port that counts. */
  readonly port?: number | undefined;
  /** For a domain: whether everything below it counts too. Undefined leaves it to the source's settings. */
  readonly subdomains?: boolean | undefined;
  /** Milliseconds since the Unix epoch. */
  readonly validFrom?: number | undefined;
  /** Milliseconds since the Unix epoch, exclusive. */
  readonly validUntil?: number | undefined;
  /** 0 to 100; undefined leaves it to the source's settings. */
  readonly confidence?: number | undefined;
  /** What the feed calls it; `attack.…` labels are ATT&CK tactics and techniques as Sigma writes them. */
  readonly labels?: readonly string[] | undefined;
  readonly description?: string | undefined;
}

/** Where a reader puts what it finds. `at` counts from 1 in the reader's unit: lines, objects, attributes. */
export interface Sink {
  take(candidate: Candidate, at: number): void;
  /** The feed takes an indicator back (STIX `revoked`). */
  withdraw(candidate: Candidate, at: number): void;
  /** Something that cannot be used, with the reason. */
  refuse(reason: string, at: number, text: string): void;
  /** Something that is used, but not wholly as the feed says. */
  note(text: string, at: number): void;
  /** Something that is no indicator and is not meant to be one (a STIX report, a MISP comment). */
  ignore(what: string): void;
}

/** A feed that cannot be read on: cut off, not the format that it should be, or beyond a limit. */
export class FeedDamage extends Error {
  /** @param place where in the feed, e.g. `line 12` */
  constructor(place: string, message: string) {
    super(`${place}: ${message}`);
    this.name = 'FeedDamage';
  }
}
