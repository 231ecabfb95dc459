/** Runs one command line. */
import type { Bilingual } from '@redoubt/model';
import { commandHelp, generalHelp, unknownCommand } from './commands/help.ts';
import { allCommands, commandOf } from './commands.ts';
import { CommandError, ExitCode } from './exit.ts';
import type { Language } from './language.ts';
import { languageOf } from './language.ts';
import { Output, type TextStream } from './output/output.ts';
import { safe } from './output/safe.ts';
import { parse, spokenLanguage } from './parse.ts';

/** The world that a command line runs in. */
export interface Surroundings {
  readonly environment: NodeJS.ProcessEnv;
  readonly results: TextStream;
  readonly remarks: TextStream;
}

async function dispatch(
  words: readonly string[],
  language: Language,
  output: Output,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [name = 'help', ...rest] = words;
  if (name === '--help' || name === '-h' || name === '--lang' || name.startsWith('--lang=')) {
    output.print(...generalHelp(await allCommands(), output));
    return ExitCode.ok;
  }
  const wanted = name === '--version' ? 'version' : name;
  const command = await commandOf(wanted);
  if (!command) throw unknownCommand(safe(name));
  const parsed = parse(command, rest);
  if (parsed.options['help'] === true) {
    output.print(...commandHelp(command, output));
    return ExitCode.ok;
  }
  return command.run({ ...parsed, raw: rest, language, output, environment });
}

/** Whether an error tells people in both languages what is wrong: the agent's own do. */
function isExplained(error: unknown): error is Error & { text: Bilingual } {
  if (!(error instanceof Error) || !('text' in error)) return false;
  const { text } = error;
  return typeof text === 'object' && text !== null && 'en' in text && 'zh' in text;
}

function explain(error: unknown, output: Output): number {
  if (isExplained(error)) {
    const words = output.say(error.text).split('\n').map(safe).join('\n');
    output.remark({ en: words, zh: words });
    return error instanceof CommandError ? error.exitCode : ExitCode.unavailable;
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const shown = detail.split('\n').map(safe).join('\n');
  output.remark({ en: `Something unexpected went wrong: ${shown}`, zh: `发生意外错误：${shown}` });
  return ExitCode.internal;
}

/** Runs the words of a command line; settles with the exit status and never throws. */
export async function run(words: readonly string[], world: Surroundings): Promise<number> {
  const { environment } = world;
  let output = new Output(languageOf(environment), world, environment);
  try {
    const language = spokenLanguage(words, environment);
    output = new Output(language, world, environment);
    return await dispatch(words, language, output, environment);
  } catch (error) {
    return explain(error, output);
  }
}
