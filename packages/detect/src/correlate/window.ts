/** The events of one group of a correlation, in the order of their times. */
import type { Bound, Correlation } from '../sigma/ast.ts';

/** What is kept of an event: its time, which rule it matched, and the value that is counted or computed with. */
export interface Sighting {
  readonly time: number;
  readonly rule: number;
  readonly value: string | number | undefined;
  /** How many events it stands for, when it is more than itself. */
  readonly events?: number;
}

/** Stands between the values of several fields. */
export const separator = '\u001f';

/** Sightings kept a group, whatever the correlation asks for. */
export const sightingLimit = 10_000;

/** Where a group fulfils its correlation: the first and last of the sightings that do. */
export interface Span {
  readonly first: number;
  readonly last: number;
  readonly events: number;
  /** The count or the computed number. */
  readonly measure: number;
  /** The first of what was counted: different values, or the rules that matched, as the correlation names them. */
  readonly counted: readonly string[];
}

/** Adds a sighting at its place; late ones go between older ones. @returns the place */
export function insert(window: Sighting[], sighting: Sighting): number {
  let at = window.length;
  while (at > 0 && (window[at - 1] as Sighting).time > sighting.time) at--;
  window.splice(at, 0, sighting);
  return at;
}

/**
 * Lets go of the last sighting but one that says the same as the newest (the same value, or the same rule where rules are
 * counted), when one before it says so too and stands within a timespan of the newest: whatever timespan has the middle
 * one has one of the others. So a window holds what differs, not every repetition, and is quick to look through.
 */
export function thin({ correlation, timespan }: Correlation, window: Sighting[]): void {
  if (correlation !== 'value_count' && correlation !== 'temporal') return;
  const newest = window.at(-1) as Sighting;
  let middle: number | undefined;
  for (let at = window.length - 2; at >= 0; at--) {
    const one = window[at] as Sighting;
    if (newest.time - one.time > timespan) return;
    if (one.rule !== newest.rule || one.value !== newest.value) continue;
    if (middle === undefined) {
      middle = at;
      continue;
    }
    const [dropped] = window.splice(middle, 1);
    window[window.length - 1] = { ...newest, events: (newest.events ?? 1) + (dropped?.events ?? 1) };
    return;
  }
}

/**
 * Drops what is older than `horizon` milliseconds before the newest sighting, and the oldest beyond `keep`.
 * @returns how many were dropped that might still have counted
 */
export function evict(window: Sighting[], horizon: number, keep: number): number {
  const newest = window.at(-1)?.time ?? 0;
  let drop = 0;
  while (drop < window.length && (window[drop] as Sighting).time < newest - horizon) drop++;
  const overflow = Math.max(window.length - drop - keep, 0);
  if (drop + overflow > 0) window.splice(0, drop + overflow);
  return overflow;
}

/** Whether a number keeps every bound. */
function keepsBounds(measure: number, bounds: Correlation['bounds']): boolean {
  return bounds.every(({ bound, value }) => keepsBound(measure, bound, value));
}

function keepsBound(measure: number, bound: Bound, value: number): boolean {
  switch (bound) {
    case 'lt':
      return measure < value;
    case 'lte':
      return measure <= value;
    case 'gt':
      return measure > value;
    case 'gte':
      return measure >= value;
    case 'eq':
      return measure === value;
    case 'neq':
      return measure !== value;
  }
}

/**
 * The span around a new sighting that fulfils the correlation: the timespan that ends with it, or, when it came
 * late, one that ends with a later sighting.
 */
export function findSpan(
  correlation: Correlation,
  window: readonly Sighting[],
  at: number,
): Span | undefined {
  if (cannotComplete(correlation, window, at)) return undefined;
  const sighted = (window[at] as Sighting).time;
  for (let end = at; end < window.length; end++) {
    const last = (window[end] as Sighting).time;
    if (last - sighted > correlation.timespan) break;
    let start = at;
    while (start > 0 && last - (window[start - 1] as Sighting).time <= correlation.timespan) start--;
    if (areTooFew(correlation, window, start, end)) continue;
    const span = measure(correlation, window.slice(start, end + 1));
    if (span !== undefined) return span;
  }
  return undefined;
}

/**
 * Whether a sighting is the newest one and not of the rule that ends an order of which every step is needed. A storm of
 * first steps would else have the whole window looked through for each of them.
 */
function cannotComplete(
  { correlation, rules, bounds }: Correlation,
  window: readonly Sighting[],
  at: number,
): boolean {
  return (
    correlation === 'temporal_ordered' &&
    at === window.length - 1 &&
    (window[at] as Sighting).rule !== rules.length - 1 &&
    rules.every((_, steps) => !keepsBounds(steps, bounds))
  );
}

/**
 * Whether the sightings from `start` to `end` cannot amount to what is asked for, whatever they say: most of a storm's
 * events do not, and nothing is copied for them.
 */
function areTooFew(
  { correlation, bounds }: Correlation,
  window: readonly Sighting[],
  start: number,
  end: number,
): boolean {
  if (correlation !== 'event_count' && correlation !== 'value_count' && !correlation.startsWith('temporal'))
    return false;
  let most = 0;
  for (let at = start; at <= end; at++)
    most += correlation === 'event_count' ? ((window[at] as Sighting).events ?? 1) : 1;
  return bounds.some(
    ({ bound, value }) => (bound === 'gt' || bound === 'gte') && !keepsBound(most, bound, value),
  );
}

/** Judges the sightings of one span of time. */
export function measure(correlation: Correlation, inside: readonly Sighting[]): Span | undefined {
  const number =
    correlation.correlation === 'temporal_ordered'
      ? longestOrder(correlation, inside)
      : measureOf(correlation, inside);
  const [first, last] = [inside[0], inside.at(-1)];
  if (number === undefined || first === undefined || last === undefined) return undefined;
  if (!keepsBounds(number, correlation.bounds)) return undefined;
  return {
    first: first.time,
    last: last.time,
    events: eventsOf(inside),
    measure: number,
    counted: countedIn(correlation, inside),
  };
}

/** Values that are named. */
const namedLimit = 20;

function countedIn({ correlation, rules }: Correlation, inside: readonly Sighting[]): string[] {
  const kinds = correlation.startsWith('temporal');
  if (!kinds && correlation !== 'value_count') return [];
  const values = inside.map(({ rule, value }) => (kinds ? (rules[rule] ?? '') : String(value)));
  return [...new Set(values)].slice(0, namedLimit);
}

function eventsOf(inside: readonly Sighting[]): number {
  return inside.reduce((sum, { events = 1 }) => sum + events, 0);
}

function measureOf(correlation: Correlation, inside: readonly Sighting[]): number | undefined {
  switch (correlation.correlation) {
    case 'event_count':
      return eventsOf(inside);
    case 'value_count':
      return new Set(inside.flatMap(({ value }) => value ?? [])).size;
    case 'temporal':
      return new Set(inside.map(({ rule }) => rule)).size;
    default:
      return statistic(
        correlation,
        inside.flatMap(({ value }) => (typeof value === 'number' ? value : [])),
      );
  }
}

/** Sum, mean, median or percentile (linear between neighbours); undefined without numbers. */
function statistic(correlation: Correlation, numbers: readonly number[]): number | undefined {
  if (numbers.length === 0) return undefined;
  const sum = numbers.reduce((total, number) => total + number, 0);
  if (correlation.correlation === 'value_sum') return sum;
  if (correlation.correlation === 'value_avg') return sum / numbers.length;
  const sorted = numbers.toSorted((a, b) => a - b);
  const rank =
    ((sorted.length - 1) *
      (correlation.correlation === 'value_median' ? 50 : (correlation.percentile ?? 50))) /
    100;
  const below = sorted[Math.floor(rank)] as number;
  const above = sorted[Math.ceil(rank)] as number;
  return below + (above - below) * (rank - Math.floor(rank));
}

/** How many of the rules, from the first on, appear in the order in which the correlation lists them. */
function longestOrder(correlation: Correlation, inside: readonly Sighting[]): number {
  let stage = 0;
  for (const { rule } of inside) if (rule === stage && stage < correlation.rules.length) stage++;
  return stage;
}
