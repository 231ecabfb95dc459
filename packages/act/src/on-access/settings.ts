/** The settings of scanning on access. */
import { LadderError } from '../ladder/protection.ts';

/** From which rung on written files are scanned. */
export const writtenChoices = ['always', 'from-audit', 'never'] as const;

/** What is scanned, and what becomes of what is found. */
export interface OnAccessSettings {
  /** `always`: at `observe` too. `from-audit`: at `audit` and `enforce`. `never`: only executions are looked at. */
  readonly written: (typeof writtenChoices)[number];
  /** At `enforce`, malicious files are taken into quarantine. */
  readonly quarantine: boolean;
  /** Neither scanned nor gated: at or below these paths. */
  readonly bypass: readonly string[];
  /** Mount points to look at; empty means every local file system, also those that appear later. */
  readonly mounts: readonly string[];
}

export const onAccessDefaults: OnAccessSettings = {
  written: 'from-audit',
  quarantine: false,
  bypass: [],
  mounts: [],
};

/** As many as the gate takes. */
const mostPaths = 128;

/** Checks settings from outside. Absent ones are the default. @throws LadderError `bad_settings` */
export function parseOnAccess(given: unknown): OnAccessSettings {
  if (!isObject(given)) throw bad('settings', 'must be a mapping', '应为映射');
  const unknown = Object.keys(given).find(key => !(key in onAccessDefaults));
  if (unknown !== undefined) throw bad(unknown, 'is not known', '不认识');
  const written = given['written'] ?? onAccessDefaults.written;
  const choice = writtenChoices.find(one => one === written);
  if (choice === undefined) {
    const choices = writtenChoices.join(', ');
    throw bad('written', `must be one of ${choices}`, `应为 ${choices} 之一`);
  }
  const quarantine = given['quarantine'] ?? onAccessDefaults.quarantine;
  if (typeof quarantine !== 'boolean') throw bad('quarantine', 'must be true or false', '应为 true 或 false');
  return { written: choice, quarantine, bypass: paths(given, 'bypass'), mounts: paths(given, 'mounts') };
}

function paths(given: Record<string, unknown>, key: 'bypass' | 'mounts'): string[] {
  const list = given[key] ?? [];
  if (!Array.isArray(list) || list.length > mostPaths)
    throw bad(key, `must be a list of at most ${mostPaths} paths`, `应为不超过 ${mostPaths} 个路径的列表`);
  return list.map((path: unknown, at) => {
    const isPath = typeof path === 'string' && path.startsWith('/') && path.length < 4096;
    if (!isPath || path.includes('\0') || path.split('/').includes('..'))
      throw bad(`${key}[${at}]`, 'must be an absolute path without ..', '应为不含 .. 的绝对路径');
    return path.length > 1 ? path.replace(/\/+$/, '') : path;
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(name: string, en: string, zh: string): LadderError {
  return new LadderError('bad_settings', { en: `${name} ${en}`, zh: `${name} ${zh}` });
}
