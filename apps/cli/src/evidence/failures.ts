/** Failures of evidence as failures of the command. */
import { StateError } from '@redoubt/baseline';
import { EvidenceError, NotHere } from '@redoubt/prove/evidence';
import { type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { safe } from '../output/safe.ts';

const codes = {
  output: ExitCode.unavailable,
  space: ExitCode.unavailable,
  key: ExitCode.usage,
  container: ExitCode.failed,
  plan: ExitCode.usage,
  indicators: ExitCode.usage,
} as const;

/** Runs the work; what a person can act on becomes a CommandError. */
export async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EvidenceError || error instanceof StateError || error instanceof NotHere))
      throw error;
    const code = error instanceof EvidenceError ? codes[error.code] : ExitCode.unavailable;
    throw new CommandError(
      code,
      { en: safe(upper(error.text.en)), zh: safe(error.text.zh) },
      { cause: error },
    );
  }
}

const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

/** A string option that must be there. */
export function required({ options }: Invocation, name: string, en: string, zh: string): string {
  const value = textOption(options, name);
  if (value !== undefined && value !== '') return value;
  throw new CommandError(ExitCode.usage, { en, zh });
}

/** The one argument behind the action's name: a container. */
export function containerOf({ arguments: words }: Invocation): string {
  const [action = '', file, ...more] = words;
  if (file !== undefined && more.length === 0) return file;
  throw new CommandError(ExitCode.usage, {
    en: `Say \`evidence ${action} FILE\``,
    zh: `用法：\`evidence ${action} 文件\``,
  });
}
