/** Writing files that are evidence: new, whole, readable by their owner alone. */
import { writeFileSync } from 'node:fs';
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

/** Writes a new file of mode 0600. Throws a CommandError when one is there already. */
export function writeNew(path: string, content: string | Buffer): void {
  try {
    writeFileSync(path, content, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    throw fileFailure(path, error);
  }
}
