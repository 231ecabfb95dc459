/** The record of names: rows add up, a name is found with all below it, bounds hold, damage loses nothing else. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PassiveDns, passiveDnsFile, readPassiveDns } from '../../src/passive-dns/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-passive-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function stateFolder(): string {
  return mkdtempSync(join(folder, 'state-'));
}

test('sightings add up over batches and restarts; names below are found, neighbours are not', () => {
  const directory = stateFolder();
  let record = PassiveDns.open(directory);
  const seen = {
    name: 'www.example.test',
    type: 'A',
    data: '192.0.2.1',
    time: 1000,
    program: '/usr/bin/curl',
  };
  record.add(seen);
  record.add({ ...seen, time: 3000, program: '/usr/bin/wget' });
  record.flush();
  record.close();
  record = PassiveDns.open(directory);
  record.add({ ...seen, time: 500 });
  record.add({ ...seen, name: 'example.test.other', time: 9 });
  record.add({ ...seen, name: 'myexample.test', data: '192.0.2.9' });
  record.flush();
  const [row, ...more] = record.find({ value: 'example.test', limit: 10 });
  assert.deepEqual(
    { ...row, programs: row?.programs.toSorted() },
    {
      name: seen.name,
      type: 'A',
      data: '192.0.2.1',
      first_time: 500,
      last_time: 3000,
      count: 3,
      programs: ['/usr/bin/curl', '/usr/bin/wget'],
    },
  );
  assert.equal(more.length, 0);
  assert.deepEqual(
    record.find({ value: '192.0.2.1', limit: 10 }).map(({ name }) => name),
    ['www.example.test', 'example.test.other'],
  );
  assert.equal(record.find({ limit: 10 })[0]?.last_time, 3000, 'all, the newest first');
  assert.deepEqual(record.age('example.test'), { first_time: 500, count: 3 });
  assert.equal(record.age('nothing.test'), undefined);
  record.close();
  assert.equal(readPassiveDns(directory, { value: 'example.test', limit: 10 })?.length, 1);
  assert.equal(readPassiveDns(stateFolder(), { value: 'x', limit: 1 }), undefined);
});

test('rows seen longest ago make way, and are counted', () => {
  const record = PassiveDns.open(stateFolder(), 100);
  for (let at = 0; at < 150; at++)
    record.add({ name: `n${at}.test`, type: 'A', data: 'x', time: at, program: '' });
  record.flush();
  assert.equal(record.rows, 100);
  assert.equal(record.forgotten, 50);
  assert.equal(record.find({ value: 'n49.test', limit: 1 }).length, 0);
  assert.equal(record.find({ value: 'n50.test', limit: 1 }).length, 1);
  record.close();
});

test('names of any bytes are kept as they are', () => {
  const record = PassiveDns.open(stateFolder());
  const name = "a'\n\u202e;--.test";
  record.add({ name, type: 'TXT', data: "x'); DROP TABLE seen", time: 1, program: '/bin/\xff' });
  record.flush();
  assert.equal(record.find({ value: name, limit: 1 })[0]?.name, name);
  record.close();
});

test('a damaged file is put aside and told', () => {
  const directory = stateFolder();
  writeFileSync(
    passiveDnsFile(directory),
    'no database at all, but long enough to be looked at as one'.repeat(40),
  );
  let told = '';
  const record = PassiveDns.open(directory, undefined, aside => {
    told = aside;
  });
  record.add({ name: 'a.test', type: 'A', data: '', time: 1, program: '' });
  record.flush();
  record.close();
  assert.ok(told.includes('damaged'));
  assert.ok(readdirSync(directory).some(name => name.includes('damaged')));
});
