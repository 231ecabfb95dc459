/** Incidents and suppressions: kept as they are told, and in a recorder that was there before them. */
import assert from 'node:assert/strict';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { Incident, Suppression } from '@redoubt/model';
import { openReader, openRecorder } from '../src/index.ts';
import { sampleFinding, temporaryFolder } from './support/samples.ts';

function sampleIncident(
  uid: string,
  more: Partial<Incident> & { score?: number; into?: string } = {},
): Incident {
  const { score = 40, into, ...rest } = more;
  const time = 1_700_000_000_000;
  return {
    class_uid: 2005,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200_501,
    time,
    severity_id: 4,
    status_id: 1,
    priority_id: 2,
    message: 'sample',
    count: 1,
    start_time: time,
    end_time: time,
    attacks: [],
    metadata: { version: '1.6.0', product: { name: 'Redoubt', vendor_name: 'Redoubt' }, uid },
    finding_info_list: [
      { uid: `finding-of-${uid}`, title: 'x', first_seen_time: time, last_seen_time: time },
    ],
    ...rest,
    redoubt: {
      title: { en: 'Sample', zh: '样例' },
      created_time: time,
      story: [],
      score: { value: score, parts: [] },
      affected: [],
      tactics: [],
      comments: [],
      history: [],
      merged_from: [],
      ...(into === undefined ? {} : { merged_into: into }),
    },
  };
}

const suppression = (uid: string, expires_time: number): Suppression => ({
  uid,
  conditions: [{ field: 'message', value: 'x' }],
  reason: 'known',
  author: 'li',
  created_time: 1,
  expires_time,
  hits: 0,
});

test('incidents are listed by their last event, filtered, and the last word stands', async () => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory });
  recorder.saveIncident(sampleIncident('a', { end_time: 1_700_000_000_100, score: 80 }));
  recorder.saveIncident(sampleIncident('b', { end_time: 1_700_000_000_300 }));
  recorder.saveIncident(sampleIncident('c', { end_time: 1_700_000_000_200, status_id: 4 }));
  await recorder.flush();
  recorder.saveIncident(sampleIncident('b', { end_time: 1_700_000_000_300, status_id: 2, count: 7 }));
  await recorder.flush();
  const reader = openReader(directory);
  const { incidents } = reader;
  const uids = (query: Parameters<typeof incidents.list>[0]) =>
    incidents.list(query).map(({ metadata }) => metadata.uid);
  assert.deepEqual(uids({}), ['b', 'c', 'a']);
  assert.deepEqual(uids({ status: [1, 2] }), ['b', 'a']);
  assert.deepEqual(uids({ minScore: 50 }), ['a']);
  assert.deepEqual(uids({ from: 1_700_000_000_200, limit: 1, offset: 1 }), ['c']);
  assert.deepEqual(uids({ to: 1_699_999_999_999 }), []);
  assert.equal(incidents.find('b')?.count, 7);
  assert.equal(incidents.find('no'), undefined);
  assert.equal(incidents.ofFinding('finding-of-c')?.metadata.uid, 'c');
  reader.close();
  await recorder.close();
});

test('one that was merged is found as what it became part of, and its findings too', async () => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory });
  recorder.saveIncident(sampleIncident('young'));
  await recorder.flush();
  recorder.saveIncident(sampleIncident('young', { into: 'old' }));
  const both = ['young', 'old'].map(uid => sampleIncident(uid).finding_info_list[0] ?? assert.fail());
  recorder.saveIncident(sampleIncident('old', { finding_info_list: both }));
  await recorder.flush();
  const reader = openReader(directory);
  assert.deepEqual(
    reader.incidents.list({}).map(one => one.metadata.uid),
    ['old'],
  );
  assert.equal(reader.incidents.find('young')?.metadata.uid, 'old');
  assert.equal(reader.incidents.ofFinding('finding-of-young')?.metadata.uid, 'old');
  reader.close();
  await recorder.close();
});

test('suppressions that have not ended are known', async () => {
  const directory = temporaryFolder();
  const recorder = await openRecorder({ directory });
  recorder.saveSuppression(suppression('a', 200));
  recorder.saveSuppression(suppression('b', 100));
  await recorder.flush();
  recorder.saveSuppression({ ...suppression('b', 300), hits: 9 });
  await recorder.close();
  const reader = openReader(directory);
  assert.deepEqual(reader.incidents.suppressions(200), [{ ...suppression('b', 300), hits: 9 }]);
  reader.close();
});

/** Makes the recorder in a folder one of the version that had no incidents. */
async function asBefore(directory: string): Promise<void> {
  const recorder = await openRecorder({ directory });
  recorder.saveFinding(sampleFinding('f'));
  await recorder.close();
  const database = new DatabaseSync(join(directory, 'events.db'));
  database.exec('drop table incident; drop table incident_finding; drop table suppression');
  database.prepare("update meta set value = '1' where key = 'schema'").run();
  database.close();
}

test('a recorder of the version before gets the tables and keeps what it has; before that it reads as empty', async () => {
  const directory = temporaryFolder();
  await asBefore(directory);
  const early = openReader(directory);
  assert.deepEqual(early.incidents.list({}), []);
  assert.equal(early.incidents.find('a'), undefined);
  assert.deepEqual(early.incidents.suppressions(0), []);
  early.close();
  const warnings: string[] = [];
  const recorder = await openRecorder({ directory, onWarning: warning => warnings.push(warning.code) });
  recorder.saveIncident(sampleIncident('a'));
  await recorder.close();
  const reader = openReader(directory);
  assert.equal(reader.incidents.find('a')?.count, 1);
  assert.equal(reader.finding('f')?.finding_info.uid, 'f');
  assert.deepEqual(warnings, []);
  reader.close();
});

for (const upgraded of [false, true]) {
  test(`a first page that is lost costs ${upgraded ? 'an upgraded recorder' : 'a recorder'} no finding`, async () => {
    const directory = temporaryFolder();
    if (upgraded) await asBefore(directory);
    const recorder = await openRecorder({ directory });
    recorder.saveFinding(sampleFinding('f'));
    recorder.saveIncident(sampleIncident('a'));
    await recorder.close();
    const file = openSync(join(directory, 'events.db'), 'r+');
    writeSync(file, Buffer.alloc(8192, 0xa5), 0, 8192, 0);
    closeSync(file);
    rmSync(join(directory, 'events.db-wal'), { force: true });
    const warnings: string[] = [];
    const again = await openRecorder({ directory, onWarning: warning => warnings.push(warning.code) });
    again.saveIncident(sampleIncident('b'));
    await again.flush();
    const reader = openReader(directory);
    assert.ok(warnings.includes('corrupt'));
    assert.equal(reader.finding('f')?.finding_info.uid, 'f');
    assert.equal(reader.incidents.find('b')?.count, 1);
    // In an upgraded one the incidents cannot be found again; they are made anew from the findings.
    assert.equal(reader.incidents.find('a')?.count, upgraded ? undefined : 1);
    reader.close();
    await again.close();
  });
}
