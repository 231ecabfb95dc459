/** Processes that read hostile content: what they may do, and what becomes of a scan whose process is killed. */
import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { forkConfined } from '../../src/scan/confined.ts';
import { defaultLimits } from '../../src/scan/index.ts';
import type { FileResult } from '../../src/scan/run/messages.ts';
import { ScanPool } from '../../src/scan/run/pool.ts';
import { eicar, shippedRules } from './samples.ts';

const skip = process.getuid?.() === 0 ? false : 'only root can give up rights';
let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'redoubt-confined-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('it reads everything, and writes, signals, looks into and becomes nothing', { skip }, async () => {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'of root alone', { mode: 0o600 });
  const handed = openSync(secret, 'r');
  const child = forkConfined(join(import.meta.dirname, 'confined-child.ts'), { descriptors: [handed] });
  closeSync(handed);
  const told = await new Promise<Record<string, unknown>>((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', code => reject(new Error(`ended with ${code}`)));
    child.send({ secret, foreign: `/proc/${process.pid}/mem` });
  });
  child.kill();
  assert.deepEqual(told, {
    uid: 65_534,
    reads: 'of root alone',
    writes: 'EACCES',
    signals: 'EPERM',
    looks: 'EACCES',
    becomesRoot: 'EPERM',
    handed: 'of root alone',
    filter: '2',
    newNamespace: 1,
    interfaces: [],
  });
  assert.equal(readFileSync(secret, 'utf8'), 'of root alone');
});

/** The scanning processes that this process has started. */
function workers(): number[] {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .filter(pid => {
      try {
        const [, parent] = /\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
        return (
          Number(parent) === process.pid && readFileSync(`/proc/${pid}/cmdline`).includes('run/worker.ts')
        );
      } catch {
        return false; // it has ended
      }
    });
}

test('files of a process that is killed are scanned by another one', async () => {
  const results = new Map<string, FileResult>();
  const pool = new ScanPool({
    engines: { yaraRules: [shippedRules], only: ['yara-x'] },
    limits: defaultLimits,
    opens: false,
    workers: 1,
    // A process that rests most of the time is at its batch when it is killed.
    share: 0.05,
    onResult: ({ path }, result) => results.set(path, result),
  });
  try {
    const files = Array.from({ length: 8 }, (_, number) => join(folder, `file-${number}`));
    for (const file of files) writeFileSync(file, eicar);
    await pool.scan(files.map(path => ({ path, size: eicar.length })));
    let [pid] = workers();
    while (pid === undefined) {
      await wait(20);
      [pid] = workers();
    }
    assert.ok(results.size < files.length);
    process.kill(pid, 'SIGKILL');
    await pool.drained();
    assert.deepEqual(
      files.map(file => results.get(file)?.verdict?.judged),
      files.map(() => 'malicious'),
    );
  } finally {
    pool.close();
  }
});
