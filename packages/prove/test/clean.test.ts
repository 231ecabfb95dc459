/** Every drill makes its step and leaves nothing, whoever is killed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { afterEach, test } from 'node:test';
import { type Drill, drillProgram, drills, startDrill } from '../src/index.ts';
import { tracesAfterWaiting } from './traces.ts';

const built = await drillProgram();
const root = process.geteuid?.() === 0;
const runnable = (drill: Drill) => root || !drill.needs.includes('root');

/** Steps that some hosts refuse, for instance a kernel without modules. */
const mayBeRefused = new Set(['kernel-module', 'exec-from-tmp', 'exec-from-dev-shm', 'container-host-write']);

afterEach(async () => assert.deepEqual(await tracesAfterWaiting(), []));

/** What of the host the persistence and log drills would change if they were not in private. */
function hostFiles(): string[] {
  const paths = [
    '/etc/ld.so.preload',
    '/etc/cron.d',
    '/etc/systemd/system',
    '/var/log/auth.log',
    '/root/.ssh',
  ];
  return paths.map(path => {
    const status = statSync(path, { throwIfNoEntry: false });
    return `${path} ${status?.ino} ${status?.mtimeMs} ${status?.ctimeMs}`;
  });
}

test('every drill makes its step and cleans up, all at once', { concurrency: true }, async context => {
  const before = hostFiles();
  await Promise.all(
    drills.filter(runnable).map(drill =>
      context.test(drill.name, async () => {
        const run = await startDrill(drill, built);
        try {
          const { state, detail } = await run.outcome;
          if (state === 'not-here' && mayBeRefused.has(drill.name)) assert.notEqual(detail, '');
          else assert.equal(state, 'made', detail);
          assert.ok(Math.abs(Date.now() - run.startedAt) < 3_600_000);
        } finally {
          await run.end();
        }
      }),
    ),
  );
  assert.deepEqual(hostFiles(), before);
});

test('every drill leaves nothing when its caller is killed in the middle', async () => {
  const script = `
    const { drillProgram, drills, startDrill } = await import(${JSON.stringify(import.meta.resolve('../src/index.ts'))});
    const names = ${JSON.stringify(drills.filter(runnable).map(({ name }) => name))};
    const built = await drillProgram();
    await Promise.all(drills.filter(({ name }) => names.includes(name)).map(drill => startDrill(drill, built)));
    console.log('started');
    setInterval(() => {}, 1000);
  `;
  const caller = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(caller.stdout, 'data');
  caller.kill('SIGKILL');
  await once(caller, 'exit');
  assert.deepEqual(await tracesAfterWaiting(), []);
});

test('what a killed guard left goes at the next start', async () => {
  const [drill, next] = drills;
  assert.ok(drill && next);
  const run = await startDrill(drill, built);
  const guards = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
  const guard = guards.find(pid => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(run.tag));
  process.kill(Number(guard), 'SIGKILL');
  await run.end();
  assert.ok(statSync(run.directory).isDirectory());
  const second = await startDrill(next, built);
  await second.outcome;
  assert.equal(statSync(run.directory, { throwIfNoEntry: false }), undefined);
  await second.end();
});

test('two drills at once do not disturb each other', async () => {
  const drill = drills.find(one => one.name === 'mass-rename');
  assert.ok(drill);
  const runs = await Promise.all([startDrill(drill, built), startDrill(drill, built)]);
  const outcomes = await Promise.all(runs.map(run => run.outcome));
  await Promise.all(runs.map(run => run.end()));
  assert.deepEqual(
    outcomes.map(outcome => outcome.state),
    ['made', 'made'],
  );
});
