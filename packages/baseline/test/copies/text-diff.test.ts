/** Differences of texts, against their definition, and what is masked in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNeverShown, maskSecrets } from '../../src/copies/mask.ts';
import { textDifference } from '../../src/copies/text-diff.ts';

/** The golden text with a difference applied, where every line is shown. */
function applied(before: readonly string[], difference: readonly string[]): string[] {
  const lines: string[] = [];
  let at = 0;
  for (const line of difference) {
    const [, place] = /^@@ -(\d+) \+\d+ @@$/.exec(line) ?? [];
    if (place !== undefined) {
      while (at < Number(place) - 1) lines.push(before[at++] as string);
      continue;
    }
    if (!line.startsWith('+')) assert.equal(before[at++], line.slice(1));
    if (!line.startsWith('-')) lines.push(line.slice(1));
  }
  return [...lines, ...before.slice(at)];
}

test('a difference applied to what was gives what is', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 20 });
  fc.assert(
    fc.property(text, text, (before, after) => {
      const join = (lines: readonly string[]) => lines.map(line => `${line}\n`).join('');
      const difference = textDifference(join(before), join(after));
      assert.ok(difference);
      assert.deepEqual(applied(before, difference), after);
    }),
  );
});

test('secrets are masked wherever they stand', () => {
  const secret = 'hunter2Secret99';
  const lines = [
    `password=${secret}`,
    `DB_PASSWORD: "${secret}"`,
    `  api_key = '${secret}'`,
    `bind_passwd ${secret}`,
    `postgres://app:${secret}@db/x`,
    `Authorization: Bearer ${secret}`,
    `root:$6$salt$${secret}:1::`,
    `"client_secret": "${secret}",`,
    '-----BEGIN OPENSSH PRIVATE KEY-----',
    secret,
    '-----END OPENSSH PRIVATE KEY-----',
    'listen 80;',
  ];
  const masked = maskSecrets(lines);
  assert.equal(masked.length, lines.length);
  for (const line of masked) assert.ok(!line.includes(secret), line);
  assert.equal(masked.at(-1), 'listen 80;');
  assert.deepEqual(maskSecrets(['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 who@where']), [
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 who@where',
  ]);
});

test('masking keeps the number of lines and never fails', () => {
  fc.assert(fc.property(fc.array(fc.string()), lines => maskSecrets(lines).length === lines.length));
});

test('files that hold nothing but secrets are never shown', () => {
  for (const key of [
    '/etc/shadow',
    '/etc/shadow-',
    '/etc/gshadow',
    '/etc/ssh/ssh_host_rsa_key',
    '/root/.ssh/id_ed25519',
    '/etc/x.key',
  ])
    assert.equal(isNeverShown(key), true, key);
  for (const key of ['/etc/passwd', '/etc/ssh/sshd_config', '/etc/ssh/ssh_host_rsa_key.pub'])
    assert.equal(isNeverShown(key), false, key);
});
