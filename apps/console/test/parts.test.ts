/** The parts of the page that need no browser. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ProcessNode } from '@redoubt/agent/contract';
import fc from 'fast-check';
import { pointAt } from '../src/pages/events/caret.ts';
import { merge } from '../src/pages/findings/merge.ts';
import { box, layOut } from '../src/pages/network/zone-layout.ts';
import { targetOf } from '../src/pages/responses/targets.ts';
import { rowsOf, withAncestors } from '../src/parts/forest.ts';
import { formatIn } from '../src/text/format.ts';
import { clauseName, tacticName } from '../src/text/terms.ts';
import { recordedCases } from './standin/findings.ts';

const node = (uid: string, parent?: string): ProcessNode => ({
  uid,
  ...(parent === undefined ? {} : { parent_uid: parent }),
  pid: Number(uid),
  name: uid,
  start: Number(uid),
  flags: [],
});
const shape = (nodes: ProcessNode[], closed: string[] = []): string[] =>
  rowsOf(nodes, uid => closed.includes(uid)).map(row => `${row.depth}:${row.node.uid}`);

describe('trees of processes', () => {
  const nodes = [node('3', '1'), node('1'), node('2', '1'), node('4', '3'), node('9', 'gone')];

  test('children stand below their parent, the oldest first; orphans are roots', () => {
    assert.deepEqual(shape(nodes), ['0:1', '1:2', '1:3', '2:4', '0:9']);
  });

  test('a closed node hides what is below it', () => {
    assert.deepEqual(shape(nodes, ['3']), ['0:1', '1:2', '1:3', '0:9']);
  });

  test('a match keeps its ancestors, and nothing else', () => {
    const kept = withAncestors(nodes, one => one.uid === '4').map(one => one.uid);
    assert.deepEqual(kept.sort(), ['1', '3', '4']);
  });

  test('any parents at all, circles too, are walked to an end, each node at most once', () => {
    const parents = fc.array(fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(parents, list => {
        const all = list.map((parent, index) =>
          node(String(index), parent === undefined ? undefined : String(parent)),
        );
        const rows = rowsOf(all, () => false);
        assert.equal(new Set(rows.map(row => row.node.uid)).size, rows.length);
        assert.ok(withAncestors(all, () => true).length === all.length);
      }),
    );
  });
});

test('the caret stands below the column, also in a long filter', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 200 }).map(text => text.replaceAll('\n', ' ')),
      fc.nat(220),
      (where, column) => {
        const [shown = '', caret = ''] = pointAt(where, column).split('\n');
        const place = Math.min(Math.max(column, 1), where.length + 1) - 1;
        assert.equal(shown[caret.length - 1], where[place]);
      },
    ),
  );
});

test('a finding that changed moves to its place, and leaves when it no longer belongs', () => {
  const [first, second, third] = recordedCases().map(one => one.finding);
  assert.ok(first && second && third);
  const seen = first.finding_info.last_seen_time + 1;
  const newer = { ...third, finding_info: { ...third.finding_info, last_seen_time: seen } };
  assert.deepEqual(merge([first, second, third], newer, true), [newer, first, second]);
  assert.deepEqual(merge([first, second, third], second, false), [first, third]);
});

test('numbers and times read as each language writes them', () => {
  const [en, zh] = [formatIn('en'), formatIn('zh')];
  assert.equal(en.short(1_234_567), '1.2M');
  assert.equal(zh.short(1_234_567), '123.5万');
  assert.equal(en.bytes(1536), '1.5 KiB');
  assert.equal(en.duration(93_784_000), '1 d 2 h');
  assert.equal(zh.duration(93_784_000), '1 天 2 小时');
  assert.equal(en.roughly(93_784_000), '1 d');
  assert.equal(en.latency(null), '–');
  assert.equal(en.latency(0.42), '0.4 ms');
});

test('standards are named in both languages', () => {
  assert.equal(clauseName('8.1.4.4 c)', 'zh'), '入侵防范');
  assert.equal(clauseName('9.9.9.9', 'zh'), undefined);
  assert.equal(tacticName('TA0005', 'x', 'zh'), '防御规避');
  assert.equal(tacticName('TA9999', 'as given', 'zh'), 'as given');
});

describe('the map of zones', () => {
  const names = fc.uniqueArray(fc.constantFrom('app', 'data', 'web', 'admin', 'outside', 'backup'), {
    minLength: 1,
  });
  const maps = names.chain(others => {
    const zone = fc.constantFrom('own', ...others);
    const edge = fc.record({
      from: zone,
      to: zone,
      protocol: fc.constant('tcp'),
      port: fc.integer({ min: 1, max: 65_535 }),
      count: fc.nat(),
      last: fc.nat(),
      allowed: fc.boolean(),
      programs: fc.constant([]),
    });
    const zones = ['own', ...others].map(name => ({ name, addresses: 1 }));
    return fc.record({ proposed: fc.constant(false), zones: fc.constant(zones), edges: fc.array(edge) });
  });

  test('every zone has a place of its own within the picture, and every connection a link', () => {
    fc.assert(
      fc.property(maps, map => {
        const { zones, links, width, height } = layOut(map);
        assert.equal(new Set(zones.map(({ x, y }) => `${x} ${y}`)).size, map.zones.length);
        for (const { x, y } of zones) {
          assert.ok(x >= 0 && y >= 0 && x + box.width <= width && y + box.height <= height);
        }
        const between = map.edges.filter(({ from, to }) => from !== to);
        const drawn = links.reduce((sum, link) => sum + link.count, 0);
        assert.equal(
          drawn,
          between.reduce((sum, edge) => sum + edge.count, 0),
        );
      }),
    );
  });
});

test('a target holds what was filled in, lists where it takes several', () => {
  const values = { console: '192.0.2.1:443, 192.0.2.2', allow: ' ', user: 'not asked for' };
  assert.deepEqual(targetOf('isolate-host', values), { console: ['192.0.2.1:443', '192.0.2.2'] });
  assert.deepEqual(targetOf('of-another-release', values), {});
});
