/** Cross-views on this kernel: what is really hidden is found, what comes and goes is not. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import type { BpfLink, BpfProgram } from '@redoubt/kernel';
import {
  checkBpf,
  checkKernel,
  checkModules,
  checkProcesses,
  checkSockets,
  checkTaint,
  checkTracing,
  findingOfRootkit,
  type RootkitFinding,
  realProcessSources,
  realSocketSources,
} from '../../src/rootkit/index.ts';

const run = promisify(execFile);
const quick = { rounds: 3, pause: 5 };

function started(context: TestContext, program: string, ...words: string[]): ChildProcess {
  const child = spawn(program, words, { stdio: 'ignore' });
  context.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return child;
}

function folder(context: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'redoubt-rootkit-'));
  context.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

test('a process over whose /proc folder something is mounted is found, and nothing else', async context => {
  const sleeper = started(context, 'sleep', '600');
  const empty = folder(context);
  const script = join(import.meta.dirname, 'check-in-namespace.ts');
  // The mount ends with the namespace.
  const { stdout } = await run('unshare', [
    '--mount',
    '--propagation',
    'private',
    'sh',
    '-c',
    'mount --bind "$0" "/proc/$1" && exec "$2" "$3"',
    empty,
    String(sleeper.pid),
    process.execPath,
    script,
  ]);
  const findings = JSON.parse(stdout) as RootkitFinding[];
  assert.deepEqual(
    findings.map(({ key }) => key),
    [`hidden-process:${sleeper.pid}`],
  );
  assert.equal(findings[0]?.severity, 5);
  assert.ok(findings[0]?.reasons.some(({ value }) => value === `/proc/${sleeper.pid}`));
});

test('processes that come and go are no alarm', async context => {
  // Some hundred short lives a second while the views are compared.
  started(context, 'sh', '-c', 'while :; do /bin/true; (:); done');
  for (let round = 0; round < 3; round++) {
    const { findings, views } = await checkProcesses(realProcessSources());
    assert.deepEqual(findings, []);
    assert.ok(views.some(({ name, count = 0 }) => name === 'processes/probe' && count > 0));
  }
});

test('a process that /proc does not list is hidden, by whichever other view', async context => {
  const proc = folder(context);
  mkdirSync(join(proc, '1'));
  writeFileSync(join(proc, '1/stat'), '1 (init) S 0');
  const cgroup = folder(context);
  writeFileSync(join(cgroup, 'cgroup.procs'), '1\n7\n0\n');
  async function* probe(): AsyncGenerator<number> {
    yield* [1, 9];
  }
  const sources = {
    proc,
    probe,
    answers: (pid: number) => pid === 1 || pid === 9,
    iterate: () => [1, 8],
    cgroups: [cgroup],
  };
  const { findings } = await checkProcesses(sources, quick);
  // 8 was seen by the iterator once and answers no more: it has ended.
  assert.deepEqual(findings.map(({ key }) => key).toSorted(), ['hidden-process:7', 'hidden-process:9']);
});

test('sockets: what listens is in every view; what /proc/net leaves out is found', async context => {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  async function* only(from: number, to: number): AsyncGenerator<number> {
    for await (const one of realSocketSources.bound(Math.max(from, port), Math.min(to, port + 1))) yield one;
  }
  const clean = await checkSockets({ ...realSocketSources, bound: only }, quick);
  assert.deepEqual(clean.findings, []);
  assert.equal(clean.views.find(({ name }) => name === 'sockets/bind')?.count, 1);

  const listed = () => realSocketSources.listed().filter(one => one.port !== port);
  const falsified = await checkSockets({ ...realSocketSources, bound: only, listed }, quick);
  assert.deepEqual(
    falsified.findings.map(({ key, severity }) => [key, severity]),
    [[`hidden-port:tcp:${port}`, 5]],
  );

  const nowhere = { ...realSocketSources, bound: only, listed, diagnosed: () => [] };
  const [finding] = (await checkSockets(nowhere, quick)).findings;
  assert.deepEqual([finding?.key, finding?.severity], [`hidden-port:tcp:${port}`, 5]);
  assert.match(finding?.reasons[0]?.text.en ?? '', /accepts connections/);
});

test('modules: three views, on a made-up kernel', async context => {
  const proc = folder(context);
  const sys = folder(context);
  writeFileSync(join(proc, 'modules'), 'a 16384 0 - Live 0x0\nb 16384 1 a, Live 0x0 (OE)\n');
  for (const name of ['a', 'b', 'c', 'builtin']) mkdirSync(join(sys, 'module', name), { recursive: true });
  for (const name of ['a', 'b', 'c']) writeFileSync(join(sys, 'module', name, 'initstate'), 'live\n');
  const symbols = { symbols: 10, modules: new Set(['a', 'b', 'd', 'bpf']), hasAddresses: true };
  const { findings } = await checkModules(symbols, { proc, sys, settling: quick });
  assert.deepEqual(
    findings.map(({ key }) => key),
    ['hidden-module:c', 'hidden-module:d'],
  );
  const without = await checkModules(
    { ...symbols, modules: new Set(['bpf']) },
    { proc: sys, sys, settling: quick },
  );
  assert.ok(without.views.every(({ state }) => state === 'skipped'));
  assert.deepEqual(without.findings, []);
});

test('hooks of ftrace and kprobes on functions that rootkits hook', async context => {
  const sys = folder(context);
  mkdirSync(join(sys, 'kernel/tracing'), { recursive: true });
  mkdirSync(join(sys, 'kernel/debug/kprobes'), { recursive: true });
  writeFileSync(
    join(sys, 'kernel/tracing/enabled_functions'),
    '__x64_sys_getdents64 (1) R I     \ttramp: 0xffffffffc0000000 (fh_thunk+0x0/0x50 [odd]) ->ftrace_ops_assist_func+0x0/0xf0\nvfs_read (1)             ->trace+0x0/0x10\n',
  );
  writeFileSync(join(sys, 'kernel/tracing/current_tracer'), 'nop\n');
  writeFileSync(
    join(sys, 'kernel/debug/kprobes/list'),
    'ffffffff81000000  k  tcp4_seq_show+0x0    [FTRACE]\nffffffff81000010  k  vfs_read+0x0\n',
  );
  const { findings, views } = checkTracing({ sys });
  assert.deepEqual(
    findings.map(({ key, severity }) => [key, severity]),
    [
      ['ftrace-hook:__x64_sys_getdents64', 5],
      ['kprobe:tcp4_seq_show', 3],
    ],
  );
  assert.ok(views.every(({ state }) => state === 'looked'));
  assert.ok(checkTracing({ sys: '/nonexistent' }).views.every(({ state }) => state === 'skipped'));
});

test('taint is explained by letter', context => {
  const proc = folder(context);
  mkdirSync(join(proc, 'sys/kernel'), { recursive: true });
  writeFileSync(join(proc, 'sys/kernel/tainted'), `${2 ** 12 + 2 ** 13 + 2 ** 9}\n`);
  const { findings, views } = checkTaint(proc);
  assert.deepEqual(
    findings.map(({ key }) => key),
    ['taint:O', 'taint:E'],
  );
  assert.match(views[0]?.text.en ?? '', /W: .*O: .*E: /);
});

test('loaded eBPF: Redoubt’s is known by pid, another’s is told with its holder', () => {
  const program = (id: number, name: string): BpfProgram => ({
    id,
    type: 'tracing',
    typeNumber: 26,
    name,
    uid: 0,
    loaded: 1,
    tag: `t${id}`,
  });
  const links: BpfLink[] = [{ id: 5, type: 'raw_tracepoint', program: 2, attach: 'sys_exit' }];
  const sources = {
    programs: () => [program(1, 'own'), program(2, 'other'), program(3, 'pinned')],
    links: () => links,
    holders: () => ({ programs: new Map([[1, [process.pid]]]), links: new Map([[5, [1]]]) }),
  };
  const { findings, views } = checkBpf(pid => pid === process.pid, sources);
  assert.equal(findings.length, 2);
  assert.deepEqual(
    findings.map(({ severity }) => severity),
    [2, 3],
  );
  assert.match(findings[0]?.reasons[1]?.text.en ?? '', /sys_exit/);
  assert.match(views[0]?.text.en ?? '', /3 programs, 1 of them Redoubt/);
  // The same name in another process is no excuse.
  assert.equal(checkBpf(() => false, sources).findings.length, 3);
});

test('the whole check on this kernel: every part has looked or says why not; findings are well formed', async () => {
  const { views, findings } = await checkKernel({ isOwn: () => true });
  assert.equal(new Set(views.map(({ name }) => name)).size, views.length);
  for (const part of ['processes/proc', 'processes/probe', 'sockets/proc', 'taint'])
    assert.equal(views.find(({ name }) => name === part)?.state, 'looked', part);
  for (const { name, text } of views) assert.ok(text.en !== '' && text.zh !== '', name);
  assert.deepEqual(
    findings.filter(({ key }) => key.startsWith('hidden-')),
    [],
  );
  for (const found of findings) assert.ok(findingOfRootkit(found).finding_info.attacks.length > 0, found.key);
});
