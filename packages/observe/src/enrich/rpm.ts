/** Which RPM package owns a path, by asking rpm(8) itself: its database format differs between releases. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import type { OwningPackage } from '../process/image.ts';

const run = promisify(execFile);

/** What rpm is asked to print for each owner. */
const queryFormat = '%{NAME}\\t%{EVR}\\t%{ARCH}\\n';

/** Reads a line of the query format; undefined for messages such as "file … is not owned". */
export function parseRpmOwner(output: string): OwningPackage | undefined {
  const line = output.slice(0, output.indexOf('\n') + 1 || undefined).trimEnd();
  const [name, version, architecture, extra] = line.split('\t', 4);
  if (!name || !version || !architecture || extra !== undefined) return undefined;
  return { name, version, type: 'rpm', architecture };
}

/** Where RPM keeps what is installed, by release and format. A Debian with the program alone has none of them. */
const databases = ['/var/lib/rpm', '/usr/lib/sysimage/rpm'].flatMap(folder =>
  ['rpmdb.sqlite', 'Packages.db', 'Packages'].map(file => `${folder}/${file}`),
);

/** Owners of paths on systems with RPM. */
export class RpmOwners {
  readonly #program: string;
  #available: boolean;

  constructor(program = 'rpm', isUsed = databases.some(file => existsSync(file))) {
    this.#program = program;
    this.#available = isUsed;
  }

  /**
   * The package that owns a path; undefined when none does or RPM keeps nothing here. Starts one process, so the
   * caller caches. A wrong `path` that begins with "-" is refused.
   */
  async ownerOf(path: string): Promise<OwningPackage | undefined> {
    if (!this.#available || !path.startsWith('/')) return undefined;
    try {
      const { stdout } = await run(this.#program, ['-qf', '--queryformat', queryFormat, path], {
        timeout: 10_000,
        maxBuffer: 64 * 1024,
        env: { PATH: process.env['PATH'], LC_ALL: 'C' },
      });
      return parseRpmOwner(stdout);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') this.#available = false;
      return undefined;
    }
  }
}
