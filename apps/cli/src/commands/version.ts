/** `redoubt version`. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, flag } from '../command.ts';
import { ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import { repository } from '../repository.ts';

/** The version that stands in the root package.json. */
export async function redoubtVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

export const versionCommand: Command = {
  name: 'version',
  summary: { en: 'versions of Redoubt and of Node', zh: 'Redoubt 与 Node 的版本' },
  usage: ['version [--json]'],
  options: commonOptions,
  examples: [],
  async run({ options, output }) {
    const version = await redoubtVersion();
    if (flag(options, 'json')) output.json({ redoubt: version, node: process.versions.node });
    else output.print(`Redoubt ${version} (Node ${process.versions.node})`);
    return ExitCode.ok;
  },
};
