/** Numbers about a name: what a person sees at a glance, made countable. */
import { parse } from 'tldts';

/** A name with what it is registered under. */
export interface NameParts {
  /** `example.co.uk`; the name itself when nothing is registered (a single label, an address). */
  readonly registered: string;
  /** The label that was registered: `example`. */
  readonly label: string;
  /** What stands before the registered domain: `a.b`; empty when nothing does. */
  readonly below: string;
  /** Whether it ends in a suffix that is known to be public. */
  readonly isPublic: boolean;
}

/** Takes a name apart by the Public Suffix List, private suffixes (`github.io`) among them. */
export function namePartsOf(name: string): NameParts {
  const { domain, domainWithoutSuffix, subdomain, isIcann, isPrivate } = parse(name, {
    allowPrivateDomains: true,
    validateHostname: false,
  });
  return {
    registered: domain ?? name,
    label: domainWithoutSuffix ?? name.split('.')[0] ?? name,
    below: subdomain ?? '',
    isPublic: domain !== null && (isIcann === true || isPrivate === true),
  };
}

/** Shannon's entropy of the characters of a text, bits a character. */
export function entropyOf(text: string): number {
  if (text.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / text.length) * Math.log2(count / text.length);
  return sum;
}

/** Share of digits, 0 to 1. */
export function digitShare(text: string): number {
  return text.length === 0 ? 0 : (text.match(/\d/g)?.length ?? 0) / text.length;
}

/** Whether a name is of the zones that addresses are looked up in backwards. */
export function isReverse(name: string): boolean {
  return name.endsWith('.in-addr.arpa') || name.endsWith('.ip6.arpa');
}
