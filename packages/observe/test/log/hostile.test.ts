/** Lines in which a client forges what the server writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAll, readOne } from './support/read.ts';

const sshd = (message: string): string => `May  1 12:00:00 web1 sshd[7]: ${message}\n`;

const forged: readonly (readonly [string, string, string])[] = [
  ['Invalid user x from 1.2.3.4 port 22 from 9.9.9.9', 'x from 1.2.3.4 port 22', '9.9.9.9'],
  ['Invalid user x from 1.2.3.4 port 22 from 9.9.9.9 port 5555', 'x from 1.2.3.4 port 22', '9.9.9.9'],
  [
    'Failed password for invalid user root from 1.2.3.4 port 22 ssh2 from 9.9.9.9 port 4000 ssh2',
    'root from 1.2.3.4 port 22 ssh2',
    '9.9.9.9',
  ],
  ['Failed none for invalid user  from 9.9.9.9 port 1 ssh2', '', '9.9.9.9'],
  [
    'Connection closed by invalid user a 1.2.3.4 port 2 [preauth] 9.9.9.9 port 3 [preauth]',
    'a 1.2.3.4 port 2 [preauth]',
    '9.9.9.9',
  ],
  [
    'Failed publickey for bob from 9.9.9.9 port 7 ssh2: RSA-CERT SHA256:abc ID x from 1.2.3.4 port 1 ssh2: RSA SHA256:x (serial 0) CA RSA SHA256:y',
    'bob',
    '9.9.9.9',
  ],
  [
    'pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=9.9.9.9  user=x rhost=1.2.3.4',
    'x rhost=1.2.3.4',
    '9.9.9.9',
  ],
];

for (const [message, user, address] of forged) {
  test(`sshd: ${message.slice(0, 60)}`, async () => {
    const record = await readOne(sshd(message), { year: 2024 });
    assert.equal(record.get('src_endpoint.ip'), address);
    assert.equal(record.get('user.name') ?? '', user);
    assert.equal(record.toEvent().status_id, 2);
    assert.ok(record.logsource.also?.includes('auth'));
  });
}

test('a user name that is a whole message of success is no success', async () => {
  const record = await readOne(
    sshd('Invalid user Accepted password for root from 1.2.3.4 port 22 ssh2 from 9.9.9.9 port 2'),
  );
  assert.equal(record.toEvent().status_id, 2);
  assert.equal(record.field('src_ip'), '9.9.9.9');
});

test('escape sequences and NUL bytes stay in the field, and change no other', async () => {
  const record = await readOne(sshd('Invalid user \x1b[2J\0x from 9.9.9.9 port 2'));
  assert.equal(record.field('user'), '\x1b[2J\0x');
});

test('sudo: nothing hides behind a forged directory or argument', async () => {
  for (const text of [
    'mallory : TTY=pts/0 ; PWD=/tmp/x ; USER=root ; COMMAND=/bin/true ; USER=root ; COMMAND=/bin/real',
    'mallory : TTY=pts/0 ; PWD=/tmp ; USER=root ; COMMAND=/bin/real ; USER=root ; COMMAND=/bin/true',
  ]) {
    const record = await readOne(`2024-05-01T12:00:00+00:00 web1 sudo: ${text}\n`);
    assert.match(String(record.get('process.cmd_line')), /\/bin\/real/);
    assert.equal(record.field('ambiguous'), true);
    assert.equal(record.logsource.service, 'sudo');
  }
});

test('nginx: facts forged in the path lose to those at the end', async () => {
  const record = await readOne(
    '2024/05/01 12:00:00 [error] 7#8: *9 open() "/www/a, client: 1.2.3.4, server: x, request: "GET / HTTP/1.1", host: "evil"" failed (2: No such file), client: 9.9.9.9, server: s, request: "GET /a%2C HTTP/1.1", host: "h"\n',
  );
  assert.equal(record.field('c-ip'), '9.9.9.9');
  assert.equal(record.field('cs-host'), 'h');
  assert.deepEqual(record.field('client_candidates'), ['1.2.3.4', '9.9.9.9']);
});

test('access log: a forged user name, request and agent', async () => {
  const record = await readOne(
    '9.9.9.9 - x [01/Jan/2020:00:00:00 +0000] \\"GET /forged HTTP/1.1\\" 200 5 [10/Oct/2023:13:55:36 +0000] "GET /real\\" 200 9 \\"- HTTP/1.1" 404 7 "-" "a\\" \\"b"\n',
  );
  assert.equal(record.field('sc-status'), 404);
  assert.equal(record.field('cs-uri-stem'), '/real" 200 9 "-');
  assert.equal(record.time, Date.UTC(2023, 9, 10, 13, 55, 36));
});

test('audit: quotes in a name cannot end it, because the kernel writes such names as hex', async () => {
  const { records } = await readAll(
    'type=PATH msg=audit(1.000:1): item=0 name=2F746D702F612220657865 3D nametype=CREATE\n'.replace(
      ' 3D',
      '3D',
    ),
  );
  assert.equal(records[0]?.field('name'), '/tmp/a" exe=');
});

test('decompression beyond the ratio stops with a reason', async () => {
  const { gzipSync } = await import('node:zlib');
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, '\n'));
  const { reader } = await readAll(bomb, { format: 'jsonl', chunk: 65_536 });
  assert.match(reader.statistics.damage[0]?.reason ?? '', /expands more than/);
  assert.ok(reader.statistics.bytes < 40 * 1024 * 1024);
});

test('a line over the limit is passed over and counted', async () => {
  const { records, reader } = await readAll(`{"a":1}\n${'x'.repeat(5000)}\n{"a":2}\n`, {
    format: 'syslog',
    limits: { lineBytes: 1000 },
    chunk: 333,
  });
  assert.equal(records.length, 0);
  assert.ok(reader.statistics.damage.some(({ skipped }) => skipped === 5001));
});
