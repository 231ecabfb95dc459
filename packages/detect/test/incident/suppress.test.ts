/** Suppression: by rule and by values, with a reason and an end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Suppression } from '@redoubt/model';
import fc from 'fast-check';
import { Value } from 'typebox/value';
import { SuppressionError, Suppressions } from '../../src/index.ts';
import { chain, finding, noon, trackerWith } from './samples.ts';

const hour = 3_600_000;
const base = { reason: 'the backup does this', author: 'li', expires: noon + hour };
const backup = () =>
  finding({
    uid: 'f',
    rule: 'mass-read',
    evidence: { process: { ...chain('./backup/9'), cmd_line: './backup --all' } },
  });

function world() {
  let now = noon;
  const saved = new Map<string, Suppression>();
  const list = new Suppressions(
    suppression => saved.set(suppression.uid, suppression),
    [],
    () => now,
  );
  return {
    list,
    saved,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}

test('a rule, a value, or both: the finding stays, suppressed, with the reason; its incident does not open', () => {
  const cases = [
    { rule: 'mass-read' },
    { conditions: [{ field: 'evidences.process.file.path', value: '/srv/Backup' }] },
    { rule: 'mass-read', conditions: [{ field: 'evidences.process.cmd_line', value: './backup*' }] },
    { conditions: [{ field: 'device.hostname', value: 'WEB-*1' }] },
  ];
  for (const one of cases) {
    const { list, saved } = world();
    const made = list.add({ ...base, ...one });
    assert.deepEqual([...Value.Errors(Suppression, made)], []);
    const after = list.applyTo(backup());
    assert.equal(after.status_id, 3);
    assert.equal(after.comment, 'the backup does this');
    list.flush();
    assert.equal(saved.get(made.uid)?.hits, 1);
    const { tracker, told } = trackerWith();
    tracker.follow(after);
    assert.equal(told.size, 0);
  }
});

test('another rule, another value, or one of two values is not suppressed', () => {
  const { list } = world();
  list.add({ ...base, rule: 'other' });
  list.add({ ...base, conditions: [{ field: 'device.hostname', value: 'web' }] });
  list.add({
    ...base,
    rule: 'mass-read',
    conditions: [
      { field: 'device.hostname', value: 'web-01' },
      { field: 'evidences.process.file.path', value: '/usr/*' },
    ],
  });
  list.add({ ...base, conditions: [{ field: 'no.such.field', value: '*' }] });
  assert.equal(list.applyTo(backup()).status_id, 1);
});

test('it ends by itself, or before; what was decided by a person is left alone', () => {
  const { list, saved, pass } = world();
  const made = list.add({ ...base, rule: 'mass-read' });
  assert.equal(list.applyTo({ ...backup(), status_id: 2 }).status_id, 2);
  assert.equal(list.list().length, 1);
  pass(hour);
  assert.equal(list.applyTo(backup()).status_id, 1);
  assert.deepEqual(list.list(), []);
  const other = list.add({ ...base, rule: 'mass-read', expires: noon + 2 * hour });
  assert.equal(list.end(other.uid)?.expires_time, noon + hour);
  assert.equal(saved.get(other.uid)?.expires_time, noon + hour);
  assert.equal(list.end(made.uid), undefined);
  assert.equal(list.applyTo(backup()).status_id, 1);
});

test('what would suppress everything, has no reason, or no end within a year, is refused', () => {
  const { list } = world();
  const refused = [
    {},
    { rule: 'x', reason: '  ' },
    { rule: 'x', expires: noon },
    { rule: 'x', expires: noon + 400 * 24 * hour },
    { rule: 'x', expires: Number.NaN },
  ];
  for (const one of refused) assert.throws(() => list.add({ ...base, ...one }), SuppressionError);
});

test('they are known again after a restart, those that ended are not', () => {
  const { list, saved } = world();
  list.add({ ...base, rule: 'mass-read' });
  list.add({ ...base, rule: 'gone', expires: noon + 1 });
  const later = new Suppressions(
    () => {},
    [...saved.values()],
    () => noon + 10,
  );
  assert.deepEqual(
    later.list().map(({ rule }) => rule),
    ['mass-read'],
  );
  assert.equal(later.applyTo(backup()).status_id, 3);
});

test('a star stands for any text, as in the pattern language', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', 'b', 'ab', '*', '.', '/'), { maxLength: 8 }),
      fc.array(fc.constantFrom('a', 'b', '.', '/', 'A'), { minLength: 1, maxLength: 10 }),
      (pieces, letters) => {
        const value = pieces.join('') || '*';
        const text = letters.join('');
        const { list } = world();
        list.add({ ...base, conditions: [{ field: 'message', value }] });
        const pattern = value
          .split('*')
          .map(piece => RegExp.escape(piece))
          .join('.*');
        const expected = new RegExp(`^${pattern}$`, 'is').test(text);
        assert.equal(
          list.applyTo({ ...backup(), message: text }).status_id === 3,
          expected,
          `${value} on ${text}`,
        );
      },
    ),
    { numRuns: 500 },
  );
});
