/** The flight recorder of an agent that has ended, read from its folder. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { decodeStored, kernelBatchFormat } from '@redoubt/observe';
import { openReader, type Reader, RecorderError, registerDecoder } from '@redoubt/store';
import { noAgent } from '../agent/client.ts';
import { candidateSockets } from '../agent/socket.ts';
import { type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';

/** The folder that an agent of this user records into, as apps/agent/src/options.ts has it. */
export function stateDirectory({ options, environment }: Invocation): string {
  const asked = textOption(options, 'state') ?? environment['REDOUBT_STATE'];
  if (asked) return asked;
  if (process.geteuid?.() === 0) return '/var/lib/redoubt';
  return join(environment['XDG_STATE_HOME'] ?? join(homedir(), '.local/state'), 'redoubt');
}

/** Opens the record. Throws a CommandError when there is none, or when it cannot be read. */
export function openRecord(invocation: Invocation): Reader {
  const directory = stateDirectory(invocation);
  const folder = [directory, join(directory, 'recorder')].find(one => existsSync(join(one, 'events.db')));
  registerDecoder(kernelBatchFormat, (bytes, context) =>
    decodeStored(bytes, { lookupProcess: (_bootId, uid, time) => context.processAt(uid, time) }),
  );
  try {
    return openReader(folder ?? directory);
  } catch (error) {
    if (!(error instanceof RecorderError)) throw error;
    if (error.code === 'absent') throw nothingHere(invocation, directory);
    throw new CommandError(
      ExitCode.unavailable,
      {
        en: `The record in ${directory} cannot be read: ${error.message}`,
        zh: `无法读取 ${directory} 中的记录：${error.message}`,
      },
      { cause: error },
    );
  }
}

function nothingHere(invocation: Invocation, directory: string): CommandError {
  const { text } = noAgent(candidateSockets(invocation));
  return new CommandError(ExitCode.unavailable, {
    en: `${text.en}\nNor is there a record in ${directory}.`,
    zh: `${text.zh}\n${directory} 中也没有记录。`,
  });
}
