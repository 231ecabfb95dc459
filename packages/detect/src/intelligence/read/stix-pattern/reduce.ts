/** What of a STIX pattern can be looked up: alternatives that each are one indicator, or a refusal by name. */
import type { Candidate, CandidateKind } from '../../kinds.ts';
import { type Comparison, type Condition, type Observation, parsePattern, type Qualifier } from './parse.ts';
import { bothHold, type Period } from './period.ts';
import { PatternError } from './tokens.ts';

/** What a pattern comes to. */
export interface PatternIndicators {
  readonly candidates: readonly Candidate[];
  /** What of the pattern does not matter for the look-up, in words. */
  readonly notes: readonly string[];
}

/** Most alternatives that one pattern may have. */
const mostAlternatives = 10_000;
/** Most comparisons that they may have altogether. */
const mostComparisons = 100_000;

/**
 * The indicators of a pattern.
 * @throws PatternError if it is no pattern, or says something that a look-up cannot honour
 */
export function indicatorsOfPattern(pattern: string): PatternIndicators {
  const notes = new Set<string>();
  const candidates = alternativesOf(parsePattern(pattern), notes);
  return { candidates, notes: [...notes] };
}

function alternativesOf(observation: Observation, notes: Set<string>): Candidate[] {
  const period = periodOf(observation.qualifiers, notes);
  let candidates: Candidate[];
  if (observation.type === 'observation') {
    candidates = conjunctionsOf(observation.condition).flatMap(all => candidatesOf(all, notes));
  } else if (observation.type === 'OR') {
    candidates = observation.operands.flatMap(operand => alternativesOf(operand, notes));
  } else {
    throw new PatternError(
      `several observations joined by ${observation.type} cannot be looked up one by one`,
    );
  }
  if (candidates.length > mostAlternatives)
    throw new PatternError(`more than ${mostAlternatives} alternatives`);
  return candidates.map(candidate => ({ ...candidate, ...bothHold(candidate, period) }));
}

function periodOf(qualifiers: readonly Qualifier[], notes: Set<string>): Period {
  let period: Period = {};
  for (const { name, values } of qualifiers) {
    const [first = '', second = ''] = values;
    if (name === 'REPEATS' && Number(first) !== 1)
      throw new PatternError(
        `the qualifier REPEATS ${first} TIMES cannot be looked up: a sighting is one event`,
      );
    if (name === 'WITHIN')
      notes.add(`the qualifier WITHIN ${first} SECONDS says nothing of a single observation`);
    if (name !== 'START') continue;
    const [validFrom, validUntil] = [Date.parse(first), Date.parse(second)];
    if (Number.isNaN(validFrom) || Number.isNaN(validUntil))
      throw new PatternError(`START ${first} STOP ${second}: not a time`);
    period = bothHold(period, { validFrom, validUntil });
  }
  return period;
}

/** The condition as alternatives of comparisons that must all hold. */
function conjunctionsOf(condition: Condition): Comparison[][] {
  if (condition.type === 'comparison') return [[condition]];
  const parts = condition.operands.map(conjunctionsOf);
  if (condition.type === 'or') return bounded(parts.flat());
  let all: Comparison[][] = [[]];
  for (const part of parts) {
    if (all.length * part.length > mostAlternatives)
      throw new PatternError(`more than ${mostAlternatives} alternatives`);
    const longest = all.reduce((length, each) => Math.max(length, each.length), 0);
    if (all.length * part.length * (longest + 1) > mostComparisons)
      throw new PatternError(`more than ${mostComparisons} comparisons in all alternatives`);
    all = all.flatMap(left => part.map(right => [...left, ...right]));
  }
  return all;
}

function bounded<T>(items: T[]): T[] {
  if (items.length > mostAlternatives) throw new PatternError(`more than ${mostAlternatives} alternatives`);
  return items;
}

/** Candidates for comparisons that must all hold of one observation. */
function candidatesOf(all: readonly Comparison[], notes: Set<string>): Candidate[] {
  const ports = all.filter(isPort);
  const rest = all.filter(comparison => !isPort(comparison));
  const keys = rest.filter(comparison => kindOf(comparison) !== undefined);
  const others = rest.filter(comparison => kindOf(comparison) === undefined);
  const [first] = keys;
  if (first === undefined) {
    const names = [...new Set(all.map(pathOf))].join(', ');
    throw new PatternError(`nothing here can be looked up: ${names}`);
  }
  const isDigest = keys.every(key => key.object === 'file' || key.object === 'x509-certificate');
  if (isDigest && ports.length === 0) {
    // A digest names the content: what else is said of the file or certificate describes it.
    for (const other of others) {
      if (other.object !== first.object || other.negated || other.operator === '!=')
        throw new PatternError(
          `${pathOf(first)} AND ${pathOf(other)}: two things at once cannot be looked up`,
        );
      notes.add(`${pathOf(other)} is not checked: the digest names the content`);
    }
    return keys.flatMap(key => candidatesOfOne(key, undefined));
  }
  if (keys.length > 1)
    throw new PatternError(`${keys.map(pathOf).join(' AND ')}: two things at once cannot be looked up`);
  for (const other of others) {
    if (!isProtocol(other))
      throw new PatternError(`${pathOf(first)} AND ${pathOf(other)}: two things at once cannot be looked up`);
    notes.add(`${pathOf(other)} is not checked`);
  }
  if (ports.length === 0) return candidatesOfOne(first, undefined);
  const kind = kindOf(first);
  const [port, ...morePorts] = ports;
  if (kind !== 'address' || morePorts.length > 0 || port === undefined)
    throw new PatternError(`${all.map(pathOf).join(' AND ')}: a port counts only with one address`);
  return port.values.flatMap(value => candidatesOfOne(first, Number(value)));
}

const digestNames: Readonly<Record<string, 'md5' | 'sha1' | 'sha256'>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  SHA1: 'sha1',
  'SHA-256': 'sha256',
  SHA256: 'sha256',
};

function kindOf({ object, path }: Comparison): CandidateKind | undefined {
  const last = path.at(-1) ?? '';
  const isDigest =
    path.length === 2 && path[0] === 'hashes' && Object.hasOwn(digestNames, last.toUpperCase());
  const digest = isDigest ? digestNames[last.toUpperCase()] : undefined;
  switch (object) {
    case 'file':
      return digest;
    case 'x509-certificate':
      return digest === 'sha1' || digest === 'sha256' ? `certificate_${digest}` : undefined;
    case 'ipv4-addr':
    case 'ipv6-addr':
      return path.join('.') === 'value' ? 'address' : undefined;
    case 'domain-name':
      return path.join('.') === 'value' ? 'domain' : undefined;
    case 'url':
      return path.join('.') === 'value' ? 'url' : undefined;
    case 'network-traffic':
      if (/^(?:dst|src)_ref\.value$/.test(path.join('.'))) return 'address';
      return fingerprintKind(last);
    default:
      return undefined;
  }
}

/** TLS fingerprints have no place of their own in STIX: extensions of network traffic carry them. */
function fingerprintKind(name: string): 'ja3' | 'ja4' | undefined {
  const match = /^(ja[34])(?:_?(?:hash|fingerprint))?$/i.exec(name);
  const kind = match?.[1]?.toLowerCase();
  return kind === 'ja3' || kind === 'ja4' ? kind : undefined;
}

function isPort({ object, path, operator, negated }: Comparison): boolean {
  const isEqual = (operator === '=' || operator === 'IN') && !negated;
  return object === 'network-traffic' && path.join('.') === 'dst_port' && isEqual;
}

/** What says no more than the kind of the address or of its traffic. */
function isProtocol({ object, path, operator, negated }: Comparison): boolean {
  const name = path.join('.');
  return (
    object === 'network-traffic' &&
    operator === '=' &&
    !negated &&
    (name === 'protocols' || /^(?:dst|src)_ref\.type$/.test(name))
  );
}

function pathOf({ object, path }: Comparison): string {
  return `${object}:${path.join('.')}`;
}

function candidatesOfOne(comparison: Comparison, port: number | undefined): Candidate[] {
  const kind = kindOf(comparison);
  const { operator, values, negated } = comparison;
  const named = `${pathOf(comparison)} ${negated ? 'NOT ' : ''}${operator}`;
  if (negated) throw new PatternError(`${named} cannot be looked up: it holds of nearly everything`);
  // A name in STIX is that name: everything below it is another comparison.
  const subdomains = kind === 'domain' ? false : undefined;
  const made = (value: string): Candidate => ({ kind, value, port, subdomains });
  switch (operator) {
    case '=':
    case 'IN':
      return values.map(made);
    case 'ISSUBSET':
      if (kind !== 'address') throw new PatternError(`${named} is for addresses only`);
      return values.map(made);
    case 'LIKE':
      return values.map(value => likeCandidate(named, made(value)));
    default:
      throw new PatternError(`${named} cannot be looked up`);
  }
}

/** LIKE without a wildcard is `=`; `%` at the end of a URL's folder is what lies below it. */
function likeCandidate(named: string, candidate: Candidate): Candidate {
  const { value, kind } = candidate;
  if (!/[%_]/.test(value)) return candidate;
  const folder = value.slice(0, -1);
  if (kind === 'url' && /^[a-z]+:\/\/[^/]+\/.+\/%$/i.test(value) && !/[%_]/.test(folder))
    return { ...candidate, value: folder };
  throw new PatternError(`${named} '${value}' cannot be looked up: a wildcard`);
}
