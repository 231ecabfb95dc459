import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { remarkableOf } from '../../src/index.ts';

/** Starts a Python program that prints a line when it is ready, and waits for that line. */
async function ready(source: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn(
    'python3',
    ['-c', `${source}\nprint('ready', flush=True)\nimport time\ntime.sleep(60)`],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  assert.ok(child.stdout);
  await once(child.stdout, 'data');
  assert.ok(child.pid);
  return child as ChildProcess & { pid: number };
}

test('memory that is written and executed, listening, being traced', async context => {
  const children: ChildProcess[] = [];
  context.after(() => {
    for (const child of children) child.kill('SIGKILL');
  });
  const start = async (source: string): Promise<number> => {
    const child = await ready(source);
    children.push(child);
    return child.pid;
  };
  const plain = await start('');
  const memory = await start('import mmap\nm = mmap.mmap(-1, 4096, prot=7)');
  const server = await start(
    "import socket\ns = socket.socket()\ns.bind(('127.0.0.1', 0))\ns.listen()\nu = socket.socket()",
  );
  const udp = await start(
    "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))",
  );
  const traced = await start('import ctypes\nctypes.CDLL(None).ptrace(0, 0, 0, 0)');
  const ended = spawn('/bin/true');
  await once(ended, 'exit');
  const found = await remarkableOf([plain, memory, server, udp, traced, ended.pid ?? 0]);
  assert.deepEqual(Object.fromEntries(found), {
    [memory]: ['wx_memory'],
    [server]: ['listening'],
    [traced]: ['traced'],
  });
  const all = await remarkableOf();
  assert.deepEqual(all.get(server), ['listening']);
  assert.equal(all.has(plain), false);
});

test('a mapping far down a long list, and a file whose name looks like rights', async context => {
  const root = mkdtempSync(join(tmpdir(), 'proc-'));
  context.after(() => rmSync(root, { recursive: true }));
  const line = (rights: string, name = '') =>
    `7f0000000000-7f0000001000 ${rights} 00000000 08:01 12 ${name}\n`;
  const write = (pid: number, maps: string) => {
    mkdirSync(join(root, String(pid)));
    writeFileSync(join(root, String(pid), 'maps'), maps);
    writeFileSync(join(root, String(pid), 'status'), 'Name:\tx\nTracerPid:\t0\n');
  };
  write(1, line('r-xp', '/lib/x').repeat(5000) + line('rwxp'));
  write(2, line('r-xp', '/tmp/7f-7f rwxp'));
  write(3, line('rwxs', '/dev/zero'));
  assert.deepEqual([...(await remarkableOf([1, 2, 3, 4], root)).keys()], [1, 3]);
});
