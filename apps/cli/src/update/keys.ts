/** Private keys that a publisher hands in by file. */
import { readFileSync } from 'node:fs';
import type { SigningKey } from '@redoubt/act/update';
import type { OptionValues } from '../command.ts';
import { textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';

/** The text of a file that a person named. @throws CommandError naming it */
export function readNamed(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.usage, {
      en: `${file} cannot be read: ${words}`,
      zh: `无法读取 ${file}：${words}`,
    });
  }
}

/** The keys of `--sign`, which share the passphrase of `--passphrase-file`. @throws CommandError when there is none */
export function signersOf(options: OptionValues): SigningKey[] {
  const files = textOptions(options, 'sign');
  if (files.length === 0) {
    throw new CommandError(ExitCode.usage, {
      en: 'Name the private key that signs with --sign FILE',
      zh: '请用 --sign 文件 指定签名私钥',
    });
  }
  const secret = textOption(options, 'passphrase-file');
  const passphrase = secret === undefined ? '' : readNamed(secret).trim();
  return files.map(file => ({ armored: readNamed(file), passphrase }));
}
