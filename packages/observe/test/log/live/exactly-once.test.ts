/** Every line exactly once: rotated, truncated, compressed, 50,000 lines a second, and the follower killed. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { temporaryFolder } from '../support/temporary.ts';

const sinkPath = join(import.meta.dirname, '../support/follow-sink.ts');

/** Writes numbered lines and rotates in every way that logrotate knows. */
class BusyWriter {
  written = 0;
  readonly #path: string;
  #file: number;
  #rotation = 0;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'a');
  }

  write(count: number): void {
    let text = '';
    for (let index = 0; index < count; index += 1) {
      text += `line ${this.written} of a service that writes about as much as an access log does, /index.html 200\n`;
      this.written += 1;
    }
    writeSync(this.#file, text);
  }

  rotate(): void {
    this.#rotation += 1;
    const target = `${this.#path}.${this.#rotation}`;
    const way = this.#rotation % 3;
    if (way === 0) {
      copyFileSync(this.#path, target);
      ftruncateSync(this.#file, 0);
      return;
    }
    renameSync(this.#path, target);
    closeSync(this.#file);
    this.#file = openSync(this.#path, 'a');
    if (way === 1) return;
    writeFileSync(`${target}.gz`, gzipSync(readFileSync(target), { level: 1 }));
    rmSync(target);
  }

  close(): void {
    closeSync(this.#file);
  }
}

function startSink(context: TestContext, log: string, out: string): ChildProcess {
  const child = spawn(process.execPath, [sinkPath, log, out], { stdio: ['ignore', 'ignore', 'pipe'] });
  child.stderr?.on('data', bytes => context.diagnostic(String(bytes).trim()));
  context.after(() => child.kill('SIGKILL'));
  return child;
}

/** Numbers of the lines that were kept, without the positions between them. */
function keptNumbers(out: string): number[] {
  const numbers: number[] = [];
  for (const line of readFileSync(out, 'latin1').split('\n')) {
    const match =
      /^line (\d+) of a service that writes about as much as an access log does, \/index\.html 200$/.exec(
        line,
      );
    if (match !== null) numbers.push(Number(match[1]));
    else
      assert.ok(
        line === '' || line.startsWith('\0POSITION '),
        `torn line: ${JSON.stringify(line.slice(0, 80))}`,
      );
  }
  return numbers;
}

async function settled(out: string, last: number): Promise<void> {
  const deadline = Date.now() + 90_000;
  for (;;) {
    const text = readFileSync(out, 'latin1');
    const count = text.split('\nline ').length;
    if (count >= last && text.includes(`line ${last - 1} `)) return;
    assert.ok(Date.now() < deadline, `only ${count} of ${last} lines arrived`);
    await sleep(100);
  }
}

test('a log written at 50,000 lines a second, rotated and truncated, across kill -9', async context => {
  const folder = await temporaryFolder(context);
  const log = join(folder, 'app.log');
  const out = join(folder, 'out');
  writeFileSync(out, '');
  const writer = new BusyWriter(log);
  context.after(() => writer.close());
  let sink = startSink(context, log, out);
  // What was rotated away before a follower's first start is none of its business: wait for that start.
  writer.write(500);
  await settled(out, writer.written);
  let kills = 0;
  const start = performance.now();
  const seconds = 6;
  for (let tick = 0; tick < seconds * 100; tick += 1) {
    writer.write(500);
    if (tick % 35 === 34) writer.rotate();
    if (tick % 83 === 82) {
      sink.kill('SIGKILL');
      await once(sink, 'exit');
      kills += 1;
      sink = startSink(context, log, out);
    }
    const ahead = (tick + 1) * 10 - (performance.now() - start);
    if (ahead > 0) await sleep(ahead);
  }
  const rate = writer.written / ((performance.now() - start) / 1000);
  await settled(out, writer.written);
  await sleep(300);
  sink.kill('SIGKILL');
  await once(sink, 'exit');
  const numbers = keptNumbers(out).sort((a, b) => a - b);
  context.diagnostic(
    `${writer.written} lines at ${Math.round(rate)} lines/s, follower killed ${kills} times`,
  );
  assert.equal(numbers.length, writer.written);
  assert.ok(numbers.every((number, index) => number === index));
  assert.ok(kills >= 5);
});
