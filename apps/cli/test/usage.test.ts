import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventKinds } from '../src/commands/events.ts';
import { allCommands } from '../src/commands.ts';
import { CommandError } from '../src/exit.ts';
import { languageOf } from '../src/language.ts';
import { numberOption, timeOption } from '../src/options.ts';
import { redoubt } from './cli.ts';

const han = /\p{Script=Han}/u;

test('every command has help in both languages', async () => {
  for (const command of await allCommands()) {
    const [english, chinese] = await Promise.all([
      redoubt(['help', command.name, '--lang', 'en']),
      redoubt(['help', command.name, '--lang', 'zh']),
    ]);
    assert.deepEqual([english.code, chinese.code], [0, 0]);
    assert.doesNotMatch(english.stdout, han, command.name);
    assert.match(chinese.stdout, han, command.name);
    for (const name of Object.keys(command.options)) assert.match(chinese.stdout, new RegExp(`--${name}\\b`));
    for (const option of Object.values(command.options)) {
      assert.match(option.help.zh, han);
      assert.doesNotMatch(option.help.en, han);
    }
  }
});

test('--help after a command is help for it; alone, for the whole', async () => {
  const [one, whole, none] = await Promise.all([
    redoubt(['events', '--help']),
    redoubt(['--help']),
    redoubt([]),
  ]);
  assert.match(one.stdout, /redoubt events \[--follow\]/);
  assert.equal(whole.stdout, none.stdout);
  assert.equal(none.code, 0);
});

test('a wrong command line ends with 2 and says what is wrong in the language asked for', async () => {
  for (const words of [
    ['no-such-command'],
    ['events', '--no-such-option'],
    ['events', '--limit', 'many'],
    ['events', '--since', 'yesterday'],
    ['events', '--kind', 'no.kind'],
    ['drill', 'no-such-drill'],
    ['bench', 'no-such-bench'],
    ['rules', 'dance'],
    ['content', 'dance'],
    ['hunt'],
    ['hunt', '* | dance'],
    ['hunt', '* | count', '--timeout', '0'],
    ['detect'],
    ['service', 'dance'],
    ['baseline', 'dance'],
    ['baseline', 'create', 'nothing-of-this-name'],
    ['findings', 'dance'],
    ['ps', 'name'],
    ['inventory', 'dance'],
    ['inventory', 'accounts', '--root', '/nonexistent'],
    ['rootkit'],
    ['up', '--mode', 'fast'],
    ['help', 'no-such-command'],
    ['status', '--lang', 'fr'],
  ]) {
    const [english, chinese] = [await redoubt(words), await redoubt(words, { LANG: 'zh_CN.UTF-8' })];
    assert.deepEqual([english.code, chinese.code], [2, 2], `${words.join(' ')}: ${english.stderr}`);
    assert.doesNotMatch(english.stderr, han);
    assert.match(chinese.stderr, han, words.join(' '));
    assert.equal(english.stdout, '');
  }
});

test('without an agent, commands end with 3 and name ./redoubt up', async () => {
  for (const words of [
    ['status'],
    ['ps'],
    ['events'],
    ['events', '-f'],
    ['findings'],
    ['hunt', '* | count'],
    ['drill', 'wx-memory'],
    ['findings', 'resolve', 'x'],
  ]) {
    const ended = await redoubt(words);
    assert.equal(ended.code, 3, words.join(' '));
    assert.match(ended.stderr, /redoubt up/, words.join(' '));
  }
});

test('--json prints JSON', async () => {
  for (const words of [
    ['version'],
    ['doctor'],
    ['inventory', 'accounts'],
    ['drill', '--list'],
    ['bench'],
    ['rules', 'list'],
    ['rules', 'check'],
    ['rules', 'coverage'],
    ['hunt', 'list'],
    ['content', 'list'],
    ['service', 'install', '--dry-run'],
  ]) {
    const { stdout } = await redoubt([...words, '--json']);
    assert.doesNotThrow(() => JSON.parse(stdout), words.join(' '));
  }
});

test('doctor names the cost of everything that is not there, in both languages', async () => {
  const { stdout } = await redoubt(['doctor', '--json']);
  const { checks } = JSON.parse(stdout) as {
    checks: { id: string; state: string; cost?: { en: string; zh: string } }[];
  };
  assert.equal(new Set(checks.map(check => check.id)).size, checks.length);
  for (const check of checks.filter(one => one.state === 'limited' || one.state === 'missing')) {
    assert.match(check.cost?.zh ?? '', han, check.id);
    assert.match(check.cost?.en ?? '', /\w/, check.id);
  }
});

test('a reader that has seen enough ends the command quietly', async () => {
  const { execFileSync } = await import('node:child_process');
  const main = new URL('../src/main.ts', import.meta.url).pathname;
  const output = execFileSync('sh', [
    '-c',
    `"${process.execPath}" "${main}" drill --list | head -n 1`,
  ]).toString();
  assert.equal(output.split('\n').length, 2);
});

test('the language comes from the locale', () => {
  assert.equal(languageOf({ LANG: 'zh_CN.UTF-8' }), 'zh');
  assert.equal(languageOf({ LC_ALL: 'C', LANG: 'zh_CN.UTF-8' }), 'en');
  assert.equal(languageOf({ LC_MESSAGES: 'zh_TW', LANG: 'en_US' }), 'zh');
  assert.equal(languageOf({}), 'en');
});

test('option values', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');
  assert.equal(timeOption({ since: '15m' }, 'since', now), now - 900_000);
  assert.equal(timeOption({ since: '2026-01-31T11:00:00Z' }, 'since', now), now - 3_600_000);
  assert.equal(timeOption({}, 'since', now), undefined);
  assert.throws(() => timeOption({ since: '12' }, 'since', now), CommandError);
  assert.equal(numberOption({ limit: '7' }, 'limit', { min: 1, max: 9, otherwise: 3 }), 7);
  for (const limit of ['0', '10', '-1', '1e3', ' 5', '']) {
    assert.throws(() => numberOption({ limit }, 'limit', { min: 1, max: 9, otherwise: 3 }), CommandError);
  }
  assert.deepEqual(eventKinds(['process.exec,process.exit']), ['process.exec', 'process.exit']);
  assert.ok(eventKinds(['file.*']).every(kind => kind.startsWith('file.')));
  assert.throws(() => eventKinds(['fil']), CommandError);
});
