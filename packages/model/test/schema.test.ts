/** Our builders make what TypeBox's make. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as Original } from 'typebox';
import { Value } from 'typebox/value';
import { buildEvent, Event, Finding, Type } from '../src/index.ts';

type Builders = typeof Type;

const samples: Record<keyof Builders, (builders: Builders) => unknown> = {
  Array: ({ Array: array, String: text }) => array(text(), { minItems: 1 }),
  Boolean: ({ Boolean: boolean }) => boolean({ description: 'yes or no' }),
  Enum: ({ Enum: oneOf }) => oneOf(['a', 'b']),
  Integer: ({ Integer: integer }) => integer({ minimum: 0 }),
  Literal: ({ Literal: literal }) => literal(2004),
  Null: builders => builders.Null(),
  Number: ({ Number: number }) => number({ maximum: 1 }),
  Object: ({ Object: object, String: text, Optional: maybe }) =>
    object({ needed: text(), left: maybe(text()) }, { description: 'both' }),
  Optional: ({ Object: object, Integer: integer, Optional: maybe }) => object({ left: maybe(integer()) }),
  Record: ({ Record: record, String: text, Integer: integer }) => record(text(), integer({ minimum: 0 })),
  String: ({ String: text }) => text({ maxLength: 3 }),
  Union: ({ Union: union, String: text, Null: none }) => union([text(), none()]),
  Unknown: ({ Unknown: unknown }) => unknown({ description: 'anything' }),
};

for (const [name, sample] of Object.entries(samples)) {
  test(`Type.${name} accepts and refuses what TypeBox's does`, () => {
    const ours = sample(Type) as never;
    const theirs = sample(Original) as never;
    const values = [
      null,
      true,
      0,
      -1,
      1.5,
      2004,
      '',
      'a',
      'long',
      [],
      ['x'],
      {},
      { needed: 'x' },
      { left: 3 },
    ];
    for (const value of values) {
      assert.equal(Value.Check(ours, value), Value.Check(theirs, value), JSON.stringify(value));
    }
  });
}

test('built events hold to the schema of events', () => {
  const event = buildEvent('file.create', 1_700_000_000_123.9, { file: { path: '/etc/passwd' } });
  assert.deepEqual([...Value.Errors(Event, event)], []);
  assert.equal(event.type_uid, 100_101);
  assert.equal(event.time, 1_700_000_000_123);
});

test('the schema of findings refuses a finding without reasons', () => {
  assert.equal(Value.Check(Finding, {}), false);
});
