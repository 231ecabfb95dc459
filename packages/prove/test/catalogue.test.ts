import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drills, drillsNamed } from '../src/index.ts';

test('names are unique, and each drill says what it does in both languages', () => {
  assert.equal(new Set(drills.map(drill => drill.name)).size, drills.length);
  for (const drill of drills) {
    assert.match(drill.name, /^[a-z0-9]+(-[a-z0-9]+)*$/);
    assert.match(drill.technique.uid, /^T\d{4}(\.\d{3})?$/);
    assert.ok(drill.rules.length > 0, `${drill.name} expects no rule`);
    for (const text of [drill.title, drill.what]) {
      assert.match(text.zh, /\p{Script=Han}/u, `${drill.name} has no Chinese text`);
      assert.doesNotMatch(text.en, /\p{Script=Han}/u, `${drill.name} has no English text`);
    }
  }
});

test('the tag of a run stands in the step, or in the directory that the step works in', () => {
  for (const drill of drills) {
    const tag = 'redoubt-drill-0123456789ab';
    const step = drill.step({ tag, directory: `/tmp/${tag}`, emptyObject: '/x/empty.so' });
    assert.ok(
      step.some(argument => argument.includes(tag)),
      `${drill.name} cannot be told from another run`,
    );
  }
});

test('an unknown name is refused by name', () => {
  assert.throws(() => drillsNamed(['fileless-exec', 'no-such-drill']), /no-such-drill/);
});
