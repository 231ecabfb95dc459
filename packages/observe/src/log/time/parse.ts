/** Times as logs write them. Every function gives epoch milliseconds, or NaN when the text is no such time. */
import type { Zone } from './zone.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** 0 to 11 for an English month's first three letters, else -1. */
function monthOf(text: string): number {
  return months.indexOf(text.slice(0, 3).toLowerCase());
}

const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s*(Z|[+-]\d\d(?::?\d\d)?)?$/i;

/** ISO 8601 / RFC 3339. A time without an offset is taken in `zone`. */
export function isoTime(text: string, zone: Zone): number {
  const complete = rfc3339Time(text, text.length);
  if (!Number.isNaN(complete)) return complete;
  const match = iso.exec(text);
  if (match === null) return Number.NaN;
  const wall = Date.UTC(
    Number(match[1]),
    Number(match[2]) - 1,
    Number(match[3]),
    Number(match[4]),
    Number(match[5]),
    Number(match[6]),
    Number((match[7] ?? '0').padEnd(3, '0').slice(0, 3)),
  );
  const offset = match[8];
  return offset === undefined ? zone.toEpoch(wall) : wall - offsetOf(offset);
}

/** The day of the last time that was read, `2026-03-01T`, and when it began: logs stay on one day for long. */
let dayText = ' ';
let dayStart = Number.NaN;

/**
 * A complete RFC 3339 time, `2026-03-01T10:00:00.123+08:00`, that ends at `end` of a text; NaN when it is anything else.
 * Most logs bear such times and most readers of logs spend most of their time on them: digits are read one by one.
 */
export function rfc3339Time(text: string, end: number): number {
  if (end < 20 || end > 40) return Number.NaN;
  if (!text.startsWith(dayText)) {
    const day = text.slice(0, 11);
    if (!/^\d{4}-\d\d-\d\dT$/.test(day)) return Number.NaN;
    const start = Date.parse(`${day}00:00:00Z`);
    if (Number.isNaN(start)) return Number.NaN;
    dayText = day;
    dayStart = start;
  }
  const isUtc = text.charCodeAt(end - 1) === 90;
  const clockEnd = isUtc ? end - 1 : end - 6;
  const millisecond = clockEnd === 19 ? 0 : thousandths(text, 19, clockEnd);
  const clock = clockOf(text, 11) * 1000 + twoDigits(text, 17, 59) * 1000 + millisecond;
  const colons = text.charCodeAt(13) === 58 && text.charCodeAt(16) === 58;
  if (!colons) return Number.NaN;
  if (isUtc) return dayStart + clock;
  const sign = text.charCodeAt(clockEnd);
  if ((sign !== 43 && sign !== 45) || text.charCodeAt(clockEnd + 3) !== 58) return Number.NaN;
  return dayStart + clock + (sign - 44) * clockOf(text, clockEnd + 1) * 1000;
}

/** Seconds of `hh:mm`; NaN when there are no such digits. */
function clockOf(text: string, at: number): number {
  return twoDigits(text, at, 23) * 3600 + twoDigits(text, at + 3, 59) * 60;
}

function twoDigits(text: string, at: number, most: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  const value = tens * 10 + ones;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 && value <= most ? value : Number.NaN;
}

/** The first three digits of a fraction that begins with its point; NaN when it is none. */
function thousandths(text: string, from: number, end: number): number {
  if (text.charCodeAt(from) !== 46 || end < from + 2 || end > from + 10) return Number.NaN;
  let value = 0;
  let weight = 100;
  for (let at = from + 1; at < end; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    if (weight >= 1) value += digit * weight;
    weight /= 10;
  }
  return value;
}

/** Milliseconds of an offset such as `Z`, `+0800`, `-07:00`. */
function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.slice(1).replace(':', '');
  return sign * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2, 4) || 0)) * 60_000;
}

const commonLog = /^(\d{1,2})\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?: ([+-]\d{4}))?$/;

/** The time of NCSA common logs: `10/Oct/2000:13:55:36 -0700`. */
export function commonLogTime(text: string, zone: Zone): number {
  const match = commonLog.exec(text);
  if (match === null) return Number.NaN;
  const month = monthOf(match[2] ?? '');
  if (month < 0) return Number.NaN;
  const wall = Date.UTC(
    Number(match[3]),
    month,
    Number(match[1]),
    Number(match[4]),
    Number(match[5]),
    Number(match[6]),
    Number((match[7] ?? '0').padEnd(3, '0').slice(0, 3)),
  );
  const offset = match[8];
  return offset === undefined ? zone.toEpoch(wall) : wall - offsetOf(offset);
}

const errorLog = /^(\d{4})\/(\d\d)\/(\d\d) (\d\d):(\d\d):(\d\d)$/;

/** The time of nginx error logs: `2024/05/01 12:00:00`. */
export function nginxErrorTime(text: string, zone: Zone): number {
  const match = errorLog.exec(text);
  if (match === null) return Number.NaN;
  const [, year, month, day, hour, minute, second] = match.map(Number);
  return zone.toEpoch(Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second));
}

const ctime = /^[A-Za-z]{3} ([A-Za-z]{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))? (\d{4})$/;

/** The time of Apache error logs: `Wed Oct 11 14:32:52.123456 2023`. */
export function ctimeTime(text: string, zone: Zone): number {
  const match = ctime.exec(text);
  if (match === null) return Number.NaN;
  const month = monthOf(match[1] ?? '');
  if (month < 0) return Number.NaN;
  return zone.toEpoch(
    Date.UTC(
      Number(match[7]),
      month,
      Number(match[2]),
      Number(match[3]),
      Number(match[4]),
      Number(match[5]),
      Number((match[6] ?? '0').padEnd(3, '0').slice(0, 3)),
    ),
  );
}

const day = 86_400_000;
const bsd = /^([A-Za-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/;

/**
 * Times of RFC 3164, `Oct 11 22:14:15`, which leave the year out. With a first year given, the year grows
 * when the months begin anew; without one, it is the latest year that puts the time no more than a day ahead
 * of now.
 */
export class YearlessClock {
  #year: number | undefined;
  #lastMonth = -1;
  readonly #zone: Zone;

  constructor(year: number | undefined, zone: Zone) {
    this.#year = year;
    this.#zone = zone;
  }

  parse(text: string, now = Date.now()): number {
    const match = bsd.exec(text);
    if (match === null) return Number.NaN;
    const month = monthOf(match[1] ?? '');
    if (month < 0) return Number.NaN;
    const inYear = (year: number): number =>
      this.#zone.toEpoch(
        Date.UTC(
          year,
          month,
          Number(match[2]),
          Number(match[3]),
          Number(match[4]),
          Number(match[5]),
          Number((match[6] ?? '0').padEnd(3, '0').slice(0, 3)),
        ),
      );
    if (this.#year === undefined) {
      const thisYear = new Date(now).getUTCFullYear();
      const latest = inYear(thisYear + 1);
      if (latest <= now + day) return latest;
      const current = inYear(thisYear);
      return current <= now + day ? current : inYear(thisYear - 1);
    }
    // December to January; a step back of one month is only disorder.
    if (this.#lastMonth === 11 && month === 0) this.#year += 1;
    else if (this.#lastMonth === 0 && month === 11) return inYear(this.#year - 1);
    this.#lastMonth = month;
    return inYear(this.#year);
  }
}

const postgresqlPattern =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?) ?(?:([A-Z]{1,5})|([+-]\d\d(?::?\d\d)?))?$/;

/**
 * Times of PostgreSQL's log: `2024-05-01 12:00:00.123 UTC`. Other abbreviations (`CST`, `EST`) mean different
 * zones in different places: they are those of the server, and taken in `zone`.
 */
export function postgresqlTime(text: string, zone: Zone): number {
  const match = postgresqlPattern.exec(text.trim());
  if (match === null) return Number.NaN;
  const [, wall = '', name, offset] = match;
  if (offset !== undefined) return isoTime(`${wall}${offset}`, zone);
  return isoTime(name === 'UTC' || name === 'GMT' || name === 'Z' ? `${wall}Z` : wall, zone);
}

const shortMysql = /^(\d\d)(\d\d)(\d\d) ([ \d]\d):(\d\d):(\d\d)$/;

/** Times of MySQL and MariaDB: ISO 8601, with a space for the T perhaps, or `240501 12:00:00`. */
export function mysqlTime(text: string, zone: Zone): number {
  const short = shortMysql.exec(text);
  if (short === null)
    return isoTime(text.replace(/ (?=\d:)/, '0').replace(/^(\S+) {2}(?=\d:)/, '$1 0'), zone);
  const [, year, month, day, hour, minute, second] = short.map(Number);
  return zone.toEpoch(Date.UTC(2000 + (year ?? 0), (month ?? 1) - 1, day, hour, minute, second));
}
