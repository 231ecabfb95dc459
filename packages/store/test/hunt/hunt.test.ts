/** What hunts refuse, where they stop, and the tables besides events. */
import assert from 'node:assert/strict';
import { readdirSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { buildEvent } from '@redoubt/model';
import fc from 'fast-check';
import {
  batchOfEvents,
  explainHunt,
  HuntTooLarge,
  openReader,
  openRecorder,
  type Reader,
  runHunt,
  WhereError,
} from '../../src/index.ts';
import { bootId, sampleFinding, sampleProcess, temporaryFolder } from '../support/samples.ts';

const start = 1_700_000_000_000;
const count = 30_000;
let reader: Reader;

before(async () => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory, bootId, maxQueueBytes: 256 << 20 });
  const events = Array.from({ length: count }, (_, index) =>
    buildEvent(index % 3 === 0 ? 'file.create' : 'file.unlink', start + index * 1000, {
      file: { path: `/srv/${index}` },
      unmapped: { text: `'; drop table s0; -- ${index}` },
    }),
  );
  for (let at = 0; at < count; at += 5000) recorder.append(batchOfEvents(events.slice(at, at + 5000)));
  recorder.saveProcesses([sampleProcess(7)]);
  recorder.saveFinding(sampleFinding('f-1'));
  await recorder.close();
  reader = openReader(directory);
});
after(() => reader.close());

function columnOf(query: string): number {
  try {
    explainHunt(query);
  } catch (error) {
    assert.ok(error instanceof WhereError, String(error));
    assert.match(error.text.zh, /\p{Script=Han}/u);
    return error.column;
  }
  assert.fail(`"${query}" was taken`);
}

test('an error names its column in the whole query', () => {
  for (const [query, column] of [
    ['kind = file.create | dance', 22],
    ['kind = file.create | count by file.pth', 31],
    ['file.pth = 1 | count', 1],
    ['kind = file.create and not nothing.here exists', 28],
    ['* | count by file.path | sort -size', 31],
    ['* | count by file.path | where file.name = 1', 32],
    ['* | count by file.path(5m)', 14],
    ['* | count by time(5x)', 19],
    ['* | count by time(0m)', 19],
    ['* | limit 0', 11],
    ['* | limit many', 11],
    ['* | count, count', 12],
    ['* | fields file.path as "x"', 25],
    ['from nowhere | count', 6],
    ['from process kind = a', 14],
    ['from process user_id = 0 | fields file.path', 35],
    ['kind = | count', 8],
    ["file.path = 'a | count", 13],
    ['* | count by', 13],
    ['* |', 4],
    ['* | fields a;b', 12],
    ['actor.process = 1', 1],
  ] as const) {
    assert.equal(columnOf(query), column, query);
  }
  assert.throws(() => explainHunt('file.pth = 1'), /did you mean file\.path/);
  columnOf(`*${' | limit 1'.repeat(21)}`);
});

test('no text of a query reaches the SQL', () => {
  const own =
    /^(?:select|create|table|as|from|order|by|rowid|where|in|limit|group|desc|min|max|sum|avg|count|distinct|case|when|then|end|typeof|floor|keeps|s\d+|c\d+|r\d+|integer|real|\d+)$/;
  fc.assert(
    fc.property(fc.string(), fc.stringMatching(/^[a-z_][a-z0-9_]{0,9}$/), (text, name) => {
      const quoted = JSON.stringify(text.replaceAll(/[^\x20-\x7e]/g, ''));
      const query = `unmapped.text = ${quoted} | count as ${name} by unmapped.x${name} | where ${name} != ${quoted} | sort -${name}`;
      let lines: string[];
      try {
        lines = explainHunt(query).slice(1);
      } catch (error) {
        assert.ok(error instanceof WhereError);
        return;
      }
      for (const word of lines.join(' ').match(/[A-Za-z_]\w*/g) ?? []) assert.match(word, own);
    }),
  );
});

test('any text is a hunt or an error with a place, never anything else', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc
          .array(
            fc.constantFrom('kind', '=', '|', 'count', 'by', '(', ')', ',', 'time', '5m', '"a"', 'sort', '-'),
          )
          .map(words => words.join(' ')),
      ),
      text => {
        try {
          explainHunt(text);
        } catch (error) {
          assert.ok(error instanceof WhereError, String(error));
          assert.ok(error.column >= 1 && error.column <= text.length + 1);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('times, kinds and sequence numbers narrow what is read', async () => {
  const all = await runHunt(reader, 'kind = file.create | count');
  assert.deepEqual([all.scanned, all.rows], [count / 3, [[count / 3]]]);
  const early = await runHunt(reader, '* | count', { to: start + 9000 });
  assert.deepEqual(early.rows, [[10]]);
  const none = await runHunt(reader, 'kind = file.create | count', { kinds: ['file.unlink'] });
  assert.deepEqual([none.scanned, none.rows], [0, [[0]]]);
  const further = await runHunt(reader, '* | count', { filter: event => event.sequence % 2 === 0 });
  assert.deepEqual(further.rows, [[count / 2]]);
});

test('spans of time', async () => {
  const { rows, columns } = await runHunt(reader, '* | count by time(1h) | sort -count | limit 2');
  assert.deepEqual(
    columns.map(({ name, isTime }) => [name, isTime]),
    [
      ['time', true],
      ['count', false],
    ],
  );
  assert.deepEqual(
    rows.map(row => [Number(row[0]) % 3_600_000, row[1]]),
    [
      [0, 3600],
      [0, 3600],
    ],
  );
});

test('a limit ends the reading; a result that is cut says so', async () => {
  const { scanned, cut } = await runHunt(reader, '* | limit 3');
  assert.ok(scanned < count);
  assert.deepEqual(cut, []);
  const many = await runHunt(reader, '* | fields file.path', { resultLimit: 10 });
  assert.equal(many.rows.length, 10);
  assert.equal(many.total, count);
  assert.match(many.cut[0]?.en ?? '', /first 10 of 30000/);
});

test('the time limit ends the reading and says so', async () => {
  const { rows, cut } = await runHunt(reader, '* | count', { timeLimit: 0 });
  assert.ok(Number(rows[0]?.[0]) < count);
  assert.match(cut[0]?.en ?? '', /time limit/);
});

test('what does not fit in memory goes to a file that goes away; more than that is refused', async () => {
  const query = '* | fields file.path, unmapped.text | sort -file.path | limit 1';
  const open = (): string[] =>
    readdirSync('/proc/self/fd').flatMap(name => {
      try {
        return [readlinkSync(`/proc/self/fd/${name}`)];
      } catch {
        return [];
      }
    });
  let spilled = false;
  const small = await runHunt(reader, query, {
    memoryBytes: 64 << 10,
    onProgress: () => {
      spilled ||= open().some(path => path.includes('etilqs'));
    },
  });
  assert.deepEqual(small.rows, (await runHunt(reader, query)).rows);
  assert.ok(spilled);
  assert.ok(!open().some(path => path.includes('etilqs')));
  await assert.rejects(runHunt(reader, query, { memoryBytes: 64 << 10, diskBytes: 256 << 10 }), HuntTooLarge);
});

test('processes and findings are tables of their own', async () => {
  const processes = await runHunt(reader, 'from process pid = 7 | fields uid, start_time');
  assert.equal(processes.rows.length, 1);
  assert.equal(processes.columns[1]?.isTime, true);
  const findings = await runHunt(reader, 'from finding time > 0 | count by finding_info.analytic.uid');
  assert.equal(findings.rows.length, 1);
  assert.deepEqual((await runHunt(reader, 'from finding severity_id > 6 | count')).rows, [[0]]);
});
