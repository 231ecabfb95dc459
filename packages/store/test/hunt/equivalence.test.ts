/** The result of a hunt by SQL is that of the plain evaluator, on random events and random queries. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Event, viewOf } from '@redoubt/model';
import fc from 'fast-check';
import { batchOfEvents, openReader, openRecorder, runHunt } from '../../src/index.ts';
import { bootId, temporaryFolder } from '../support/samples.ts';
import { naiveHunt } from './naive.ts';

const paths = ['time', 'kind', 'file.path', 'unmapped.size', 'unmapped.flag', 'unmapped.list', 'status_id'];
const start = 1_700_000_000_000;

const value = fc.oneof(
  fc.constantFrom('a', 'B', 'é', '壁', '𠀋', '1', '01', '', 'true', "it's", '%', 'a|b'),
  fc.integer({ min: -3, max: 3 }),
  fc.boolean(),
  fc.constant(null),
);
const event = fc
  .record({
    kind: fc.constantFrom('file.create', 'file.unlink', 'process.exec'),
    time: fc.integer({ min: 0, max: 600_000 }),
    path: fc.option(fc.constantFrom('/a', '/b', '/ü', '/a|b'), { nil: undefined }),
    status: fc.option(fc.constantFrom(1, 2), { nil: undefined }),
    unmapped: fc.record(
      { size: value, flag: fc.boolean(), list: fc.array(value, { maxLength: 2 }) },
      { requiredKeys: [] },
    ),
  })
  .map(
    ({ kind, time, path, status, unmapped }): Event =>
      buildEvent(kind as 'file.create', start + time, {
        ...(path === undefined ? {} : { file: { path } }),
        ...(status === undefined ? {} : { status_id: status }),
        unmapped,
      }),
  );

const literal = fc.constantFrom('"a"', "'it\\'s'", '1', '-2', 'true', 'null', '"a|b"', '"壁"', '"%"', '0.5');
const comparison = fc
  .record({
    path: fc.integer(),
    operator: fc.constantFrom('=', '!=', 'in', 'exists', 'contains', '<'),
    literal,
  })
  .map(({ path, operator, literal: text }) => ({ path, operator, text }));

/** A query built together with the columns that each stage leaves. */
const query = fc
  .record({
    filter: fc.array(comparison, { maxLength: 2 }),
    stages: fc.array(
      fc.record({
        type: fc.constantFrom(
          'fields',
          'distinct',
          'count',
          'measures',
          'first',
          'last',
          'sort',
          'limit',
          'where',
        ),
        picks: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
        number: fc.integer({ min: 1, max: 4 }),
        flag: fc.boolean(),
        comparison,
      }),
      { maxLength: 4 },
    ),
  })
  .map(({ filter, stages }) => {
    let columns = paths.filter(path => path !== 'time');
    let hasTime = true;
    const test = ({ path, operator, text }: { path: number; operator: string; text: string }): string => {
      const name = columns[Math.abs(path) % columns.length] ?? '';
      if (operator === 'exists') return `${name} exists`;
      if (operator === 'in') return `${name} in (${text}, "B")`;
      if (text === 'null' && operator !== '=' && operator !== '!=') return `${name} != null`;
      if (operator === '<' && text === 'true') return `not ${name} = true`;
      return `${name} ${operator} ${text}`;
    };
    const segments = [filter.map(test).join(' or ') || '*'];
    for (const { type, picks, number, flag, comparison: compared } of stages) {
      const chosen = [...new Set(picks.map(pick => columns[pick % columns.length] ?? ''))];
      const bucket: string = flag && hasTime ? ', time(1m)' : '';
      const after: string[] = [...chosen, ...(bucket === '' ? [] : ['time'])];
      const measured = chosen[0] ?? '';
      if (type === 'fields' || type === 'distinct') {
        segments.push(`${type} ${chosen.join(', ')}${bucket}`);
        columns = chosen;
        hasTime = after.length > chosen.length;
      } else if (type === 'count' || type === 'measures') {
        const by = number === 4 ? '' : ` by ${chosen.join(', ')}${bucket}`;
        const n = `n${segments.length}`;
        const list =
          type === 'count'
            ? `count as ${n}`
            : `count as ${n}, dcount ${measured} as d${n}, min ${measured} as i${n}, max ${measured} as a${n}, sum ${measured} as s${n}, avg ${measured} as v${n}`;
        segments.push(`${list}${by}`);
        const names = type === 'count' ? [n] : [n, `d${n}`, `i${n}`, `a${n}`, `s${n}`, `v${n}`];
        columns = [...(by === '' ? [] : chosen), ...names];
        hasTime = by !== '' && after.length > chosen.length;
      } else if (type === 'first' || type === 'last') {
        segments.push(flag ? type : `${type} by ${chosen.join(', ')}`);
      } else if (type === 'sort') {
        segments.push(`sort ${chosen.map(name => (flag ? `-${name}` : name)).join(', ')}`);
      } else if (type === 'limit') segments.push(`limit ${number}`);
      else segments.push(`where ${test(compared)}`);
    }
    return segments.join(' | ');
  });

async function compare(events: readonly Event[], queries: readonly string[]): Promise<void> {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, bootId });
  for (let at = 0; at < events.length; at += 3) recorder.append(batchOfEvents(events.slice(at, at + 3)));
  await recorder.close();
  const reader = openReader(directory);
  try {
    for (const text of queries) {
      const { rows, columns } = await runHunt(reader, text);
      const expected = naiveHunt(events.map(viewOf), text, paths);
      const shown = columns.map(({ name }) => name);
      if (expected.names !== undefined) {
        assert.deepEqual(shown, expected.names, text);
        assert.deepEqual(rows, expected.rows, text);
      } else {
        // A hunt that names no columns shows those of its source: compare what both have.
        const common = paths.filter(path => shown.includes(path));
        const pick = (names: readonly string[], row: readonly unknown[]): unknown[] =>
          common.map(name => row[names.indexOf(name)]);
        assert.deepEqual(
          rows.map(row => pick(shown, row)),
          expected.rows.map(row => pick(paths, row)),
          text,
        );
      }
    }
  } finally {
    reader.close();
  }
}

test('SQL and the plain evaluator agree', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { minLength: 1, maxLength: 30 }),
      fc.array(query, { minLength: 8, maxLength: 12 }),
      compare,
    ),
    { numRuns: 40 },
  );
});
