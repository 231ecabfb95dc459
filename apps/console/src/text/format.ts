/** Numbers and times as each language writes them. */
import type { Language } from './dictionary.ts';

const locales: Record<Language, string> = { en: 'en-US', zh: 'zh-CN' };
const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Formatters of one language. Times are milliseconds since the Unix epoch, durations milliseconds. */
export interface Format {
  /** 1,234,567 */
  count: (value: number) => string;
  /** 1.2M / 123万 */
  short: (value: number) => string;
  /** 0.02% */
  share: (value: number) => string;
  /** 12.4 MiB */
  bytes: (value: number) => string;
  /** 0.4 ms; 3.1 s */
  latency: (value: number | null) => string;
  /** 2026-03-02 14:03:22 */
  dateTime: (time: number) => string;
  /** 14:03:22.123 */
  clock: (time: number) => string;
  /** 3 d 4 h */
  duration: (value: number) => string;
  /** 3 d */
  roughly: (value: number) => string;
}

const durationUnits: Record<Language, readonly [string, string, string, string]> = {
  en: [' d', ' h', ' min', ' s'],
  zh: [' 天', ' 小时', ' 分钟', ' 秒'],
};

function roughlyIn(language: Language): (value: number) => string {
  const [days, hours, minutes, seconds] = durationUnits[language];
  return value => {
    if (value >= day) return `${Math.floor(value / day)}${days}`;
    if (value >= hour) return `${Math.floor(value / hour)}${hours}`;
    if (value >= minute) return `${Math.floor(value / minute)}${minutes}`;
    return `${Math.max(0, Math.floor(value / second))}${seconds}`;
  };
}

function durationIn(language: Language): (value: number) => string {
  const [days, hours, minutes] = durationUnits[language];
  const roughly = roughlyIn(language);
  const two = (value: number, size: number, unit: string, nextSize: number, nextUnit: string): string => {
    const whole = Math.floor(value / size);
    const rest = Math.floor((value % size) / nextSize);
    return rest === 0 || whole >= 10 ? `${whole}${unit}` : `${whole}${unit} ${rest}${nextUnit}`;
  };
  return value => {
    if (value >= day) return two(value, day, days, hour, hours);
    if (value >= hour) return two(value, hour, hours, minute, minutes);
    return roughly(value);
  };
}

/** The formatters of a language. */
export function formatIn(language: Language): Format {
  const locale = locales[language];
  const count = new Intl.NumberFormat(locale);
  const short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 });
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumSignificantDigits: 2 });
  const digits = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  // The Swedish order is ISO 8601's, which both languages read without doubt.
  const dateTime = new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
  const clock = new Intl.DateTimeFormat('en-GB', { ...digits, fractionalSecondDigits: 3 });
  return {
    count: value => count.format(value),
    short: value => (value < 10_000 ? count.format(Math.round(value)) : short.format(value)),
    share: value => share.format(value),
    bytes: value => {
      const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), byteUnits.length - 1);
      const scaled = value / 1024 ** power;
      return `${scaled < 10 && power > 0 ? scaled.toFixed(1) : Math.round(scaled)} ${byteUnits[power] ?? ''}`;
    },
    latency: value => {
      if (value === null) return '–';
      if (value >= second) return `${(value / second).toFixed(1)} s`;
      return `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
    },
    dateTime: time => dateTime.format(time),
    clock: time => clock.format(time),
    duration: durationIn(language),
    roughly: roughlyIn(language),
  };
}

/** A name as a heading begins: the agent writes names small, as they stand in sentences. */
export function asHeading(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}
