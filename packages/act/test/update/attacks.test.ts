/** The attacks on software updates that the TUF specification lists (section 1.5.2): each refused by its name. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { HttpsSource, UpdateRefused, update } from '../../src/update/index.ts';
import { parseEnvelope, printEnvelope } from '../../src/update/metadata/envelope.ts';
import { signEnvelope } from '../../src/update/metadata/signing.ts';
import { parseMetadata, printMetadata } from '../../src/update/metadata/types.ts';
import { day, type Fixture, fixture, roles, signer, start } from './fixture.ts';

const first = { 'rules/a.yml': 'first: 1\n', 'lists/b.txt': 'same\n' };
const second = { 'rules/a.yml': 'second: 2\n', 'lists/b.txt': 'same\n' };

/** The update is refused by this name, and what was installed goes on being in force. */
async function refused(made: Fixture, code: string, now?: number): Promise<void> {
  const before = made.content.version;
  await assert.rejects(made.run(now), (error: unknown) => {
    assert.ok(error instanceof UpdateRefused, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.text.zh, /[\u4e00-\u9fff]/);
    return true;
  });
  assert.equal(made.content.version, before);
  if (made.content.current !== undefined) {
    assert.equal(readFileSync(join(made.content.current, 'rules/a.yml'), 'utf8'), first['rules/a.yml']);
  }
}

async function installed(context: TestContext): Promise<Fixture> {
  const made = await fixture(context);
  await made.publish(first);
  assert.equal((await made.run()).outcome, 'installed');
  return made;
}

test('rollback: an older announcement is refused, even well signed', async context => {
  const made = await installed(context);
  cpSync(made.path('timestamp.json'), made.path('old.json'));
  await made.publish(second);
  assert.equal((await made.run()).outcome, 'installed');
  cpSync(made.path('old.json'), made.path('timestamp.json'));
  await assert.rejects(made.run(), { code: 'rollback' });
  assert.equal(made.content.version, 2);
});

test('freeze: an announcement that has expired is refused', async context => {
  const made = await installed(context);
  await made.publish(second);
  await refused(made, 'freeze', start + 8 * day);
});

test('a release and a root that have expired are refused', async context => {
  const made = await installed(context);
  await made.publish(second, start, { expires: start + day });
  await refused(made, 'freeze', start + 2 * day);
  await made.repository.announce([await signer('timestamp')], start + 1000 * day);
  await refused(made, 'freeze', start + 366 * day);
});

test('mix and match: a release that was not announced is refused', async context => {
  const made = await installed(context);
  await made.publish(second);
  const bytes = readFileSync(made.path('releases/1.json'));
  const announced = readFileSync(made.path('releases/2.json')).length;
  writeFileSync(
    made.path('releases/2.json'),
    Buffer.concat([bytes, Buffer.alloc(announced, ' ')]).subarray(0, announced),
  );
  await refused(made, 'mix_and_match');
});

test('mix and match: the metadata of another repository is refused', async context => {
  const made = await installed(context);
  await made.publish(second);
  const envelope = parseEnvelope(readFileSync(made.path('timestamp.json')), 'timestamp');
  const metadata = parseMetadata('timestamp', envelope.payload, 'timestamp');
  const { armored, passphrase } = await signer('timestamp');
  const foreign = { payload: printMetadata({ ...metadata, repository: 'other' }), signatures: [] };
  writeFileSync(made.path('timestamp.json'), printEnvelope(await signEnvelope(foreign, armored, passphrase)));
  await refused(made, 'mix_and_match');
});

test('wrong key: metadata of a stranger is refused, whatever key it names', async context => {
  const made = await installed(context);
  await made.publish(second);
  const envelope = parseEnvelope(readFileSync(made.path('timestamp.json')), 'timestamp');
  const { armored, passphrase } = await signer('stranger');
  const forged = await signEnvelope({ payload: envelope.payload, signatures: [] }, armored, passphrase);
  writeFileSync(made.path('timestamp.json'), printEnvelope(forged));
  await refused(made, 'wrong_key');
  const [trueOne, false_] = [envelope.signatures[0], forged.signatures[0]];
  assert.ok(trueOne && false_);
  const named = { payload: envelope.payload, signatures: [{ keyid: trueOne.keyid, sig: false_.sig }] };
  writeFileSync(made.path('timestamp.json'), printEnvelope(named));
  await refused(made, 'wrong_key');
});

test('wrong key: one role cannot speak for another', async context => {
  const made = await installed(context);
  await made.publish(second, start, { signers: [await signer('timestamp')] });
  await refused(made, 'wrong_key');
});

test('threshold: one signature twice is not two', async context => {
  const made = await fixture(context);
  const two = { keys: ['release', 'release-2'], threshold: 2 };
  await made.repository.rotate(await roles({ release: two }), [await signer('root')], start + 365 * day);
  await made.publish(first);
  await assert.rejects(made.run(), { code: 'threshold' });
  const envelope = parseEnvelope(readFileSync(made.path('releases/1.json')), 'release');
  const doubled = { ...envelope, signatures: [...envelope.signatures, ...envelope.signatures] };
  writeFileSync(made.path('releases/1.json'), printEnvelope(doubled));
  await made.repository.announce([await signer('timestamp')], start + 7 * day);
  await assert.rejects(made.run(), { code: 'threshold' });
  await made.repository.addSignature('releases/1.json', await signer('release-2'));
  await made.repository.announce([await signer('timestamp')], start + 7 * day);
  assert.equal((await made.run()).outcome, 'installed');
});

test('truncated: a release and a file that end early are refused', async context => {
  const made = await installed(context);
  await made.publish(second);
  const whole = readFileSync(made.path('releases/2.json'));
  truncateSync(made.path('releases/2.json'), whole.length - 1);
  await refused(made, 'truncated');
  writeFileSync(made.path('releases/2.json'), whole);
  const release = parseMetadata('release', parseEnvelope(whole, 'release').payload, 'release');
  const packed = release.files.find(({ path }) => path === 'rules/a.yml')?.packed;
  assert.ok(packed);
  truncateSync(made.path(`blobs/${packed.sha256}.zst`), packed.bytes - 1);
  await refused(made, 'truncated');
});

test('endless data: what goes on beyond its size is not read on, from a folder and from a server', async context => {
  const made = await installed(context);
  await made.publish(second);
  let sent = 0;
  const server = createServer((request, answer) => {
    const path = (request.url ?? '').slice(1);
    if (path.startsWith('root/')) {
      answer.writeHead(404).end();
      return;
    }
    if (path === 'timestamp.json') {
      answer.end(readFileSync(made.path(path)));
      return;
    }
    const more = (): void => {
      sent += 65_536;
      if (!answer.destroyed) answer.write(Buffer.alloc(65_536, 'x'), () => setImmediate(more));
    };
    more();
  }).listen(0, '127.0.0.1');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  // Plain HTTP on loopback stands in for TLS; nothing of what is tested depends on it.
  const local: typeof fetch = (input, init) =>
    fetch(String(input).replace('https://test/', `http://127.0.0.1:${port}/`), init);
  const attempt = update(new HttpsSource('https://test/', local), made.content, {
    place: { host: 'host', group: '' },
    now: start,
    tryOut: async () => undefined,
  });
  await assert.rejects(attempt, { code: 'endless_data' });
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
  appendFileSync(made.path('releases/2.json'), ' ');
  await refused(made, 'endless_data');
});

test('a forged file is refused, and a missing one named', async context => {
  const made = await installed(context);
  await made.publish(second);
  const bytes = readFileSync(made.path('releases/2.json'));
  const release = parseMetadata('release', parseEnvelope(bytes, 'release').payload, 'release');
  const packed = release.files.find(({ path }) => path === 'rules/a.yml')?.packed;
  assert.ok(packed);
  const blob = made.path(`blobs/${packed.sha256}.zst`);
  writeFileSync(blob, Buffer.alloc(packed.bytes, 7));
  await refused(made, 'mix_and_match');
  rmSync(blob);
  await refused(made, 'missing');
});

test('keys rotate only with the old and the new root keys; the new ones then count', async context => {
  const made = await installed(context);
  const next = await roles({
    root: { keys: ['root-2'], threshold: 1 },
    timestamp: { keys: ['time-2'], threshold: 1 },
  });
  await made.repository.rotate(next, [await signer('root-2')], start + 365 * day);
  await made.publish(second);
  await refused(made, 'wrong_key');
  await made.repository.addSignature('root/2.json', await signer('root'));
  await refused(made, 'wrong_key');
  await made.repository.announce([await signer('time-2')], start + 7 * day);
  assert.equal((await made.run()).outcome, 'installed');
  assert.equal(made.content.version, 2);
});

test('a release with a path out of its folder is refused', () => {
  for (const path of [
    '../x',
    'rules/../../x',
    '/etc/passwd',
    'rules//x',
    'other/x',
    'rules/.x',
    'rules/a\\b',
    'rules',
  ]) {
    const release = {
      type: 'release' as const,
      repository: 'test',
      version: 1,
      issued: start,
      expires: start + day,
      notes: { en: '', zh: '' },
      files: [{ path, bytes: 1, sha256: 'a'.repeat(64), packed: { bytes: 1, sha256: 'a'.repeat(64) } }],
      rollout: [],
    };
    assert.throws(
      () => parseMetadata('release', printMetadata(release), 'release'),
      { code: 'malformed' },
      path,
    );
  }
});

test('random metadata is refused as such, never with another error', () => {
  const refuses = (work: () => unknown): void => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof UpdateRefused, String(error));
    }
  };
  fc.assert(
    fc.property(fc.jsonValue(), fc.uint8Array(), (value, bytes) => {
      for (const payload of [Buffer.from(JSON.stringify(value)), Buffer.from(bytes)]) {
        refuses(() => parseEnvelope(payload, 'random'));
        for (const type of ['root', 'release', 'timestamp'] as const) {
          refuses(() => parseMetadata(type, payload, 'random'));
        }
      }
    }),
  );
});
