/** Options that several commands share, and reading their values. */
import { type OptionSpec, type OptionValues, textOption } from './command.ts';
import { CommandError, ExitCode } from './exit.ts';

/** Options of every command. */
export const commonOptions = {
  json: {
    type: 'boolean',
    help: { en: 'print JSON, for programs', zh: '输出 JSON，供程序使用' },
  },
  lang: {
    type: 'string',
    value: 'zh|en',
    help: {
      en: 'language of texts (default: from LC_ALL, LC_MESSAGES, LANG)',
      zh: '文字的语言（默认取自 LC_ALL、LC_MESSAGES、LANG）',
    },
  },
  help: { type: 'boolean', short: 'h', help: { en: 'show help for the command', zh: '显示该命令的帮助' } },
} as const satisfies Record<string, OptionSpec>;

/** Where the agent listens; for every command that asks it. */
export const socketOption = {
  socket: {
    type: 'string',
    value: 'PATH',
    help: {
      en: 'the agent’s socket (default: REDOUBT_SOCKET, else the agent of this user or of root)',
      zh: '代理的套接字（默认：REDOUBT_SOCKET，否则为当前用户或 root 的代理）',
    },
  },
} as const satisfies Record<string, OptionSpec>;

/** For commands that read the record when no agent runs. */
export const stateOption = {
  state: {
    type: 'string',
    value: 'DIR',
    help: {
      en: 'folder of the flight recorder, read when no agent runs',
      zh: '飞行记录所在目录，没有代理运行时读取',
    },
  },
} as const satisfies Record<string, OptionSpec>;

/** A whole number option within limits, or `otherwise` when it was not given. */
export function numberOption(
  options: OptionValues,
  name: string,
  limits: { min: number; max: number; otherwise: number },
): number {
  const text = textOption(options, name);
  if (text === undefined) return limits.otherwise;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < limits.min || value > limits.max) {
    throw new CommandError(ExitCode.usage, {
      en: `--${name} must be a whole number from ${limits.min} to ${limits.max}, not "${text}"`,
      zh: `--${name} 必须是 ${limits.min} 到 ${limits.max} 之间的整数，而不是“${text}”`,
    });
  }
  return value;
}

const sizeUnits: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A size such as `500M` or `2G` (binary units), in bytes; undefined when the option was not given. */
export function sizeOption(options: OptionValues, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const [, number, unit] = /^(\d{1,9})([KMGT]?)$/.exec(text) ?? [];
  if (number !== undefined) return Number(number) * (sizeUnits[unit ?? ''] ?? 1);
  throw new CommandError(ExitCode.usage, {
    en: `--${name} must be a size such as 500M or 2G, not "${text}"`,
    zh: `--${name} 必须是 500M、2G 这样的大小，而不是“${text}”`,
  });
}

const unitMilliseconds: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * A point in time: an age (`90s`, `15m`, `2h`, `7d`) or a date and time (ISO 8601, local without a zone).
 * @param now milliseconds since the Unix epoch that an age counts back from
 * @returns milliseconds since the Unix epoch, or undefined when the option was not given
 */
export function timeOption(options: OptionValues, name: string, now: number): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const age = /^(\d{1,9})([smhd])$/.exec(text);
  if (age) return now - Number(age[1]) * (unitMilliseconds[age[2] ?? ''] ?? 0);
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(dateAlone(text) ? `${text}T00:00` : text) : NaN;
  if (Number.isNaN(time)) {
    throw new CommandError(ExitCode.usage, {
      en: `--${name} must be an age such as 15m, 2h, 7d or a time such as 2026-01-31T08:00, not "${text}"`,
      zh: `--${name} 必须是 15m、2h、7d 这样的时长，或 2026-01-31T08:00 这样的时间，而不是“${text}”`,
    });
  }
  return time;
}

function dateAlone(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}
