/** Settings of a protection from a file: YAML, and so JSON too. */
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'yaml';
import { CommandError, ExitCode } from '../exit.ts';

const sizeLimit = 4 * 1024 * 1024;

/** Reads settings. @throws CommandError naming the file and what is wrong with it */
export function readSettings(path: string): unknown {
  try {
    const found = statSync(path);
    if (!found.isFile()) throw new Error('it is no regular file');
    if (found.size > sizeLimit) throw new Error(`it is larger than ${sizeLimit} bytes`);
    return parse(readFileSync(path, 'utf8'), { maxAliasCount: 100 });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.usage, {
      en: `The settings in ${path} cannot be used: ${words}`,
      zh: `无法使用 ${path} 中的设置：${words}`,
    });
  }
}
