/** What is told of a record without making its event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { valueAt } from '@redoubt/model';
import { readAll } from '../support/read.ts';

test('attributes that are told without the event are those of the event', async () => {
  const paths = [
    'metadata.event_code',
    'metadata.log_name',
    'message',
    'service.name',
    'actor.process.name',
    'status_id',
    'status_code',
    'user.name',
    'actor.user.name',
    'src_endpoint.ip',
    'src_endpoint.port',
  ];
  const messages = [
    'sshd[1]: Accepted publickey for ann from 192.0.2.1 port 5 ssh2',
    'sshd[1]: Failed password for invalid user  from ::ffff:192.0.2.1 port 5 ssh2',
    'sshd[1]: Invalid user - from 2001:db8::1',
    'sshd[1]: Timeout before authentication for UNKNOWN',
    'sshd[1]: pam_unix(sshd:session): session opened for user ann(uid=1000) by (uid=0)',
    'sudo: ann : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/true',
    'useradd[3]: new user: name=bob, UID=1001, GID=1001, home=/home/bob, shell=/bin/sh, from=none',
    'kernel: anything',
    '-: ',
  ];
  const text = messages.map(message => `May  1 12:00:00 host ${message}\n`).join('');
  const told = (await readAll(text, { format: 'syslog' })).records;
  const whole = (await readAll(text, { format: 'syslog' })).records;
  assert.equal(told.length, messages.length);
  for (const [at, record] of told.entries())
    for (const path of paths)
      assert.deepEqual(record.get(path), valueAt(whole[at]?.toEvent(), path), `${messages[at]}: ${path}`);
});
