/** Values that the attribute `time` is compared with. */
import type { Literal, Operator } from './expression.ts';

const unitMilliseconds: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const compared = new Set<Operator>(['=', '!=', '<', '<=', '>', '>=', 'in']);

/** Whether the values of a test are times: those of `time` under an operator that compares. */
export function comparesTime(path: string, operator: Operator): boolean {
  return path === 'time' && compared.has(operator);
}

/**
 * Milliseconds since the Unix epoch that a value means: itself, a date, or a time ago (`-10m`).
 * @returns undefined when it means none
 */
export function timeOf(value: Literal, now: number): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return undefined;
  const ago = /^-(\d{1,9})([smhd])$/.exec(value);
  if (ago !== null) return now - Number(ago[1]) * (unitMilliseconds[ago[2] ?? ''] ?? 0);
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
