/** A feed's candidate becomes the key of a table, or is refused with a reason. */
import { parse as parseSuffix } from 'tldts';
import { type Candidate, type CandidateKind, digestBytes, type IndicatorKind } from '../kinds.ts';
import { networkOf } from './address.ts';
import { refang } from './defang.ts';
import { emptyFileDigests } from './digest.ts';
import { ja4Pattern, kindOfForm, splitPort } from './guess.ts';
import { comparableName } from './name.ts';
import { specialRange } from './special-addresses.ts';
import { comparableUrl } from './url.ts';

/** What a source's settings say about its indicators. */
export interface CheckPolicy {
  /** Whether the source speaks of this network itself: private addresses and local names are then meant. */
  readonly local: boolean;
  /**
   * Whether a domain stands for everything below it where the feed does not say. Undefined: a domain that someone
   * registered does (`bad.example`), a host below one does not (`www.bad.example`).
   */
  readonly subdomains: boolean | undefined;
}

/** The key of an indicator. */
export type CheckedValue =
  | { readonly kind: Exclude<IndicatorKind, 'ipv4' | 'ipv6'>; readonly text: string }
  | {
      readonly kind: 'ipv4' | 'ipv6';
      readonly words: readonly number[];
      readonly prefix: number;
      /** 0 for every port. */
      readonly port: number;
    };

/** A value that cannot be an indicator. */
export interface Refusal {
  readonly refused: string;
}

const refuse = (refused: string): Refusal => ({ refused });

/** Networks wider than this are half the Internet, not an indicator. */
const widestPrefix = { ipv4: 8, ipv6: 19 } as const;

/** Checks and normalises a candidate. */
export function checkCandidate(candidate: Candidate, policy: CheckPolicy): CheckedValue | Refusal {
  const value = refang(candidate.value);
  if (value === '') return refuse('empty value');
  if (value.length > 8_192) return refuse('longer than 8192 characters');
  const kind = candidate.kind ?? kindOfForm(value);
  if (kind === undefined) return refuse('neither a digest nor an address, domain, URL or JA4 fingerprint');
  switch (kind) {
    case 'address':
      return checkAddress(value, candidate.port, policy);
    case 'domain':
      return checkDomain(value, candidate.subdomains, policy);
    case 'url':
      return checkUrl(value, policy);
    case 'ja4': {
      const text = value.toLowerCase();
      return ja4Pattern.test(text) ? { kind, text } : refuse('not a JA4 fingerprint');
    }
    default:
      return checkDigest(kind, value);
  }
}

function checkDigest(kind: Exclude<CandidateKind, 'address' | 'domain' | 'url' | 'ja4'>, value: string) {
  const text = value.toLowerCase().replaceAll(':', '');
  if (text.length !== digestBytes[kind] * 2 || !/^[0-9a-f]+$/.test(text)) {
    return refuse(`not ${digestBytes[kind] * 2} hexadecimal digits, as ${kind} has`);
  }
  if (emptyFileDigests.has(text)) return refuse('the digest of an empty file');
  return /^(.)\1*$/.test(text) ? refuse('a digest of one repeated digit') : { kind, text };
}

function checkAddress(value: string, port: number | undefined, policy: CheckPolicy): CheckedValue | Refusal {
  const split = splitPort(value);
  const network = networkOf(split?.address ?? value.replace(/^\[(.*)\]$/, '$1'));
  if (network === undefined) return refuse('not an IP address or network');
  const wanted = port ?? split?.port ?? 0;
  if (!Number.isInteger(wanted) || wanted < 0 || wanted > 65_535) return refuse(`not a port: ${wanted}`);
  const kind = network.words.length === 1 ? 'ipv4' : 'ipv6';
  if (network.prefix < widestPrefix[kind])
    return refuse(`a network wider than /${widestPrefix[kind]} is no indicator`);
  const special = policy.local ? undefined : specialRange(network);
  return special === undefined
    ? { kind, ...network, port: wanted }
    : refuse(`not a public address: ${special}`);
}

/** Names that only mean something on the network where they are asked for (RFC 6761, 6762, 8375, ICANN). */
const localName = /(?:^|\.)(?:localhost|local|localdomain|internal|lan|home\.arpa|in-addr\.arpa|ip6\.arpa)$/;

function checkDomain(
  value: string,
  subdomains: boolean | undefined,
  policy: CheckPolicy,
): CheckedValue | Refusal {
  const written = value.replace(/^(?:\*\.|\.)/, '');
  const name = comparableName(written);
  if (name === undefined) return refuse('not a domain name');
  if (networkOf(name) !== undefined) return refuse('an IP address where a domain name should be');
  if (!policy.local && (localName.test(name) || !name.includes('.')))
    return refuse('a name of local networks');
  const suffix = parseSuffix(name, { allowPrivateDomains: true, validateHostname: false });
  if (suffix.domain === null && !(policy.local && !name.includes('.')))
    return refuse('a public suffix: everyone’s domains lie below it');
  const isTree = subdomains ?? policy.subdomains ?? (written !== value || suffix.domain === name);
  return { kind: isTree ? 'domain_tree' : 'domain', text: name };
}

function checkUrl(value: string, policy: CheckPolicy): CheckedValue | Refusal {
  const url = comparableUrl(value);
  if (url === undefined) return refuse('not a URL of http, https, ftp or WebSocket');
  const network = networkOf(url.host);
  if (network === undefined && comparableName(url.host) !== url.host)
    return refuse('a URL whose host is neither a name nor an address');
  if (!policy.local) {
    const special = network === undefined ? undefined : specialRange(network);
    if (special !== undefined) return refuse(`not on a public address: ${special}`);
    const isLocal = network === undefined && (localName.test(url.host) || !url.host.includes('.'));
    if (isLocal) return refuse('a URL on a local network');
  }
  return { kind: 'url', text: url.text };
}
