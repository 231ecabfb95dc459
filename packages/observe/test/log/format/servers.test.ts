/** Log-ins to servers of mail and files: who, from where, and with what outcome. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOne } from '../support/read.ts';

type Expected = readonly [outcome: string | undefined, user: string | undefined, address: string | undefined];

const lines: readonly (readonly [line: string, expected: Expected])[] = [
  [
    'dovecot: imap-login: Disconnected (auth failed, 3 attempts in 12 secs): user=<ann@example.test>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, TLS, session=<x>',
    ['failure', 'ann@example.test', '203.0.113.9'],
  ],
  [
    'dovecot: imap-login: Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): user=<a>, rip=9.9.9.9>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, session=<x>',
    ['failure', 'a>, rip=9.9.9.9', '203.0.113.9'],
  ],
  [
    'dovecot: pop3-login: Login: user=<ann>, method=PLAIN, rip=2001:db8::9, lip=2001:db8::1, mpid=7, TLS, session=<x>',
    ['success', 'ann', '2001:db8::9'],
  ],
  [
    'dovecot: imap-login: Login aborted: Connection closed (auth failed, 2 attempts in 9 secs) (auth_failed): user=<bob>, method=PLAIN, rip=203.0.113.9, lip=192.0.2.1, session=<x>',
    ['failure', 'bob', '203.0.113.9'],
  ],
  [
    'dovecot: imap-login: Disconnected (no auth attempts in 0 secs): user=<>, rip=203.0.113.9, lip=192.0.2.1',
    [undefined, undefined, undefined],
  ],
  [
    'dovecot: auth-worker(77): pam(ann,203.0.113.9): pam_authenticate() failed: Authentication failure (Password mismatch?)',
    ['failure', 'ann', '203.0.113.9'],
  ],
  [
    'postfix/smtpd[811]: warning: unknown[203.0.113.9]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=ann@example.test',
    ['failure', 'ann@example.test', '203.0.113.9'],
  ],
  [
    'postfix/submission/smtpd[811]: warning: host.example[203.0.113.9]: SASL PLAIN authentication failed:',
    ['failure', undefined, '203.0.113.9'],
  ],
  [
    'postfix/smtpd[811]: 4ABCDE12345: client=host.example[203.0.113.9], sasl_method=PLAIN, sasl_username=ann',
    ['success', 'ann', '203.0.113.9'],
  ],
  ['postfix/smtpd[811]: connect from unknown[203.0.113.9]', [undefined, undefined, undefined]],
  ['vsftpd[811]: [ann] FAIL LOGIN: Client "203.0.113.9"', ['failure', 'ann', '203.0.113.9']],
  [
    'vsftpd[811]: [x] OK LOGIN: Client "9.9.9.9"] FAIL LOGIN: Client "::ffff:203.0.113.9"',
    ['failure', 'x] OK LOGIN: Client "9.9.9.9"', '203.0.113.9'],
  ],
];

for (const [line, [outcome, user, address]] of lines) {
  test(line.slice(0, 90), async () => {
    const record = await readOne(`May  1 12:00:00 mail ${line}\n`, { year: 2024 });
    assert.equal(record.format, 'syslog');
    assert.equal(record.field('outcome'), outcome);
    assert.equal(record.field('user'), user);
    assert.equal(record.field('src_ip'), address);
    assert.equal(record.kind, outcome === undefined ? 'log.record' : 'auth.logon');
    assert.equal(record.get('src_endpoint.ip'), address);
    assert.equal(record.get('status_id'), outcome === undefined ? undefined : outcome === 'failure' ? 2 : 1);
  });
}

test('vsftpd’s own file', async () => {
  const record = await readOne('Wed May  1 12:00:00 2024 [pid 3] [ann] FAIL LOGIN: Client "203.0.113.9"\n');
  assert.equal(record.format, 'vsftpd');
  assert.equal(record.kind, 'auth.logon');
  assert.equal(record.field('src_ip'), '203.0.113.9');
  assert.equal(record.time, Date.UTC(2024, 4, 1, 12));
});
