/** How values of events are read as text, numbers and dates. */
import type { FieldValue } from '@redoubt/model';
import type { Comparison, DatePart } from '../ast.ts';

export type Scalar = string | number | boolean | null;

/** The single values of a field; none when the event does not have it. */
export function elementsOf(value: FieldValue): readonly Scalar[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as Scalar];
}

/** A value as text; null has none. */
export function textOf(value: Scalar): string | undefined {
  if (typeof value === 'string') return value;
  return value === null ? undefined : String(value);
}

/** A value as a number: numbers, and texts that are one (decimal, or hexadecimal with 0x). */
export function numberOf(value: Scalar): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** Whether `left` stands to `right` as the operator says. */
export function compares(left: number, operator: Comparison, right: number): boolean {
  switch (operator) {
    case 'lt':
      return left < right;
    case 'lte':
      return left <= right;
    case 'gt':
      return left > right;
    case 'gte':
      return left >= right;
    case 'eq':
      return left === right;
  }
}

const datePattern = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2}))?/;
/** Numbers below are seconds since the Unix epoch, others milliseconds (the year 1973 in milliseconds). */
const secondsBelow = 1e11;

/**
 * A part of a date. Texts are taken as written (ISO 8601, without converting time zones), numbers as time since
 * the Unix epoch in UTC.
 * @returns undefined when the value is no date, or has no time of day where one is asked for
 */
export function datePartOf(value: Scalar, part: DatePart): number | undefined {
  let date: Date;
  let hasTime = true;
  if (typeof value === 'number') date = new Date(value < secondsBelow ? value * 1000 : value);
  else {
    const match = typeof value === 'string' ? datePattern.exec(value) : null;
    if (match === null) return undefined;
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match
      .slice(1)
      .map(text => Number(text ?? 0));
    hasTime = match[4] !== undefined;
    date = new Date(Date.UTC(year, month - 1, day, hour, minute));
  }
  if (Number.isNaN(date.getTime())) return undefined;
  switch (part) {
    case 'minute':
      return hasTime ? date.getUTCMinutes() : undefined;
    case 'hour':
      return hasTime ? date.getUTCHours() : undefined;
    case 'day':
      return date.getUTCDate();
    case 'week':
      return weekOf(date);
    case 'month':
      return date.getUTCMonth() + 1;
    case 'year':
      return date.getUTCFullYear();
  }
}

/** ISO 8601 week: week 1 has the year's first Thursday. */
function weekOf(date: Date): number {
  const weekday = (date.getUTCDay() + 6) % 7;
  const thursday = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate() - weekday + 3);
  const firstDay = Date.UTC(new Date(thursday).getUTCFullYear(), 0, 1);
  return 1 + Math.floor((thursday - firstDay) / 604_800_000);
}
