/** Shared by the tests of the process table. */
import { executableFile, type ProcessImage } from '../../src/process/image.ts';

/** A program as an exec record would bring it. */
export function program(path: string, since: number, commandLine = path): ProcessImage {
  return {
    since,
    source: 'exec',
    name: path.slice(path.lastIndexOf('/') + 1).slice(0, 15),
    commandLine,
    file: executableFile(path, { inode: [...path].reduce((sum, c) => sum + c.charCodeAt(0), 0) }),
    workingDirectory: '/',
    environment: [],
  };
}

/** "sh@12" for each step: which program in which process. */
export function spell(steps: readonly { process: { pid: number }; image: { name: string } }[]): string[] {
  return steps.map(({ process, image }) => `${image.name}@${process.pid}`);
}
