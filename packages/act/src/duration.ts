/** Lengths of time as people and CrowdSec write them. */

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const part = /(\d{1,15}(?:\.\d{1,9})?)(ns|us|µs|ms|s|m|h|d|w)/g;

/** Milliseconds of `10m`, `1h30m`, `3h59m51.5s`, `7d` (Go's time.ParseDuration, with days and weeks); else undefined. */
export function parseDuration(text: string): number | undefined {
  if (text.length > 64 || text === '' || text.replace(part, '') !== '') return undefined;
  let sum = 0;
  for (const [, value = '', unit = ''] of text.matchAll(part)) sum += Number(value) * (units[unit] ?? 0);
  return Number.isFinite(sum) && sum > 0 ? Math.round(sum) : undefined;
}

/** As Go writes it, to the second: `3h59m51s`. @param milliseconds not negative */
export function writeDuration(milliseconds: number): string {
  const seconds = Math.max(Math.ceil(milliseconds / 1000), 0);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const clock = hours > 0 ? `${hours}h${minutes}m` : minutes > 0 ? `${minutes}m` : '';
  return `${clock}${seconds % 60}s`;
}
