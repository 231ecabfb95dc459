/** Golden states signed with OpenPGP keys. */
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateKey } from 'openpgp';
import { createState, digestOfFile, signDigest, signerFrom, verifierFrom } from '../../src/index.ts';
import { collectorOf, context, folderFor, vaultFor } from './support.ts';

test('a state signed with an OpenPGP key counts for who trusts that key, and for nobody else', async t => {
  const folder = folderFor(t);
  const files: string[] = [];
  for (const name of ['ours', 'theirs']) {
    const passphrase = 'a passphrase';
    const pair = await generateKey({
      type: 'curve25519',
      userIDs: [{ name }],
      passphrase,
      format: 'armored',
    });
    writeFileSync(join(folder, name), pair.privateKey, { mode: 0o600 });
    writeFileSync(join(folder, `${name}.pub`), pair.publicKey);
    files.push(join(folder, `${name}.pub`));
  }
  const [ours = '', theirs = ''] = files;
  await assert.rejects(signerFrom(join(folder, 'ours'), { passphrase: 'wrong' }), { code: 'key' });
  const signer = await signerFrom(join(folder, 'ours'), { passphrase: 'a passphrase' });

  const vault = await vaultFor(t);
  const collector = collectorOf(() => [{ key: 'a', facts: { value: 1 } }]);
  const { entry } = await createState(collector, { root: '/' }, { who: 'test', why: 'test' }, context(vault));
  const signature = await signDigest(await digestOfFile(entry.file), signer);
  await vault.sign(entry, signature, [await verifierFrom(ours)]);
  await (await vault.open('things', [await verifierFrom(ours)])).close();
  await assert.rejects(vault.open('things', [await verifierFrom(theirs)]), { code: 'key' });
  // The fingerprint of the trusted key beside a signature that it did not make.
  const forged = await signDigest(signature.sha256, {
    ...(await signerFrom(join(folder, 'theirs'), { passphrase: 'a passphrase' })),
    keyId: signer.keyId,
  });
  await assert.rejects(vault.sign(entry, forged, [await verifierFrom(ours)]), { code: 'signature' });
  chmodSync(join(folder, 'ours'), 0o644);
  await assert.rejects(signerFrom(join(folder, 'ours'), { passphrase: 'a passphrase' }), { code: 'key' });
});
