/** Jails: what they count, what they do not, and what forged text does to them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JailWatch } from '../../src/bans/index.ts';
import { OffenceWindow } from '../../src/bans/jail/window.ts';
import { YamlError } from '../../src/yaml/index.ts';
import { jailNamed, jailOf, line, recordsOf, shippedJails } from './support.ts';

async function offenders(text: string, name = 'auth.log'): Promise<string[]> {
  const watch = new JailWatch(shippedJails(), { anyLog: true });
  const found = (await recordsOf(text, name)).flatMap(record => watch.event(record));
  return found.map(({ jail, subject }) => `${jail.name} ${subject}`);
}

const times = (count: number, one: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => one(at)).join('');

test('each shipped jail finds its offender in lines as the servers write them', async () => {
  const failed = 'Failed password for root from 198.51.100.7 port 50000 ssh2';
  assert.deepEqual(await offenders(times(5, at => line(at, 'sshd[9]', failed))), ['sshd 198.51.100.7']);
  assert.deepEqual(
    await offenders(
      times(5, at => line(at, 'su[9]', 'FAILED SU (to root) ann on pts/0')) +
        times(5, at =>
          line(
            at,
            'sudo',
            '  bob : 3 incorrect password attempts ; TTY=pts/1 ; PWD=/ ; USER=root ; COMMAND=/bin/ls',
          ),
        ),
    ),
    ['su user:ann', 'sudo user:bob'],
  );
  assert.deepEqual(
    await offenders(
      times(5, at =>
        line(
          at,
          'cockpit-session[7]',
          'pam_unix(cockpit:auth): authentication failure; logname= uid=0 euid=0 tty= ruser= rhost=2001:db8::7  user=root',
        ),
      ),
    ),
    ['pam 2001:db8::/64'],
  );
  assert.deepEqual(
    await offenders(
      times(5, at =>
        line(
          at,
          'postfix/smtpd[8]',
          'warning: unknown[198.51.100.8]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=ann',
        ),
      ) +
        times(5, at =>
          line(
            at,
            'dovecot',
            'imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<ann>, method=PLAIN, rip=198.51.100.9, lip=192.0.2.1, TLS',
          ),
        ) +
        times(5, at => line(at, 'vsftpd[4]', '[ann] FAIL LOGIN: Client "::ffff:198.51.100.10"')) +
        times(5, at => line(at, 'webmin[4]', 'Invalid login as root from 198.51.100.11')) +
        times(5, at => line(at, 'phpMyAdmin[4]', 'user denied: root (mysql-denied) from 198.51.100.12')) +
        times(2, at =>
          line(
            at,
            'redis-server[4]',
            'Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Redis instance. Connection from 198.51.100.13:4711 aborted.',
          ),
        ),
    ),
    [
      'postfix 198.51.100.8',
      'dovecot 198.51.100.9',
      'vsftpd 198.51.100.10',
      'panels 198.51.100.11',
      'panels 198.51.100.12',
      'redis 198.51.100.13',
    ],
  );
  const access = (ip: string, path: string, status: number): string =>
    `${ip} - - [01/Mar/2026:10:00:00 +0000] "GET ${path} HTTP/1.1" ${status} 10 "-" "x"\n`;
  const web = await offenders(
    times(10, () => access('198.51.100.14', '/api', 401)) +
      times(8, () => access('198.51.100.15', '/.env', 404)),
    'nginx.access.log',
  );
  assert.ok(
    web.includes('nginx-auth 198.51.100.14') && web.includes('nginx-scan 198.51.100.15'),
    String(web),
  );
  assert.deepEqual(
    await offenders(
      times(
        5,
        at =>
          `2026-03-01 10:00:0${at} UTC [7] LOG:  connection received: host=198.51.100.16 port=5\n2026-03-01 10:00:0${at} UTC [7] FATAL:  password authentication failed for user "ann"\n`,
      ),
      'postgresql-15-main.log',
    ),
    ['postgresql 198.51.100.16'],
  );
  assert.deepEqual(
    await offenders(
      times(
        5,
        at =>
          `2026-03-01T10:00:0${at}.000000Z 7 [Note] [MY-010926] [Server] Access denied for user 'root'@'198.51.100.17' (using password: YES)\n`,
      ),
      'mysql-error.log',
    ),
    ['mysql 198.51.100.17'],
  );
});

test('one connection is not counted twice, and a connection without a password still counts', async () => {
  const twice = (at: number): string =>
    line(at, 'sshd[9]', `Invalid user x from 198.51.100.7 port ${50_000 + at}`) +
    line(at, 'sshd[9]', `Failed password for invalid user x from 198.51.100.7 port ${50_000 + at} ssh2`) +
    line(at, 'sshd[9]', `Connection closed by invalid user x 198.51.100.7 port ${50_000 + at} [preauth]`);
  assert.deepEqual(await offenders(times(4, twice)), []);
  assert.deepEqual(await offenders(times(5, twice)), ['sshd 198.51.100.7']);
  const keysOnly = (at: number): string =>
    line(
      at,
      'sshd[9]',
      `Connection closed by authenticating user root 198.51.100.8 port ${50_000 + at} [preauth]`,
    );
  assert.deepEqual(await offenders(times(5, keysOnly)), ['sshd 198.51.100.8']);
});

test('offences far apart are not too many', async () => {
  const text = times(20, at =>
    line(at * 170, 'sshd[9]', `Failed password for root from 198.51.100.7 port ${at + 1} ssh2`),
  );
  assert.deepEqual(await offenders(text), []);
});

const victim = '203.0.113.99';
/** Pieces that a client can put into a name. */
const piece = fc.oneof(
  fc.string(),
  fc.constantFrom(
    ` from ${victim} port 22 ssh2`,
    ` from ${victim}`,
    `Failed password for root from ${victim} port 22 ssh2`,
    `rhost=${victim}`,
    `  user=root rhost=${victim} `,
    ` (mysql-denied) from ${victim}`,
    `>, rip=${victim}, lip=192.0.2.1`,
    `" from ${victim}`,
    `\u001b[2K${victim}`,
    `\r`,
    `::ffff:${victim}`,
    `${victim}.evil.com`,
    `'@'${victim}`,
    `[${victim}]: SASL LOGIN authentication failed`,
    `" FAIL LOGIN: Client "${victim}"`,
  ),
);

test('forged text in names never bans an address that the server did not write', async () => {
  const attacker = '198.51.100.66';
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 4 }), async pieces => {
      // A newline ends a line for every reader of logs; servers do not write one out.
      const name = pieces.join('').replaceAll('\n', ' ').replaceAll('\0', ' ');
      const all =
        line(1, 'sshd[9]', `Failed password for invalid user ${name} from ${attacker} port 22 ssh2`) +
        line(1, 'sshd[9]', `Invalid user ${name} from ${attacker} port 23`) +
        line(1, 'sshd[9]', `Connection closed by invalid user ${name} ${attacker} port 24 [preauth]`) +
        line(
          1,
          'sshd[9]',
          `error: maximum authentication attempts exceeded for invalid user ${name} from ${attacker} port 25 ssh2 [preauth]`,
        ) +
        line(
          1,
          'x[9]',
          `pam_unix(x:auth): authentication failure; logname= uid=0 euid=0 tty=x ruser= rhost=${attacker}  user=${name}`,
        ) +
        line(1, 'webmin[9]', `Invalid login as ${name} from ${attacker}`) +
        line(1, 'phpMyAdmin[9]', `user denied: ${name} (mysql-denied) from ${attacker}`) +
        line(1, 'vsftpd[4]', `[${name}] FAIL LOGIN: Client "${attacker}"`) +
        line(
          1,
          'postfix/smtpd[8]',
          `warning: unknown[${attacker}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6, sasl_username=${name}`,
        ) +
        line(
          1,
          'dovecot',
          `imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<${name}>, method=PLAIN, rip=${attacker}, lip=192.0.2.1, session=<x>`,
        );
      const watch = new JailWatch(
        shippedJails().map(jail => ({ ...jail, maxRetries: 1 })),
        { anyLog: true },
      );
      for (const record of await recordsOf(all))
        for (const { subject } of watch.event(record)) assert.equal(subject, attacker, JSON.stringify(name));
    }),
    { numRuns: 100 },
  );
});

test('any line leaves a watch alive', async () => {
  const watch = new JailWatch(shippedJails(), { anyLog: true });
  const panels = jailNamed('panels');
  fc.assert(fc.property(fc.string({ maxLength: 300 }), text => void watch.line(panels, text, 0)));
});

test('counters are bounded, and what goes is counted', () => {
  const window = new OffenceWindow(1_000);
  for (let at = 0; at < 5_000; at++) window.add(`s${at}`, { time: at, line: 'x' }, 60_000, 5);
  assert.equal(window.size, 1_000);
  assert.equal(window.evicted, 4_000);
});

test('a jail that is wrong is refused with line and key', () => {
  const good = 'name: x\ntitle: { en: X }\nfind_time: 10m\nmax_retries: 3\nban_time: 1h\n';
  const lines = 'lines:\n  programs: [p]\n  match:\n';
  assert.equal(jailOf(`${good}${lines}    - '^no <ADDR>$'\n`).banTime, 3_600_000);
  for (const [text, place] of [
    [`${good}${lines}    - 'no <ADDR>$'\n`, /test\.yml:9: lines\.match\[0\]: must begin with/],
    [`${good}${lines}    - '^no$'\n`, /test\.yml:9: lines\.match\[0\]: must hold <ADDR>/],
    [`${good}${lines}    - '^(<ADDR>$'\n`, /test\.yml:9: lines\.match\[0\]/],
    [`${good}max_retry: 3\n`, /test\.yml:6: max_retry: is not a known key/],
    [`${good.replace('10m', 'soon')}${lines}    - '^no <ADDR>$'\n`, /test\.yml:3: find_time/],
    [
      `${good.replace('max_retries: 3', 'max_retries: 0')}${lines}    - '^no <ADDR>$'\n`,
      /test\.yml:4: max_retries/,
    ],
    [good, /events/],
    [`${good}events:\n  - kind: process.exec\n`, /test\.yml:7: events\[0\]\.kind/],
    ['a: [', /not YAML/],
  ] as const)
    assert.throws(
      () => jailOf(text),
      (error: unknown) => error instanceof YamlError && place.test(error.message),
      text,
    );
});
