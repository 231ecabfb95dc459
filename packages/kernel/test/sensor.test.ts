/** Life of the sensor: status, several at once, use after stop, probing. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import {
  explainFailure,
  type KernelRecord,
  kernelDevice,
  openKernelSensor,
  probeKernel,
  readClocks,
  records,
} from '../src/index.ts';

describe('the sensor', () => {
  it('names every hook that is not attached, with the reason', async () => {
    const sensor = openKernelSensor({ ringBytes: 65536 });
    try {
      const { hooks, ringSize } = sensor.status();
      assert.equal(ringSize, 65536);
      const missing = hooks.filter(hook => !hook.attached);
      assert.equal(
        missing.every(hook => hook.reason),
        true,
        JSON.stringify(missing),
      );
      for (const name of [
        'sys_exit',
        'call_paths',
        'sched_process_exec',
        'sched_process_fork',
        'sched_process_exit',
      ])
        assert.equal(hooks.find(hook => hook.name === name)?.attached, true, name);
    } finally {
      await sensor.stop();
    }
  });

  it('hands out what happened before start and what is left at stop', async () => {
    const sensor = openKernelSensor();
    const early = spawnSync('/bin/true').pid;
    const seen: KernelRecord[] = [];
    sensor.start(batch => {
      seen.push(...records(batch));
    });
    const late = spawnSync('/bin/true').pid;
    await sensor.stop();
    for (const pid of [early, late])
      assert.equal(seen.filter(r => r.pid === pid && r.kind === 'process.exit').length, 1);
    assert.throws(() => sensor.status(), /closed/);
  });

  it('refuses sizes that no ring can have', () => {
    assert.throws(() => openKernelSensor({ ringBytes: 5000 }), /power of two/);
  });

  it('two sensors see the same', async () => {
    const sensors = [openKernelSensor(), openKernelSensor()];
    const exits = sensors.map(() => 0);
    for (const [index, sensor] of sensors.entries()) {
      sensor.start(batch => {
        for (const record of records(batch))
          if (record.kind === 'process.exit' && record.pid === pid) exits[index] = 1;
      });
    }
    const { pid } = spawnSync('/bin/true');
    for (const sensor of sensors) await sensor.stop();
    assert.deepEqual(exits, [1, 1]);
  });
});

describe('under a profiler', () => {
  it('loads and probes as ever: the signals of the profiler wait', () => {
    const folder = mkdtempSync(join(tmpdir(), 'redoubt-profiled-'));
    try {
      const index = new URL('../src/index.ts', import.meta.url).href;
      const code = `import { openKernelSensor, probeKernel } from '${index}';
        const sensor = openKernelSensor();
        const missing = sensor.status().hooks.filter(hook => !hook.attached).map(hook => hook.reason);
        await sensor.stop();
        const works = probeKernel().filter(result => result.works).map(result => result.name);
        console.log(JSON.stringify({ missing, works }));`;
      const profiler = ['--cpu-prof', '--cpu-prof-interval=100', `--cpu-prof-dir=${folder}`];
      const words = ['--input-type=module', '-e', code];
      const run = (flags: string[]) => {
        const done = spawnSync(process.execPath, [...flags, ...words], { encoding: 'utf8', cwd: folder });
        assert.equal(done.status, 0, done.stderr);
        return JSON.parse(done.stdout);
      };
      assert.deepEqual(run(profiler), run([]));
      assert.equal(readdirSync(folder).length > 0, true, 'no profile was written');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('when its owner goes away without stopping it', () => {
  const index = new URL('../src/index.ts', import.meta.url).href;
  const run = (code: string) =>
    spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });

  it('a terminated worker takes the sensor with it, the process lives on', () => {
    const worker = `const { openKernelSensor } = await import('${index}');
      openKernelSensor().start(() => {}); (await import('node:worker_threads')).parentPort.postMessage(0);`;
    const done = run(`import { Worker } from 'node:worker_threads';
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(worker)})));
      worker.on('message', async () => { await worker.terminate(); console.log('alive'); });`);
    assert.deepEqual([done.status, done.stdout], [0, 'alive\n'], done.stderr);
  });

  it('an exception in the callback is an uncaught exception', () => {
    const done = run(`const { openKernelSensor } = await import('${index}');
      openKernelSensor().start(() => { throw new Error('marker'); });
      (await import('node:child_process')).execFileSync('/bin/true');`);
    assert.equal(done.status, 1);
    assert.match(done.stderr, /marker/);
  });
});

it('probing tries each mechanism', () => {
  const results = probeKernel();
  for (const name of ['addon', 'btf', 'ringBuffer', 'rawTracepoint', 'fentry', 'kprobe', 'bpfLsm'])
    assert.equal(
      results.some(result => result.name === name),
      true,
      name,
    );
  for (const { works, reason, explanation } of results) {
    assert.equal(works, reason === undefined);
    assert.equal(explanation?.en, reason);
    assert.equal(works || /[\u4e00-\u9fff]/.test(explanation?.zh ?? ''), true);
    // These tests run as root, who is not to be told to become root.
    assert.equal(/root/.test(reason ?? ''), false);
  }
  assert.equal(
    results.filter(result => result.isRequired).every(result => result.works),
    true,
  );
});

it('a failed attempt is explained by what the caller can do about it', () => {
  assert.match(explainFailure(1, false).en, /needs root/);
  assert.deepEqual(explainFailure(1, true), {
    en: 'not supported by this kernel (EPERM)',
    zh: '此内核不支持（EPERM）',
  });
  assert.equal(explainFailure(9999, true).en, 'failed (9999)');
});

it('both clocks at one moment', () => {
  const btime = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'latin1'))?.[1]) * 1000;
  const uptime = () => Number.parseFloat(readFileSync('/proc/uptime', 'latin1')) * 1000;
  const [wallBefore, uptimeBefore] = [Date.now(), uptime()];
  const { boot, before, after } = readClocks();
  assert.equal(uptimeBefore <= boot && boot < uptime() + 10, true);
  assert.equal(wallBefore <= before && before <= after && after < Date.now() + 1, true);
  assert.equal(Math.abs(after - boot - btime) < 1500, true);
});

it('device numbers are the kernel’s', () => {
  assert.equal(kernelDevice(0x803n), (8 << 20) | 3);
  assert.equal(kernelDevice(statSync('/', { bigint: true }).dev) > 0, true);
});
