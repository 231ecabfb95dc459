/** Whose packages are installed: Debian's own, or those of others, which Debian has not looked at. */
import { execFileSync } from 'node:child_process';

const most = 1 << 29;

/**
 * Names of the packages that Debian's archives hold, as apt knows them.
 * @throws Error when apt has no lists of Debian
 */
export function debianPackages(): ReadonlySet<string> {
  const told = (program: string, ...words: string[]): string =>
    execFileSync(program, words, { encoding: 'utf8', maxBuffer: most });
  const lists = told(
    'apt-get',
    'indextargets',
    '--format',
    '$(FILENAME)',
    'Origin: Debian',
    'Created-By: Packages',
  );
  const names = new Set<string>();
  for (const list of lists.split('\n').filter(path => path !== ''))
    for (const [, name = ''] of told('/usr/lib/apt/apt-helper', 'cat-file', list).matchAll(
      /^Package: (.+)$/gm,
    ))
      names.add(name);
  if (names.size === 0) throw new Error("apt has no lists of Debian's packages: apt-get update brings them");
  return names;
}
