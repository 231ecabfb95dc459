/** Real processes: clean ones are silent, odd ones are found by name. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { goldenOf, MemoryChecker, memoryFinding, parseGolden } from '../../src/memory/index.ts';
import { parseMaps } from '../../src/memory/maps.ts';
import { parseSyscall } from '../../src/memory/threads.ts';
import { buildOdd, type Oddity } from './support.ts';

let odd: ReturnType<typeof buildOdd>;
const checker = new MemoryChecker();
before(() => {
  odd = buildOdd();
});
after(() => {
  odd?.clean();
  checker.close();
});

async function kindsOf(what: Oddity): Promise<string[]> {
  const child = await odd.start(what);
  const check = await checker.check(child.pid ?? 0);
  for (const one of check?.observations ?? []) {
    const { redoubt } = memoryFinding(check as NonNullable<typeof check>, one);
    assert.doesNotMatch(redoubt.title.en + redoubt.title.zh, /\{\w+\}/);
  }
  child.stdin?.end();
  return (check?.observations ?? []).map(one =>
    `${one.kind} ${one.facts['function'] ?? one.facts['symbol'] ?? ''}`.trim(),
  );
}

test('a clean program gives no finding', async () => {
  assert.deepEqual(await kindsOf('clean'), []);
});

test('an executable page without a file', async () => {
  assert.deepEqual(await kindsOf('map'), ['region.anonymous']);
});

test('a program that runs from a memfd, told once', async () => {
  assert.deepEqual(await kindsOf('memfd'), ['program.memfd']);
});

test('a program that removed its own file', async () => {
  assert.deepEqual(await kindsOf('gone'), ['program.deleted']);
});

test('a changed function is found by its name', async () => {
  const [first, ...more] = await kindsOf('patch');
  assert.match(first ?? '', /^text\.changed patched_function/);
  assert.deepEqual(more, []);
});

test('memory is searched with the rules that the check is given', async t => {
  const marker = 'REDOUBT-MEMORY-TEST-MARKER';
  const match = (piece: Buffer) => (piece.includes(`${marker}=set`) ? [{ rule: 'marker', severity: 4 }] : []);
  const searching = new MemoryChecker({ match });
  t.after(() => searching.close());
  const kinds = async (environment: NodeJS.ProcessEnv) => {
    const child = await odd.start('clean', environment);
    const check = await searching.check(child.pid ?? 0);
    child.stdin?.end();
    return check?.observations.map(({ kind, subject }) => `${kind} ${subject}`);
  };
  assert.deepEqual(await kinds({ [marker]: 'set' }), ['memory.rule marker']);
  assert.deepEqual(await kinds({ [marker]: 'other' }), []);
});

test('an import that leads elsewhere is found by its symbol', async () => {
  const child = await odd.start('hook');
  const check = await checker.check(child.pid ?? 0);
  assert.deepEqual(
    check?.observations.map(one => [one.kind, one.facts['symbol'], one.facts['function']]),
    [['import.redirected', 'getppid', 'patched_function']],
  );
});

test('runtimes that make code are known, and silent', async () => {
  // A WebAssembly module of one function that returns 42.
  const wasm = '0061736d010000000105016000017f03020100070501016600000a06010400412a0b';
  const node = spawn(process.execPath, [
    '-e',
    `const wasm = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from("${wasm}", "hex"))); if (wasm.exports.f() !== 42) throw 1;` +
      'let s = 0; for (let i = 0; i < 3e7; i++) s += i % 7; console.log(s); setInterval(() => {}, 1e6)',
  ]);
  const python = spawn('python3', [
    '-c',
    'import ctypes,time; f = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x); print(1, flush=True); time.sleep(600)',
  ]);
  try {
    for (const [child, runtime] of [
      [node, 'V8'],
      [python, undefined],
    ] as const) {
      await once(child.stdout, 'data');
      const check = await checker.check(child.pid ?? 0);
      assert.deepEqual(check?.observations, []);
      if (runtime !== undefined) assert.ok((check?.recognised[runtime] ?? 0) > 0);
    }
  } finally {
    node.kill('SIGKILL');
    python.kill('SIGKILL');
  }
});

test('golden code of another run of the same program is equal, and a changed page is not', async () => {
  const child = await odd.start('clean');
  const pid = child.pid ?? 0;
  const image = parseGolden(JSON.stringify(goldenOf([pid], 'host')));
  assert.ok(image.files.some(file => file.path.includes('/odd-clean')));
  const same = new MemoryChecker({ golden: image });
  assert.deepEqual((await same.check(pid))?.observations, []);
  same.close();
  const files = image.files.map(file => ({
    ...file,
    segments: file.segments.map(segment => ({
      ...segment,
      pages: segment.pages.map(page => (file.path.includes('/odd-clean') ? '0' : page)),
    })),
  }));
  const other = new MemoryChecker({ golden: { ...image, files } });
  assert.deepEqual(
    (await other.check(pid))?.observations.map(one => one.kind),
    ['golden.changed'],
  );
  other.close();
  assert.throws(() => parseGolden('{}'));
});

test('a process that does not exist is an error; a kernel thread is nothing', async () => {
  await assert.rejects(checker.check(4_194_304), /no process/);
});

test('any text in place of /proc files is taken or left, never thrown at', () => {
  const address = fc.nat(0xffffff).map(value => value.toString(16).padStart(8, '0'));
  const line = fc
    .tuple(
      address,
      address,
      fc.constantFrom('r-xp', 'rw-p', '---s'),
      fc.constantFrom('', '/a b (deleted)', '[stack]', '/memfd:x (deleted)', '/x\\012y'),
    )
    .map(([start, end, flags, path]) => `${start}-${end} ${flags} 00000000 fe:00 12 ${path}`);
  fc.assert(
    fc.property(fc.array(fc.oneof(line, fc.string())), lines => {
      const { mappings, damaged } = parseMaps(lines.join('\n'));
      assert.ok(mappings.length + damaged <= lines.join('\n').split('\n').length);
    }),
  );
  fc.assert(fc.property(fc.string(), text => parseSyscall(text) === undefined || text.includes(' ')));
  assert.deepEqual(parseSyscall('0 0x0 0x7ffd 0x1 0x0 0x0 0x0 0x7ffe10 0x7f12\n'), {
    stack: 0x7ffe10,
    counter: 0x7f12,
  });
  assert.equal(parseSyscall('running\n'), undefined);
});
