/** The real parts together: log readers and the recorder give events, intelligence sees its indicators in them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildEvent } from '@redoubt/model';
import { type LogFormat, readLog } from '@redoubt/observe/log';
import { batchOfEvents, openReader, openRecorder } from '@redoubt/store';
import { observableKinds } from '../../src/intelligence/match/observables.ts';
import { retroHunt } from '../../src/intelligence/match/retro-hunt.ts';
import { Sighter } from '../../src/intelligence/match/sighter.ts';
import { now, pieces, Workbench } from './support.ts';

const ja4 = 't13d1516h2_8daaf6152771_b186095e22b6';
const ja3 = '0123456789abcdef0123456789abcdef';
const sha256 = `${'ab'.repeat(31)}cd`;
const certificate = '12'.repeat(20);

const csv = `type,value
ja4,${ja4}
ja3,${ja3}
sha256,${sha256}
x509-fingerprint-sha1,${certificate}
domain,evil.example
ip,45.0.1.0/24
url,http://files.example/drop/
`;

async function seenIn(bench: Workbench, format: LogFormat, text: string): Promise<string[]> {
  const sighter = new Sighter(await bench.set());
  const seen: string[] = [];
  for await (const record of readLog(pieces(text), { name: `x.${format}`, format, timezone: 'UTC' })) {
    for (const { field, indicator } of sighter.look(record)) seen.push(`${field} ${indicator.value}`);
  }
  return seen;
}

test('Suricata, Zeek and web-server logs', async context => {
  const bench = new Workbench(context);
  await bench.import({ source: { name: 'feed' }, input: { format: 'csv', path: bench.feed('f.csv', csv) } });
  const common = {
    timestamp: '2026-06-01T00:00:00.000000+0000',
    src_ip: '10.0.0.5',
    src_port: 4_000,
    dest_port: 443,
  };
  const eve = [
    {
      ...common,
      dest_ip: '45.0.1.3',
      event_type: 'tls',
      tls: {
        sni: 'x.evil.example',
        ja4,
        ja3: { hash: ja3 },
        fingerprint: (certificate.match(/../g) ?? []).join(':'),
      },
    },
    {
      ...common,
      dest_ip: '46.0.0.1',
      event_type: 'http',
      http: { hostname: 'files.example', url: '/drop/a.bin?x=1', http_method: 'GET', status: 200 },
    },
    { ...common, dest_ip: '46.0.0.1', event_type: 'fileinfo', fileinfo: { filename: '/a', sha256 } },
    {
      ...common,
      dest_ip: '46.0.0.1',
      event_type: 'dns',
      dns: { type: 'query', rrname: 'evil.example', rrtype: 'A' },
    },
  ];
  assert.deepEqual(
    await seenIn(bench, 'suricata-eve', `${eve.map(each => JSON.stringify(each)).join('\n')}\n`),
    [
      'dst_endpoint.ip 45.0.1.0/24',
      `unmapped.tls.ja4 ${ja4}`,
      `unmapped.tls.ja3.hash ${ja3}`,
      `unmapped.tls.fingerprint ${certificate}`,
      'unmapped.tls.sni evil.example',
      'http_request.url files.example/drop/',
      `unmapped.fileinfo.sha256 ${sha256}`,
      'query.hostname evil.example',
    ],
  );
  const zeek = [
    {
      _path: 'ssl',
      ts: now / 1000,
      uid: 'C1',
      'id.orig_h': '10.0.0.5',
      'id.orig_p': 1,
      'id.resp_h': '45.0.1.3',
      'id.resp_p': 443,
      server_name: 'evil.example',
      ja4,
      ja3,
    },
    {
      _path: 'dns',
      ts: now / 1000,
      uid: 'C2',
      'id.orig_h': '10.0.0.5',
      'id.orig_p': 1,
      'id.resp_h': '10.0.0.1',
      'id.resp_p': 53,
      query: 'good.example',
      rcode_name: 'NOERROR',
      answers: ['45.0.1.9'],
    },
  ];
  assert.deepEqual(
    await seenIn(bench, 'zeek-json', `${zeek.map(each => JSON.stringify(each)).join('\n')}\n`),
    [
      'dst_endpoint.ip 45.0.1.0/24',
      `unmapped.ja4 ${ja4}`,
      `unmapped.ja3 ${ja3}`,
      'unmapped.server_name evil.example',
      'answers.rdata 45.0.1.0/24',
    ],
  );
  const access = '45.0.1.7 - - [01/Jun/2026:00:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "-"\n';
  assert.deepEqual(await seenIn(bench, 'web-access', access), ['src_endpoint.ip 45.0.1.0/24']);
});

test('a hunt over what the recorder keeps, when a feed comes later', async context => {
  const bench = new Workbench(context);
  const directory = join(bench.folder, 'recorder');
  const recorder = await openRecorder({ directory });
  context.after(() => recorder.close());
  const events = Array.from({ length: 50 }, (_, n) =>
    buildEvent('network.connect', now - 3_600_000 + n, {
      dst_endpoint: { ip: n % 25 === 0 ? '45.0.1.3' : '46.0.0.1', port: 443 },
    }),
  );
  recorder.append(batchOfEvents(events));
  await recorder.flush();
  const path = bench.feed('f.csv', 'type,value,valid_from\nip,45.0.1.3,2026-06-01\n');
  await bench.import({ source: { name: 'feed' }, input: { format: 'csv', path } });
  const reader = openReader(directory);
  context.after(() => reader.close());
  const early: boolean[] = [];
  const set = await bench.set();
  const kinds = observableKinds(set);
  assert.ok(kinds.includes('network.connect') && !kinds.includes('process.exec'));
  const report = await retroHunt(set, reader.events({ kinds }), {
    addedSince: now,
    onSighting: sightings => early.push(...sightings.map(({ isEarly }) => isEarly)),
  });
  assert.deepEqual([report.events, report.matched], [50, 2]);
  assert.deepEqual(early, [true, true], 'the finding says that it was before the listing began');
});
