/** Runs a program of the system, without a shell. */
import { execFile } from 'node:child_process';
import { ActionError } from './action.ts';

/** Programs of the system end within this time or are ended, milliseconds. */
const timeLimit = 60_000;

/**
 * Runs it and waits for its end.
 * @returns its standard output
 * @throws ActionError `failed` with what it complained about
 */
export async function runProgram(program: string, words: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
  execFile(
    program,
    words,
    { timeout: timeLimit, env, maxBuffer: 16 * 2 ** 20 },
    (error, output, complaint) => {
      if (error === null) return resolve(output);
      const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT';
      const said = complaint.trim().slice(0, 1_000) || error.message;
      reject(
        new ActionError('failed', {
          en: isAbsent ? `${program} is not installed` : `${program} failed: ${said}`,
          zh: isAbsent ? `未安装 ${program}` : `${program} 失败：${said}`,
        }),
      );
    },
  );
  return promise;
}
