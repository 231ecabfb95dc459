/** Syslog over UDP, TCP and TLS; Windows events over HTTP; clock skew. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { gzipSync } from 'node:zlib';
import {
  ClockSkew,
  type LogRecord,
  SyslogReceiver,
  type SyslogReceiverOptions,
  windowsEventHandler,
} from '../../../src/log/index.ts';
import { chunks } from '../support/read.ts';
import { temporaryFolder } from '../support/temporary.ts';

/** A receiver that collects, and a promise of the first `count` records. */
async function receiver(
  context: TestContext,
  count: number,
  options: Omit<SyslogReceiverOptions, 'host' | 'onRecord'>,
): Promise<{ receiver: SyslogReceiver; records: Promise<LogRecord[]> }> {
  const got: LogRecord[] = [];
  const done = Promise.withResolvers<LogRecord[]>();
  const started = await SyslogReceiver.start({
    host: '127.0.0.1',
    ...options,
    onRecord: record => {
      got.push(record);
      if (got.length === count) done.resolve(got);
    },
  });
  context.after(() => started.close());
  return { receiver: started, records: done.promise };
}

const rfc5424 = '<38>1 2024-05-01T12:00:00Z web1 sshd 7 - - Invalid user x from 192.0.2.1 port 2';

test('UDP, RFC 3164 and 5424', async context => {
  const { receiver: started, records } = await receiver(context, 2, { udpPort: 0 });
  const socket = createSocket('udp4');
  context.after(() => socket.close());
  socket.send(rfc5424, started.ports.udp ?? 0, '127.0.0.1');
  socket.send('<13>May  1 12:00:00 web2 app: hello\n', started.ports.udp ?? 0, '127.0.0.1');
  const got = await records;
  const first = got.find(record => record.field('hostname') === 'web1');
  assert.equal(first?.field('src_ip'), '192.0.2.1');
  assert.equal(first?.field('peer'), '127.0.0.1');
  assert.equal(first?.time, Date.UTC(2024, 4, 1, 12));
  assert.ok((first?.toEvent().metadata.logged_time ?? 0) > Date.UTC(2025, 0));
});

test('TCP: octet counting and LF on one connection, messages cut anywhere', async context => {
  const { receiver: started, records } = await receiver(context, 4, { tcpPort: 0 });
  const socket = connect(started.ports.tcp ?? 0, '127.0.0.1');
  const multi = '<13>1 - h a - - - two\nlines';
  const stream = `${rfc5424.length} ${rfc5424}${rfc5424}\n${multi.length} ${multi}${rfc5424}\n`;
  for (let at = 0; at < stream.length; at += 13) socket.write(stream.slice(at, at + 13));
  socket.end();
  const got = await records;
  assert.deepEqual(
    got.map(record => record.field('message') === 'two\nlines'),
    [false, false, true, false],
  );
});

test('TLS, and a limit of connections of one peer', async context => {
  const folder = await temporaryFolder(context);
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ],
    { stdio: 'ignore' },
  );
  const tls = { port: 0, key: readFileSync(key), cert: readFileSync(cert) };
  const { receiver: started, records } = await receiver(context, 1, { tls, connectionsPerPeer: 1 });
  const port = started.ports.tls ?? 0;
  const options = { port, host: '127.0.0.1', ca: tls.cert, checkServerIdentity: () => undefined };
  const first = connectTls(options, () => first.write(`${rfc5424.length} ${rfc5424}`));
  context.after(() => first.destroy());
  assert.equal((await records)[0]?.field('program'), 'sshd');
  const second = connectTls(options);
  second.on('error', () => {});
  await new Promise(done => second.on('close', done));
  assert.equal(started.counters.refusedConnections, 1);
});

test('messages beyond the rate are dropped and counted', async context => {
  const { receiver: started, records } = await receiver(context, 5, { tcpPort: 0, messagesPerSecond: 5 });
  const socket = connect(started.ports.tcp ?? 0, '127.0.0.1');
  socket.end(`${rfc5424}\n`.repeat(100));
  await records;
  await new Promise(done => socket.on('close', done));
  assert.ok(started.counters.droppedByRate > 0);
  assert.equal(started.counters.droppedByRate + started.counters.received, 100);
});

test('Windows events over HTTP: bulk form, compressed; token and limit', async () => {
  const got: LogRecord[] = [];
  const clocks = new ClockSkew();
  const handler = windowsEventHandler({
    token: 'secret',
    bodyBytes: 100_000,
    clocks,
    onRecords: async records => {
      got.push(...records);
    },
  });
  const event =
    '{"@timestamp":"2024-05-01T12:00:00Z","winlog":{"channel":"Security","event_id":4624,"computer_name":"PC1"}}';
  const body = gzipSync(`{"create":{}}\n${event}\n{"create":{}}\n${event}\n`);
  const request = { method: 'POST', peer: '127.0.0.1', headers: { authorization: 'Bearer secret' } };
  const good = await handler({ ...request, body: chunks(body, 10) });
  assert.equal(good.status, 200);
  assert.deepEqual(JSON.parse(good.body), { taken: 2, refused: 0, reasons: [], errors: false });
  assert.equal(got[0]?.logsource.service, 'security');
  assert.equal(clocks.clock('PC1')?.samples, 2);
  assert.equal((await handler({ ...request, headers: {}, body: chunks(body, 10) })).status, 401);
  const large = await handler({ ...request, body: chunks(Buffer.alloc(200_000, 32), 5000) });
  assert.equal(large.status, 413);
});

test('clock skew: the freshest record tells, delay does not', () => {
  const clocks = new ClockSkew();
  for (const delay of [9000, 40, 700]) clocks.note('a', 1_000_000 + 3_600_000 - delay, 1_000_000);
  assert.equal(clocks.clock('a')?.offset, 3_599_960);
  assert.equal(clocks.corrected('a', 4_599_960), 1_000_000);
  clocks.note('b', 999_900, 1_000_000);
  assert.equal(clocks.corrected('b', 999_900), 999_900);
});
