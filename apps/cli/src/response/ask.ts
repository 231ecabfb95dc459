/** Reading what a person wants done. */
import { createInterface } from 'node:readline/promises';
import { spanOf } from '@redoubt/act/response/playbook';
import type { Bilingual } from '@redoubt/model';
import { type OptionValues, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import type { Output } from '../output/output.ts';

/** Seconds of `--for 1h`; undefined when it was not given. @throws CommandError */
export function secondsOption(options: OptionValues, name: string): number | undefined {
  const text = textOption(options, name);
  if (text === undefined) return undefined;
  const milliseconds = spanOf(text);
  if (milliseconds !== undefined) return milliseconds / 1000;
  throw new CommandError(ExitCode.usage, {
    en: `--${name} must be a time such as 90s, 15m, 2h, 7d, not "${text}"`,
    zh: `--${name} 应为 90s、15m、2h、7d 这样的时长，而不是“${text}”`,
  });
}

/** The members of `--set NAME=VALUE …`; `true` and `false` are what they say. @throws CommandError */
export function setOptions(options: OptionValues): Record<string, string | boolean> {
  return Object.fromEntries(
    textOptions(options, 'set').map(text => {
      const at = text.indexOf('=');
      const value = text.slice(at + 1);
      if (at > 0) return [text.slice(0, at), value === 'true' || (value === 'false' ? false : value)];
      throw new CommandError(ExitCode.usage, {
        en: `--set must be NAME=VALUE, not "${text}"`,
        zh: `--set 应为 名称=值，而不是“${text}”`,
      });
    }),
  );
}

/** Asks at the terminal. @throws CommandError where nobody can be asked */
export async function wantedByPerson(question: Bilingual, output: Output): Promise<boolean> {
  if (process.stdin.isTTY !== true)
    throw new CommandError(ExitCode.usage, {
      en: 'Nobody can be asked here; act with --yes',
      zh: '此处无法询问确认；请加 --yes',
    });
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(output.say(question))).trim());
  } finally {
    terminal.close();
  }
}
