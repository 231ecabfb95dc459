/** The kernel sensor's adapter on this host. Needs root and a kernel with BTF. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type EventView, valueAt } from '@redoubt/model';
import { decodeStored, fieldPaths, KernelHostSensor, unmappedFields } from '../../src/index.ts';
import { Collector } from './collector.ts';

const isRoot = process.getuid?.() === 0;
const options = { skip: isRoot ? false : 'needs root' };

describe('kernel sensor on this host', options, () => {
  const sensor = new KernelHostSensor();
  const seen = new Collector();
  let folder = '';

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'observe-'));
    await sensor.start(seen);
  });
  after(async () => {
    await sensor.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const execOf = (marker: string) => (view: EventView) =>
    view.kind === 'process.exec' && String(view.get('process.cmd_line')).includes(marker);

  test('an exec has its program, launcher, ancestry, user and hash', async () => {
    execFileSync('/bin/sh', ['-c', '/bin/sleep 0.0401; true']);
    const view = await seen.until(execOf('0.0401'));
    const shell = await seen.until(each => each.get('process.cmd_line') === '/bin/sleep 0.0401');
    assert.equal(view.get('process.file.name'), 'dash');
    assert.equal(shell.get('process.file.path'), '/usr/bin/sleep');
    assert.equal(shell.get('process.user.name'), 'root');
    assert.equal(shell.get('actor.process.file.name'), 'dash');
    assert.equal(shell.get('process.parent_process.pid'), view.get('process.pid'));
    const ancestors = shell.get('process.ancestry.pid');
    assert.ok(Array.isArray(ancestors) && ancestors.includes(process.pid));
    assert.equal(shell.get('process.working_directory'), process.cwd());
    const tracked = sensor.table.findUid(String(shell.get('process.uid')));
    assert.ok(tracked);
    await sensor.enricher.settled(tracked.image, 30_000);
    const digest = createHash('sha256').update(readFileSync('/usr/bin/sleep')).digest('hex');
    assert.equal(shell.get('process.file.hashes.value'), digest);
    const owner = shell.get('process.file.package.name');
    assert.equal(
      owner,
      spawnSync('dpkg', ['-S', '/bin/sleep', '/usr/bin/sleep'], { encoding: 'utf8' }).stdout.split(':')[0],
    );
  });

  test('a process that replaces itself has its earlier program as launcher', async () => {
    execFileSync('/bin/sh', ['-c', 'exec /bin/sleep 0.0402']);
    const view = await seen.until(each => each.get('process.cmd_line') === '/bin/sleep 0.0402');
    assert.equal(view.get('actor.process.uid'), view.get('process.uid'));
    assert.equal(view.get('actor.process.file.name'), 'dash');
    assert.equal(view.get('process.parent_process.pid'), process.pid);
  });

  test('an executable that is removed while it runs is still hashed', async () => {
    const copy = join(folder, 'sleeper');
    copyFileSync('/usr/bin/sleep', copy);
    chmodSync(copy, 0o755);
    const child = spawn(copy, ['60']);
    after(() => child.kill('SIGKILL'));
    const exec = await seen.until(execOf(`${copy} 60`));
    unlinkSync(copy);
    const tracked = sensor.table.findUid(String(exec.get('process.uid')));
    assert.ok(tracked);
    await sensor.enricher.settled(tracked.image, 30_000);
    const digest = createHash('sha256').update(readFileSync('/usr/bin/sleep')).digest('hex');
    assert.equal(exec.get('process.file.hashes.value'), digest);
    assert.equal(exec.get('process.file.package.name'), undefined);
  });

  test('exits tell their code, by status and by signal', async () => {
    const byStatus = spawnSync('/bin/sh', ['-c', 'exit 7']).pid;
    const bySignal = spawnSync('/bin/sh', ['-c', 'kill -TERM $$']).pid;
    const exitOf = (pid: number) => (view: EventView) =>
      view.kind === 'process.exit' && view.get('process.pid') === pid;
    for (const [pid, code] of [
      [byStatus, 7],
      [bySignal, 143],
    ] as const) {
      const exit = await seen.until(exitOf(pid));
      assert.deepEqual([exit.get('process.exit_code'), exit.get('process.file.name')], [code, 'dash']);
    }
  });

  test('file, mode and read events name the file and who did it', async () => {
    const file = join(folder, 'marker.txt');
    execFileSync('/bin/sh', [
      '-c',
      `echo one > ${file}; chmod 4755 ${file}; mv ${file} ${file}.new; cat /etc/shadow > /dev/null`,
    ]);
    const onFile = (kind: string) => (view: EventView) =>
      view.kind === kind && view.get('file.path') === file;
    const created = await seen.until(onFile('file.create'));
    assert.equal(created.get('actor.process.file.name'), 'dash');
    assert.equal(created.get('file.type_id'), 1);
    const mode = await seen.until(onFile('file.chmod'));
    assert.equal(mode.get('unmapped.new_mode_octal'), '4755');
    const renamed = await seen.until(onFile('file.rename'));
    assert.equal(renamed.get('file_result.path'), `${file}.new`);
    const read = await seen.until(
      view => view.kind === 'file.read' && view.get('file.path') === '/etc/shadow',
    );
    assert.equal(read.get('actor.process.file.name'), 'cat');
  });

  test('a sensitive file that is replaced is watched again', async () => {
    const file = join(folder, 'secret');
    writeFileSync(file, 'one');
    const own = new KernelHostSensor({
      sensitiveFiles: new (await import('../../src/index.ts')).SensitiveFiles([file]),
    });
    const collector = new Collector();
    await own.start(collector);
    try {
      writeFileSync(`${file}.new`, 'two');
      execFileSync('/bin/mv', [`${file}.new`, file]);
      // The files are looked at once a second; reading until it is seen needs no limit of its own.
      const wanted = collector.until(view => view.kind === 'file.read' && view.get('file.path') === file);
      let found = false;
      void wanted.then(() => {
        found = true;
      });
      while (!found) {
        execFileSync('/bin/cat', [file]);
        await new Promise(resolve => setTimeout(resolve, 100));
      }
      assert.equal((await wanted).get('actor.process.name'), 'cat');
    } finally {
      await own.stop();
      unlinkSync(file);
    }
  });

  test('a connection on loopback is seen from both ends', async () => {
    const script = `
      const net = require('node:net');
      const server = net.createServer(socket => socket.end()).listen(0, '127.0.0.1', () => {
        const { port } = server.address();
        console.log(port);
        net.connect(port, '127.0.0.1').on('close', () => server.close()).resume();
      });`;
    const port = Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
    const onPort = (kind: string) => (view: EventView) =>
      view.kind === kind && view.get('dst_endpoint.port') === port;
    const listen = await seen.until(onPort('network.listen'));
    assert.equal(listen.get('dst_endpoint.ip'), '127.0.0.1');
    const connect = await seen.until(onPort('network.connect'));
    assert.equal(connect.get('connection_info.protocol_name'), 'tcp');
    assert.equal(connect.get('connection_info.direction_id'), 2);
    const accept = await seen.until(onPort('network.accept'));
    assert.equal(accept.get('src_endpoint.port'), connect.get('src_endpoint.port'));
  });

  test('what this process does itself is not seen', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise(resolve => server.once('listening', resolve));
    await new Promise(resolve => server.close(resolve));
    execFileSync('/bin/true');
    await sensor.flush();
    const own = seen
      .views()
      .filter(view => view.kind.startsWith('network.') && view.get('actor.process.pid') === process.pid);
    assert.deepEqual(own, []);
  });

  test('get and toEvent agree on every attribute of every event', async () => {
    await sensor.flush();
    const views = seen.views();
    assert.ok(views.length > 100);
    for (const view of views.slice(0, 1500)) {
      const event = JSON.parse(JSON.stringify(view.toEvent()));
      const paths = [
        ...fieldPaths(),
        ...Object.keys(unmappedFields(view.kind)).map(name => `unmapped.${name}`),
      ];
      for (const path of paths)
        assert.deepEqual(view.get(path), valueAt(event, path), `${view.kind} ${path}`);
      assert.deepEqual(
        untold(event, new Set(paths)),
        [],
        `${view.kind} has attributes that get() does not know`,
      );
    }
  });

  test('stored bytes and rows give the same events back', async () => {
    await sensor.flush();
    let compared = 0;
    const lookup = seen.lookups();
    for (const batch of seen.batches.slice(0, 40)) {
      if (batch.format !== 'kernel-1') continue;
      const live = [...batch.views()];
      const stored = [...decodeStored(batch.bytes, { lookupProcess: (_, uid, time) => lookup(uid, time) })];
      assert.equal(stored.length, batch.count);
      for (const [index, view] of stored.entries()) {
        const original = live[index] as EventView;
        assert.equal(view.kind, original.kind);
        assert.ok(Math.abs(view.time - original.time) <= 50);
        for (const path of [
          'file.path',
          'dst_endpoint.ip',
          'process.cmd_line',
          'process.uid',
          'process.exit_code',
        ]) {
          assert.deepEqual(view.get(path), original.get(path), `${view.kind} ${path}`);
        }
        for (const path of [
          'uid',
          'file.path',
          'cmd_line',
          'user.name',
          'ancestry.pid',
          'ancestry.file.path',
        ]) {
          const full = `actor.process.${path}`;
          assert.deepEqual(
            view.get(full),
            original.get(full),
            `${view.kind} ${full} of ${original.get('process.cmd_line')}`,
          );
        }
        compared++;
      }
    }
    assert.ok(compared > 50, `${compared} events were compared`);
  });

  test('2,000 short processes: each with its fork, exec, exit and ancestry', async () => {
    const script = 'i=0; while [ $i -lt 2000 ]; do /bin/true storm-$i; i=$((i+1)); done';
    const storm = spawnSync('/bin/sh', ['-c', script]);
    assert.equal(storm.status, 0);
    await seen.until(execOf('storm-1999'));
    await sensor.flush();
    const found = new Set<string>();
    for (const view of seen.views()) {
      if (view.kind !== 'process.exec') continue;
      const line = String(view.get('process.cmd_line'));
      if (!line.startsWith('/bin/true storm-')) continue;
      found.add(line);
      assert.equal(view.get('process.file.path'), '/usr/bin/true');
      assert.equal(view.get('process.parent_process.pid'), storm.pid);
      assert.equal(view.get('process.parent_process.cmd_line'), `/bin/sh -c ${script}`);
      const ancestors = view.get('process.ancestry.pid');
      assert.ok(Array.isArray(ancestors));
      assert.deepEqual(ancestors.slice(0, 2), [storm.pid, process.pid]);
    }
    assert.equal(found.size + sensor.status().lost >= 2000, true, `${found.size} of 2,000 were seen`);
    assert.equal(sensor.status().lost > 0 || found.size === 2000, true);
  });
});

test(
  'memory stays bounded through a storm: exited processes are forgotten and counted',
  options,
  async () => {
    const sensor = new KernelHostSensor({ table: { maxExited: 300 } });
    const seen = new Collector();
    await sensor.start(seen);
    try {
      spawnSync('/bin/sh', [
        '-c',
        'i=0; while [ $i -lt 1500 ]; do /bin/true; i=$((i+1)); done; /bin/echo storm-over',
      ]);
      await seen.until(view => view.get('process.cmd_line') === '/bin/echo storm-over');
      sensor.table.sweep(sensor.clock.now());
      assert.ok(sensor.table.exited <= 300);
      assert.ok((sensor.status().metrics['processes_forgotten'] as number) >= 1000);
    } finally {
      await sensor.stop();
    }
  },
);

test(
  'what became known of a process is handed over though no event comes, and at stop',
  options,
  async () => {
    // Of this kind there is no event on a test machine.
    const sensor = new KernelHostSensor({ kernel: { kinds: ['kernel.module_unload'] } });
    const seen = new Collector();
    await sensor.start(seen);
    try {
      const own = sensor.table.newest(process.pid);
      assert.ok(own);
      const stored = () => seen.rows().get(`${own.uid} 0`);
      while (stored()?.sha256 === undefined) await new Promise(resolve => setTimeout(resolve, 50));
      const digest = createHash('sha256').update(readFileSync(process.execPath)).digest('hex');
      assert.equal(stored()?.sha256, digest);
      const batches = seen.batches.length;
      sensor.table.touch(own);
      await sensor.stop();
      const last = seen.batches.slice(batches).flatMap(batch => batch.processes);
      assert.equal(last.filter(row => row.uid === own.uid).length, 1);
      assert.deepEqual([...new Set(seen.batches.map(batch => batch.count))], [0]);
      assert.equal(seen.views().length, 0);
    } finally {
      await sensor.stop();
    }
  },
);

test('lost records are told by kind and CPU, and the table is repaired from /proc', options, async () => {
  const sensor = new KernelHostSensor({ kernel: { ringBytes: 4096 } });
  const seen = new Collector();
  await sensor.start(seen);
  try {
    const isLoss = (view: EventView) =>
      view.kind === 'sensor.loss' && view.get('unmapped.lost_kind') !== undefined;
    const loss = seen.until(isLoss);
    let found = false;
    void loss.then(() => {
      found = true;
    });
    // A record of an exec with arguments this long does not fit into the ring at all.
    const long = 'x'.repeat(4_000);
    while (!found) {
      const storm = `i=0; while [ $i -lt 100 ]; do /bin/true & /bin/true ${long} & i=$((i+1)); done; wait`;
      spawnSync('/bin/sh', ['-c', storm]);
      await new Promise(resolve => setTimeout(resolve, 10));
    }
    const event = (await loss).toEvent();
    assert.ok((event.count ?? 0) > 0);
    assert.equal(typeof event.unmapped?.['cpu'], 'number');
    assert.ok(sensor.status().lost >= (event.count ?? 0));
    // Whatever was lost: after the comparison with /proc, what the table holds alive is what lives.
    const repaired = seen.until(view => view.get('unmapped.repaired_exits') !== undefined);
    void repaired.then(() => undefined);
    await Promise.race([repaired, new Promise(resolve => setTimeout(resolve, 15_000))]);
    await sensor.flush();
    const gone = [...sensor.table.processes()].filter(each => {
      if (each.terminatedTime !== undefined) return false;
      return each.image.name === 'true';
    });
    assert.deepEqual(
      gone.map(each => each.uid),
      [],
    );
  } finally {
    await sensor.stop();
  }
});

/** Paths of attributes that stand in an event and that `get` was not asked for. */
function untold(event: Record<string, unknown>, known: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, path);
    else if (typeof value === 'object' && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit(inner, path === '' ? name : `${path}.${name}`);
    } else if (!known.has(path)) found.push(path);
  };
  visit(event, '');
  return [...new Set(found)];
}
