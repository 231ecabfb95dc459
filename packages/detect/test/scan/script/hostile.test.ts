/** Broken, huge and hostile scripts end in a verdict or a clear bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BytesSubject, defaultLimits } from '../../../src/scan/index.ts';
import {
  judgeLimits,
  judgeScript,
  languageOf,
  makeScriptJudge,
  scriptLanguages,
  scriptTables,
} from '../../../src/scan/script/index.ts';

const limits = { ...judgeLimits, steps: 20_000 };
const tables = Object.fromEntries(
  Object.entries(scriptTables).map(([language, table]) => [language, { ...table, hints: [] }]),
) as unknown as typeof scriptTables;

test('bytes of any kind are judged, or a bound is named', async () => {
  const words = [
    '<?php ',
    '$_GET',
    '(',
    ')',
    '{',
    '}',
    ';',
    "'a'",
    '"${',
    '=',
    '.',
    'function f',
    '[',
    ']',
    '\n',
    'x',
    'if ',
    ':',
    '`',
    '$',
    '=> ',
    'class ',
  ];
  const script = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(fc.constantFrom(...words), { maxLength: 60 }).map(parts => parts.join('')),
  );
  await fc.assert(
    fc.asyncProperty(script, fc.constantFrom(...scriptLanguages), async (text, language) => {
      const judged = await judgeScript(text, language, limits, tables);
      assert.ok(judged.stopped === undefined || judged.stopped in limits, `${judged.stopped}`);
    }),
    { numRuns: 400 },
  );
});

test('deep nesting, long chains and recursion stop at a bound', async () => {
  const deep = `<?php $x = ${'('.repeat(20_000)}$_GET['a']${')'.repeat(20_000)};`;
  assert.equal((await judgeScript(deep, 'php')).stopped, 'depth');
  const long = `<?php ${'$a = $a . $_GET["x"];'.repeat(200)}`;
  assert.equal((await judgeScript(long, 'php')).stopped, undefined);
  const round =
    '<?php function a($x) { return b($x . "1"); } function b($x) { return a($x . "2"); } a($_GET["x"]);';
  assert.equal((await judgeScript(round, 'php')).stopped, undefined);
  const many = `<?php $a = $_GET["x"]; ${'if ($a) { $b = $a; }'.repeat(9_000)}`;
  assert.equal((await judgeScript(many, 'php', limits)).stopped, 'steps');
  const big = `<?php /* ${' '.repeat(judgeLimits.characters)} */`;
  assert.equal((await judgeScript(big, 'php')).stopped, 'characters');
});

test('a script that is not judged to its end is said to be so, not called clean', async () => {
  const engine = makeScriptJudge();
  const text = `<?php $x = ${'('.repeat(20_000)}$_GET['a']${')'.repeat(20_000)};`;
  const subject = new BytesSubject('/srv/www/a.php', [], Buffer.from(text));
  assert.equal(engine.accepts?.(subject), true);
  await assert.rejects(async () => engine.scan(subject, defaultLimits), /nested too deeply/);
});

test('languages are told from names, first lines and what stands in the text', () => {
  assert.equal(languageOf('a.php', '<?php echo 1;'), 'php');
  assert.equal(languageOf('a.jpg', 'JFIF.... <?php echo 1;'), 'php');
  assert.equal(languageOf('a', '#!/usr/bin/env python3\n'), 'python');
  assert.equal(languageOf('a', '#!/bin/dash\n'), 'shell');
  assert.equal(languageOf('a.mjs', 'export {}'), 'javascript');
  assert.equal(languageOf('a.txt', 'hello'), undefined);
  assert.equal(languageOf('a.inc', 'nothing of PHP'), undefined);
});

test('the tables that ship name the real functions', () => {
  const { php, javascript, python, shell } = scriptTables;
  const dangerOf = (table: typeof php, name: string): string | undefined => table.sinks[name]?.danger;
  for (const name of ['eval', 'assert', 'create_function']) assert.equal(dangerOf(php, name), 'code', name);
  for (const name of ['system', 'exec', 'passthru', 'shell_exec', 'popen', 'proc_open', 'pcntl_exec'])
    assert.equal(dangerOf(php, name), 'command', name);
  assert.equal(dangerOf(php, 'include'), 'load');
  assert.equal(dangerOf(php, 'unserialize'), 'objects');
  assert.equal(dangerOf(php, 'file_put_contents'), 'write');
  for (const name of ['eval', 'Function', 'vm.runInNewContext', 'vm.Script'])
    assert.equal(dangerOf(javascript, name), 'code', name);
  for (const name of ['child_process.exec', 'child_process.spawn', 'child_process.execFileSync'])
    assert.equal(dangerOf(javascript, name), 'command', name);
  for (const name of ['eval', 'exec', 'compile']) assert.equal(dangerOf(python, name), 'code', name);
  for (const name of [
    'os.system',
    'os.popen',
    'subprocess.run',
    'subprocess.Popen',
    'subprocess.check_output',
  ])
    assert.equal(dangerOf(python, name), 'command', name);
  assert.equal(dangerOf(python, 'pickle.loads'), 'objects');
  for (const name of ['eval', 'sh', 'bash', 'python3']) assert.equal(dangerOf(shell, name), 'code', name);
  for (const [language, table] of Object.entries(scriptTables)) {
    assert.ok(table.sources.length > 0, language);
    for (const name of Object.keys(table.sinks)) assert.ok(!table.clears.has(name), `${language} ${name}`);
  }
});
