/** The other states, on made-up roots and on this host. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { StateEntry } from '@redoubt/model';
import { collectors } from '../../src/index.ts';
import {
  inventoryCollector,
  inventoryCollectors,
  inventoryTitles,
  liveCollectors,
} from '../../src/inventory/index.ts';
import { collected, madeRoot } from './made-root.ts';

test('each is registered, with the same name and title, and judges in both languages', async () => {
  for (const [name, title] of Object.entries(inventoryTitles)) {
    const entry = collectors.find(one => one.name === name);
    assert.deepEqual((await entry?.load({ content: '' }))?.title, title);
  }
  assert.equal(inventoryCollectors.length, Object.keys(inventoryTitles).length);
});

test('accounts: twins of root, empty passwords, powerful groups; never a hash', async context => {
  const hash = '$6$abcdefgh$0123456789012345678901234567890123456789';
  const root = madeRoot(context, {
    'etc/passwd':
      'root:x:0:0::/root:/bin/bash\ntoor:x:0:0::/root:/bin/sh\nli:x:1000:1000::/home/li:/bin/bash\nopen::1001:1001::/:/bin/sh\nsvc:x:99:99::/:/usr/sbin/nologin\n',
    'etc/group': 'root:x:0:\nsudo:x:27:li\nli:x:1000:\n',
    'etc/shadow': `root:!:19000:0:99999:7:::\nli:${hash}:19000:0:90:7::20000:\n`,
  });
  const collector = inventoryCollector('accounts');
  const { entries } = await collected(collector, root);
  assert.ok(!JSON.stringify([...entries]).includes(hash.slice(4)));
  const facts = entries.get('user:li')?.facts;
  assert.deepEqual(
    [facts?.['password'], facts?.['powers'], facts?.['password_longest_age'], facts?.['login']],
    ['sha512', 'sudo', 90, true],
  );
  const severity = (name: string): number | undefined => {
    const after = entries.get(`user:${name}`) as StateEntry;
    return collector.judge({ kind: 'added', key: after.key, after })?.severity;
  };
  assert.deepEqual(['toor', 'li', 'open', 'svc'].map(severity), [5, 4, 4, 3]);
});

test('privileged files: a new set-uid program is found and weighs most where users can write', async context => {
  const root = madeRoot(context, { 'usr/bin/plain': '0755|x', 'home/li/sh': 'x', 'usr/bin/ok': 'x' });
  chmodSync(join(root, 'home/li/sh'), 0o4755);
  chmodSync(join(root, 'usr/bin/ok'), 0o2755);
  const collector = inventoryCollector('privileged-files');
  const { entries } = await collected(collector, root);
  assert.deepEqual([...entries.keys()].toSorted(), ['/home/li/sh', '/usr/bin/ok']);
  const after = entries.get('/home/li/sh') as StateEntry;
  assert.equal(after.facts['mode'], '4755');
  assert.equal(collector.judge({ kind: 'added', key: after.key, after })?.severity, 5);
});

test('certificates: fingerprints are those of openssl, what has expired is said', async context => {
  const root = madeRoot(context, {
    'usr/local/share/ca-certificates/x': 'x',
    'etc/nginx/conf.d/s.conf': 'ssl_certificate /srv/tls/site.pem;\n',
    'srv/tls/x': '',
  });
  const make = (path: string, name: string): void => {
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
        '-subj',
        `/CN=${name}`,
        '-days',
        '2',
        '-keyout',
        '/dev/null',
        '-out',
        join(root, path),
      ],
      { stdio: 'ignore' },
    );
  };
  make('usr/local/share/ca-certificates/own.crt', 'Own root');
  make('srv/tls/site.pem', 'site');
  writeFileSync(
    join(root, 'usr/local/share/ca-certificates/torn.crt'),
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
  );
  const collector = inventoryCollector('certificates');
  const { entries } = await collected(collector, root);
  assert.deepEqual([...entries.values()].map(({ facts }) => [facts['role'], facts['subject']]).toSorted(), [
    ['root', 'CN=Own root'],
    ['server', 'CN=site'],
  ]);
  const told = execFileSync('openssl', [
    'x509',
    '-in',
    join(root, 'srv/tls/site.pem'),
    '-noout',
    '-fingerprint',
    '-sha256',
  ]).toString();
  const site = [...entries.values()].find(({ facts }) => facts['role'] === 'server') as StateEntry;
  assert.equal(site.facts['fingerprint'], told.split('=')[1]?.trim().replaceAll(':', '').toLowerCase());
  const old = { ...site, facts: { ...site.facts, valid_to: '2020-01-01T00:00:00.000Z' } };
  const made = collector.judge({ kind: 'added', key: old.key, after: old });
  assert.ok(made?.reasons.some(({ field }) => field === 'valid_to'));
});

test('listeners: the program behind a port is known', async context => {
  const server = createServer().listen(0, '127.0.0.1');
  context.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const { entries } = await collected(inventoryCollector('listeners'), '/');
  assert.equal(entries.get(`tcp 127.0.0.1:${port}`)?.facts['program'], process.execPath);
});

test('this host: live states are collected and every addition can be judged; of an image they are empty', async context => {
  const root = madeRoot(context, { 'etc/passwd': '' });
  for (const collector of liveCollectors) {
    assert.equal((await collected(collector, root)).entries.size, 0, collector.name);
    for (const after of (await collected(collector, '/')).entries.values()) {
      const made = collector.judge({ kind: 'added', key: after.key, after });
      if (made === undefined) continue;
      assert.ok(made.reasons.length > 0 && made.tags.length > 0, after.key);
      assert.match(made.title.zh, /\p{Script=Han}/u);
    }
  }
});
