/** Playbooks: reading them, running them, who agrees, and what becomes of a run that dies. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { draftFinding, type Finding } from '@redoubt/model';
import fc from 'fast-check';
import { ActionError, type ActionKind, Responder } from '../../src/response/index.ts';
import {
  isFor,
  type Playbook,
  PlaybookRunner,
  parsePlaybook,
  readPlaybooks,
} from '../../src/response/playbook/index.ts';
import { YamlError } from '../../src/yaml/index.ts';
import { Fate, fileCalls } from '../ladder/support/mortal.ts';
import { fileKind, inForce } from './support/file-kind.ts';
import { fileJournal, journalOf, lastWord, testFolder } from './support/folder.ts';

const kinds = [
  'write-word',
  'isolate-host',
  'suspend-tree',
  'kill-tree',
  'block-address',
  'disable-account',
  'quarantine-file',
];

function written(steps: string, more = ''): string {
  return `name: test
title: {en: Test, zh: 测试}
description: {en: A test, zh: 测试}
when: {techniques: [T1486], severity: high}
${more}
steps:
${steps}`;
}

const two = written(`  - {name: first, action: write-word, target: {word: $input.first}}
  - {name: second, action: write-word, target: {word: '$finding.evidences[0].process.name'}}
`);

const finding: Finding = draftFinding({
  analytic: { uid: 'rule-1', name: 'rule' },
  title: { en: 't', zh: 't' },
  description: { en: 'd', zh: 'd' },
  severity: 4,
  reasons: [{ field: 'x', value: 'y', text: { en: 'r', zh: 'r' } }],
  evidences: [{ process: { name: 'second', pid: 5 } }],
  dedupKey: 'k',
  mlps: ['8.1.4.4'],
  advice: { en: 'a', zh: 'a' },
});

const unarmed = { point: () => undefined };

interface Opened {
  readonly responder: Responder;
  readonly runner: PlaybookRunner;
}

async function opened(
  folder: string,
  fate: Pick<Fate, 'point'> = unarmed,
  now?: { wall: number },
): Promise<Opened> {
  const point = (): void => fate.point();
  const common = {
    stateDirectory: folder,
    journal: fileJournal(folder, point),
    calls: fileCalls(fate),
    ...(now && { moment: () => ({ wall: now.wall, uptime: now.wall, bootId: 'a' }) }),
  };
  const responder = await Responder.open({
    ...common,
    kinds: [fileKind(folder, 'undo', { point }) as unknown as ActionKind],
  });
  return { responder, runner: await PlaybookRunner.open({ ...common, responder }) };
}

const request = { by: 'ann', inputs: { first: 'first' } };

test('a run takes its steps with values of finding and person, once, and undoes them in reverse', async context => {
  const folder = testFolder(context);
  const { runner } = await opened(folder);
  const playbook = parsePlaybook(two, 'two.yml', kinds);
  const dry = await runner.dryRun(playbook, finding, {});
  assert.match(dry[0]?.error?.en ?? '', /--set first=VALUE/);
  assert.deepEqual(dry[1]?.target, { word: 'second' });
  await assert.rejects(runner.start(playbook, finding, { by: 'ann' }), /--set first/);
  assert.deepEqual(journalOf(folder), [], 'a dry run changes nothing');
  const run = await runner.start(playbook, finding, request);
  assert.equal(run.status, 'done');
  assert.equal(inForce(folder), 'second');
  assert.equal((await runner.start(playbook, finding, request)).uid, run.uid, 'the same run');
  assert.equal((await runner.undo(run.uid, 'bob')).status, 'undone');
  assert.equal(inForce(folder), '');
  assert.equal(lastWord(folder), 'playbook.undo undone');
  assert.notEqual((await runner.start(playbook, finding, request)).uid, run.uid, 'a new attempt');
});

test('what stood before a run is joined, and left when the run is undone', async context => {
  const folder = testFolder(context);
  const { responder, runner } = await opened(folder);
  const before = await responder.run({ kind: 'write-word', target: { word: 'first' }, by: 'bob' });
  const run = await runner.start(parsePlaybook(two, 'two.yml', kinds), finding, request);
  await runner.undo(run.uid, 'ann');
  assert.equal(responder.view(before.uid).status, 'done');
  assert.equal(inForce(folder), 'first');
});

test('a step that fails takes the run back, keeps it, or is passed over, as the playbook says', async context => {
  const steps = (more: string): string => `  - {name: first, action: write-word, target: {word: one}}
  - {name: second, action: write-word, target: {word: forbidden}${more}}
`;
  const cases = [
    { text: written(steps('')), status: 'failed', stands: '' },
    { text: written(steps(''), 'on_failure: keep'), status: 'failed', stands: 'one' },
    { text: written(steps(', optional: true')), status: 'done', stands: 'one' },
  ];
  for (const { text, status, stands } of cases) {
    const folder = testFolder(context);
    const { runner } = await opened(folder);
    const run = await runner.start(parsePlaybook(text, 'x.yml', kinds), finding, request);
    assert.equal(run.status, status);
    assert.equal(inForce(folder), stands);
    assert.equal(lastWord(folder), `playbook.run ${status}`);
  }
});

test('two people must agree, neither twice nor who started it, and in time', async context => {
  const folder = testFolder(context);
  const now = { wall: 1_000_000 };
  const { runner } = await opened(folder, unarmed, now);
  const text = written(
    `  - {name: first, action: write-word, target: {word: one}, approval: {people: 2, within: 15m}}\n`,
  );
  const playbook = parsePlaybook(text, 'x.yml', kinds);
  const { uid, status } = await runner.start(playbook, finding, request);
  assert.equal(status, 'waiting');
  const refusedAs = (code: string) => (error: unknown) => error instanceof ActionError && error.code === code;
  await assert.rejects(runner.approve(uid, 'Ann '), refusedAs('conflict'));
  await assert.rejects(runner.approve(uid, 'ann (console)'), refusedAs('conflict'));
  await runner.approve(uid, 'bob');
  await assert.rejects(runner.approve(uid, 'BOB'), refusedAs('conflict'));
  assert.equal(inForce(folder), '');
  const again = await opened(folder, unarmed, now);
  assert.equal((await again.runner.approve(uid, 'eve')).status, 'done');
  assert.equal(inForce(folder), 'one');
  await assert.rejects(again.runner.approve(uid, 'dan'), refusedAs('conflict'));
  await again.runner.undo(uid, 'ann');
  const late = await again.runner.start(playbook, finding, request);
  now.wall += 900_000;
  await again.runner.tick();
  assert.equal(again.runner.view(late.uid).status, 'expired');
  assert.equal(inForce(folder), '');
});

test('dead at any point of a run or of its undoing, it goes on after the next start and does nothing twice', async (context: TestContext) => {
  const playbook = parsePlaybook(two, 'two.yml', kinds);
  const origin = testFolder(context);
  const folder = testFolder(context);
  const fresh = (from: string | undefined): void => {
    rmSync(folder, { recursive: true, force: true });
    if (from !== undefined) cpSync(from, folder, { recursive: true });
  };
  const { uid } = await (await opened(origin)).runner.start(playbook, finding, request);
  for (const how of ['start', 'undo'] as const) {
    const step = async (fate: Fate): Promise<void> => {
      fresh(how === 'undo' ? origin : testFolder(context));
      let isArmed = false;
      const { runner } = await opened(folder, { point: () => isArmed && fate.point() } as Pick<
        Fate,
        'point'
      >);
      isArmed = true;
      if (how === 'start') await runner.start(playbook, finding, request);
      else await runner.undo(uid, 'ann');
    };
    const whole = new Fate(0);
    await step(whole);
    assert.ok(whole.points > 60, `only ${whole.points}`);
    for (let at = 1; at <= whole.points; at += 7) {
      const fate = new Fate(at);
      await step(fate).catch(() => undefined);
      assert.ok(fate.isDead);
      const { runner, responder } = await opened(folder);
      const run = runner.list()[0];
      const stands = inForce(folder);
      const where = `${how}, point ${at}: ${run?.status}, "${stands}"`;
      assert.ok(run === undefined || run.status === 'done' || run.status === 'undone', where);
      assert.equal(stands, run?.status === 'done' ? 'second' : '', where);
      if (run !== undefined)
        assert.match(
          lastWord(folder),
          run.status === 'done' ? /playbook.run done|action.renew done/ : /playbook.undo undone/,
          where,
        );
      const standing = responder.list().filter(({ status }) => status === 'done');
      assert.equal(standing.length, run?.status === 'done' ? 2 : 0, where);
    }
  }
});

test('what is wrong in a playbook is told with file, line and key', () => {
  const step = '  - {name: a, action: write-word, target: {}}\n';
  const cases: [text: string, message: RegExp][] = [
    [written(step).replace('severity: high', 'severity: huge'), /x\.yml:4: when\.severity: "huge"/],
    [written(step, 'automatik: true'), /x\.yml:5: automatik: is not a known key/],
    [written(step.replace('write-word', 'nuke')), /x\.yml:7: steps\[0\]\.action: "nuke" is none of/],
    [written(step.replace('target: {}', 'for: long')), /x\.yml:7: steps\[0\]\.for/],
    [
      written(step.replace('target: {}', 'approval: {people: 9, within: 1h}')),
      /steps\[0\]\.approval\.people/,
    ],
    [written(step.replace('target: {}', 'approval: {people: 2}')), /steps\[0\]\.approval: within is missing/],
    [written(step + step), /steps: two steps have the same name/],
    [written('  []'), /steps: must be from 1 to/],
    ['name: [', /x\.yml:1: not YAML/],
    ['- a', /must be a mapping/],
    [`a: &a [1]\nb: &b [${'*a, '.repeat(30)}]\nc: [${'*b, '.repeat(30)}]`, /x\.yml:/],
    ['x'.repeat(1_000_001), /longer than/],
  ];
  for (const [text, message] of cases)
    assert.throws(
      () => parsePlaybook(text, 'x.yml', kinds),
      (error: unknown) => error instanceof YamlError && message.test(error.message),
      String(message),
    );
});

test('any text is a playbook or a complaint', () => {
  const pieces = fc.constantFrom(...two.split(/(?<=[\s{},:])/), '&a ', '*a', '[', '!!', '"', '\u0000');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 60 }), words => {
      try {
        parsePlaybook(words.join(''), 'x.yml', kinds);
      } catch (error) {
        assert.ok(error instanceof YamlError, String(error));
      }
    }),
    { numRuns: 300 },
  );
});

test('the playbooks that ship are whole, and start only by hand; a copy of the operator may start by itself', context => {
  const shipped = join(import.meta.dirname, '../../../../content/playbooks');
  const { playbooks, troubles } = readPlaybooks(shipped, testFolder(context), kinds);
  assert.deepEqual(troubles, []);
  assert.equal(playbooks.length, readdirSync(shipped).length);
  assert.ok(playbooks.every(({ automatic }) => !automatic));
  const ransomware = playbooks.find(({ name }) => name === 'ransomware') as Playbook;
  const about = (technique: string, severity: number): Finding => ({
    ...finding,
    severity_id: severity,
    finding_info: {
      ...finding.finding_info,
      attacks: [{ tactic: { uid: 'TA0040', name: 'Impact' }, technique: { uid: technique, name: '' } }],
    },
  });
  assert.ok(isFor(ransomware, about('T1486', 5)));
  assert.ok(!isFor(ransomware, about('T1486', 3)));
  assert.ok(!isFor(ransomware, about('T1485', 5)));
  const own = readPlaybooks(testFolder(context), shipped, kinds);
  assert.equal(own.playbooks.length, playbooks.length);
});
