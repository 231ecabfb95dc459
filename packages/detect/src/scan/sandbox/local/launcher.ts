/** The native launcher of the local sandbox. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const folder = join(import.meta.dirname, '..', '..', '..', '..');

/**
 * Builds the launcher when it is missing or older than its source, and tells where it is.
 * @throws Error with the compiler's words
 */
export async function launcherProgram(): Promise<string> {
  const program = join(folder, 'build', 'redoubt-sandbox');
  try {
    await promisify(execFile)('make', ['--silent', '-C', join(folder, 'native')]);
  } catch (error) {
    // Without make, what was built before serves.
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && existsSync(program)) return program;
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`the sandbox cannot be built (it needs make and a C compiler): ${words}`, {
      cause: error,
    });
  }
  return program;
}
