/** From words on the command line to a command and its options. */
import { parseArgs } from 'node:util';
import type { Command, OptionValues } from './command.ts';
import { CommandError, ExitCode } from './exit.ts';
import { isLanguage, type Language, languageOf } from './language.ts';

/** What the words after a command's name mean. */
export interface Parsed {
  readonly options: OptionValues;
  readonly arguments: readonly string[];
}

function usageError(command: Command, error: unknown): CommandError {
  const words = error instanceof Error ? error.message : String(error);
  return new CommandError(
    ExitCode.usage,
    {
      en: `${words}\nSee: redoubt help ${command.name}`,
      zh: `命令行有误：${words}\n请查看：redoubt help ${command.name}`,
    },
    { cause: error },
  );
}

/** Parses by the command's own options. Throws a CommandError for anything it does not know. */
export function parse(command: Command, words: readonly string[]): Parsed {
  if (command.passesArguments) {
    const own = words.length > 0 && words.every(word => word.startsWith('-')) ? words : [];
    return { options: parseWords(command, own).options, arguments: words };
  }
  return parseWords(command, words);
}

function parseWords(command: Command, words: readonly string[]): Parsed {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short !== undefined && { short }), ...(multiple && { multiple }) },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true });
    return { options: values, arguments: positionals };
  } catch (error) {
    throw usageError(command, error);
  }
}

/**
 * The language to speak: `--lang` anywhere before `--`, else the environment's. Looked for before anything
 * is parsed, so that even a wrong command line is answered in it.
 */
export function spokenLanguage(words: readonly string[], environment: NodeJS.ProcessEnv): Language {
  const end = words.indexOf('--');
  const before = end < 0 ? words : words.slice(0, end);
  const at = before.findLastIndex(word => word === '--lang' || word.startsWith('--lang='));
  if (at < 0) return languageOf(environment);
  const asked = before[at]?.slice('--lang='.length) || before[at + 1] || '';
  if (isLanguage(asked)) return asked;
  throw new CommandError(ExitCode.usage, {
    en: `--lang must be zh or en, not "${asked}"`,
    zh: `--lang 必须是 zh 或 en，而不是“${asked}”`,
  });
}
