/** From a rule's text to a finding, end to end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Finding, viewOf } from '@redoubt/model';
import { createDetector, describeProblem, RuleSet } from '../src/index.ts';

const rules = new URL('../../../content/rules', import.meta.url).pathname;

test('every rule of our own loads without a complaint', async () => {
  const { report } = await RuleSet.load(rules);
  assert.deepEqual([...report.refused, ...report.warnings].map(describeProblem), []);
  assert.ok(report.loaded > 0);
});

test('a program run from memory only becomes one finding with reasons, counted when it repeats', async () => {
  const found: Finding[] = [];
  const detector = createDetector(await RuleSet.load(rules), { onFinding: finding => found.push(finding) });
  const file = { path: '/memfd:x (deleted)', is_memfd: true, is_deleted: true };
  const event = buildEvent('process.exec', 1_000, { process: { pid: 7, cmd_line: 'x', file } });
  detector.evaluate(viewOf(event));
  detector.evaluate(viewOf({ ...event, time: 2_000 }));
  const about = found.filter(finding => finding.finding_info.analytic.uid === 'fileless-exec-memfd');
  assert.deepEqual(
    about.map(finding => [finding.activity_id, finding.count]),
    [
      [1, 1],
      [2, 2],
    ],
  );
  assert.equal(about[1]?.finding_info.last_seen_time, 2_000);
  assert.match(about[0]?.redoubt.reasons[0]?.text.zh ?? '', /内存/);
  assert.deepEqual(about[0]?.finding_info.attacks, [
    {
      tactic: { uid: 'TA0005', name: 'Defense Evasion' },
      technique: { uid: 'T1620', name: 'Reflective Code Loading' },
    },
  ]);
});
