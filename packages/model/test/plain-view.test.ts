/** Dotted paths over plain events. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { buildEvent, valueAt, viewOf } from '../src/index.ts';

test('a path passes through objects and arrays', () => {
  const view = viewOf(
    buildEvent('dns.answer', 0, {
      answers: [
        { type: 'A', rdata: '192.0.2.1' },
        { type: 'A', rdata: '192.0.2.2' },
      ],
      query: { hostname: 'example.org' },
    }),
  );
  assert.equal(view.get('query.hostname'), 'example.org');
  assert.deepEqual(view.get('answers.rdata'), ['192.0.2.1', '192.0.2.2']);
  assert.equal(view.get('answers.ttl'), undefined);
  assert.equal(view.get('query'), undefined);
});

test('null is a value, absence is not', () => {
  assert.equal(valueAt({ unmapped: { x: null } }, 'unmapped.x'), null);
  assert.equal(valueAt({ unmapped: {} }, 'unmapped.x'), undefined);
});

test('an event of an unknown kind is refused by name', () => {
  const event = buildEvent('file.create', 0);
  event.metadata.event_code = 'file.invented';
  assert.throws(() => viewOf(event), /"file\.invented"/);
});

test('any data and any path end in scalars, never in what objects inherit', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (data, path) => {
      const value = valueAt(data, path);
      for (const item of Array.isArray(value) ? value : [value]) {
        assert.ok(item === undefined || item === null || typeof item !== 'object');
        assert.notEqual(typeof item, 'function');
      }
    }),
  );
});
