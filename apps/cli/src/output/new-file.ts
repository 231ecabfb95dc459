/** Writing files that must not be there yet, such as evidence and keys: nothing is written over. */
import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { CommandError, ExitCode } from '../exit.ts';

/** A failure to write or read a file, told with its place. */
export function fileFailure(path: string, error: unknown): CommandError {
  const words = error instanceof Error ? error.message : String(error);
  const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
  return new CommandError(
    exists ? ExitCode.usage : ExitCode.unavailable,
    exists
      ? { en: `${path} is there already; nothing is written over`, zh: `${path} 已存在，不会覆盖` }
      : { en: `${path}: ${words}`, zh: `${path}：${words}` },
    { cause: error },
  );
}

/**
 * Writes a new file, readable by its owner alone unless said. What cannot be written whole, as on a full disk, is taken
 * away again, so that the same command works once there is room.
 * @throws CommandError when one is there already, or when it cannot be written
 */
export function writeNew(path: string, content: string | Buffer, mode = 0o600): void {
  try {
    const file = openSync(path, 'wx', mode);
    try {
      writeFileSync(file, content);
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fileFailure(path, error);
  }
}
