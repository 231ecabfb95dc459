/** Numbers, times and severities as people read them. */
import type { Bilingual } from '@redoubt/model';
import type { Language } from '../language.ts';
import type { Output } from './output.ts';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size in binary units: 1536 → "1.5 KiB". */
export function bytes(size: number): string {
  let value = size;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** Local date and time to the second; `time` is in milliseconds since the Unix epoch. */
export function dateTime(time: number): string {
  return `${date(time)} ${clock(time).slice(0, 8)}`;
}

const two = (value: number) => String(value).padStart(2, '0');

function date(time: number): string {
  const day = new Date(time);
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** Local time of day to the millisecond. */
export function clock(time: number): string {
  const moment = new Date(time);
  const parts = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two);
  return `${parts.join(':')}.${String(moment.getMilliseconds()).padStart(3, '0')}`;
}

/** A span of milliseconds in its largest two units: "3 d 4 h", "2 分 5 秒". */
export function span(milliseconds: number, language: Language): string {
  const names = language === 'zh' ? ['天', '小时', '分', '秒'] : ['d', 'h', 'min', 's'];
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const amounts = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
    seconds % 60,
  ];
  const first = amounts.findIndex(amount => amount > 0);
  if (first < 0) return `0 ${names[3]}`;
  return amounts
    .slice(first, first + 2)
    .map((amount, index) => ({ amount, name: names[first + index] }))
    .filter(({ amount }, index) => index === 0 || amount > 0)
    .map(({ amount, name }) => `${amount} ${name}`)
    .join(' ');
}

const severities: readonly Bilingual[] = [
  { en: 'unknown', zh: '未知' },
  { en: 'info', zh: '信息' },
  { en: 'low', zh: '低' },
  { en: 'medium', zh: '中' },
  { en: 'high', zh: '高' },
  { en: 'critical', zh: '严重' },
  { en: 'fatal', zh: '致命' },
];

/** The name of an OCSF severity, coloured by weight. */
export function severityName(severity: number, output: Output): string {
  const name = output.say(severities[severity] ?? { en: String(severity), zh: String(severity) });
  if (severity >= 5) return output.style(['bold', 'red'], name);
  if (severity === 4) return output.style('red', name);
  return severity === 3 ? output.style('yellow', name) : name;
}

const statuses: readonly Bilingual[] = [
  { en: 'unknown', zh: '未知' },
  { en: 'new', zh: '新' },
  { en: 'in progress', zh: '处理中' },
  { en: 'suppressed', zh: '已抑制' },
  { en: 'resolved', zh: '已解决' },
];

/** The name of an OCSF finding status. */
export function statusName(status: number, output: Output): string {
  return output.say(statuses[status] ?? { en: String(status), zh: String(status) });
}
