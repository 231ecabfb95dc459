/** The native program that makes the steps. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const native = join(import.meta.dirname, '..', '..', 'native');
const build = join(import.meta.dirname, '..', '..', 'build');

/** Absolute paths of what packages/prove/native builds. */
export interface DrillProgram {
  readonly program: string;
  readonly emptyObject: string;
}

/** Whether an error says that there is no such program to start. */
function isMissingProgram(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/**
 * Builds the drill program if it is missing or older than its source (needs make and a C compiler; about a
 * second) and tells where it is. Throws an Error with the compiler's words if that fails.
 */
export async function drillProgram(): Promise<DrillProgram> {
  const program = join(build, 'redoubt-drill');
  const emptyObject = join(build, 'empty.so');
  try {
    await promisify(execFile)('make', ['--silent', '-C', native]);
  } catch (error) {
    // Without make, what was built before serves.
    if (isMissingProgram(error) && existsSync(program) && existsSync(emptyObject))
      return { program, emptyObject };
    const words = error instanceof Error ? error.message : String(error);
    throw new Error(`the drill program cannot be built (it needs make and a C compiler): ${words}`, {
      cause: error,
    });
  }
  return { program, emptyObject };
}
