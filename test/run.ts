/**
 * Runs everything that must hold: types, lint, then every test of every workspace, and closes with
 * `N passed, N failed`. With arguments, runs only the test files whose path contains one of them.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join, relative } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const root = join(import.meta.dirname, '..');
const wanted = process.argv.slice(2);
let passed = 0;
let failed = 0;
let skipped = 0;

/** Runs one of the static checks as a test of its own. */
function check(name: string, command: string, ...args: string[]): void {
  const { status } = spawnSync(join(root, 'node_modules/.bin', command), args, {
    cwd: root,
    stdio: 'inherit',
  });
  console.log(`${status === 0 ? '✔' : '✖'} ${name}`);
  if (status === 0) passed++;
  else failed++;
}

if (wanted.length === 0) {
  check('types', 'tsc', '--noEmit');
  check('types of the console', 'tsc', '--noEmit', '-p', 'apps/console');
  check('types of the tests of the console', 'tsc', '--noEmit', '-p', 'apps/console/test');
  check('format and lint', 'biome', 'check', '.');
}

const files = globSync(
  [
    'test/**/*.test.ts',
    'packages/*/test/**/*.test.ts',
    'apps/*/test/**/*.test.ts',
    'bench/test/**/*.test.ts',
  ],
  { cwd: root },
)
  .filter(file => wanted.length === 0 || wanted.some(part => file.includes(part)))
  .sort()
  .map(file => join(root, file));
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(', ')}`);
  process.exit(2);
}

const times: { file: string; seconds: number }[] = [];

/**
 * Runs files one at a time: many tests load the sensor or fill a disk, and must not meet each other. A test that hangs
 * fails after ten minutes instead of holding up everything.
 * @param forceExit whether a handle that is left open ends with its file. Node may then end before all that it has to
 *   tell is written, and the rest of the file's tests would be missing without a word.
 * @returns files that did not tell their end
 */
async function runFiles(files: readonly string[], forceExit: boolean): Promise<string[]> {
  const told = new Set<string>();
  const tests = run({ files, concurrency: 1, cwd: root, forceExit, timeout: 600_000 });
  let failedInFiles = 0;
  tests.on('test:summary', ({ file, counts, duration_ms }) => {
    const failures = counts.tests - counts.passed - counts.skipped - counts.todo;
    if (file === undefined) {
      // The total also holds what failed outside of the tests of a file, such as a file that cannot be loaded.
      failed += Math.max(failures - failedInFiles, 0);
      return;
    }
    told.add(file);
    times.push({ file: relative(root, file), seconds: duration_ms / 1000 });
    passed += counts.passed;
    skipped += counts.skipped;
    failed += failures;
    failedInFiles += failures;
  });
  const shown = tests.compose(spec);
  shown.pipe(process.stdout, { end: false });
  await finished(shown);
  return files.filter(file => !told.has(file));
}

let left = await runFiles(files, true);
if (left.length > 0) {
  console.log(
    `once more, as not all of their tests were told of: ${left.map(file => relative(root, file)).join(', ')}`,
  );
  left = await runFiles(left, false);
}
for (const file of left) {
  console.log(`✖ ${relative(root, file)} ended before it had told of all its tests`);
  failed++;
}
times.sort((a, b) => b.seconds - a.seconds);
console.log('the slowest files, in seconds:');
for (const { file, seconds } of times.slice(0, 25)) {
  console.log(`${seconds.toFixed(0).padStart(6)}  ${file}`);
}
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
