/** The child that verifies and indexes a golden state for the agent. */
import assert from 'node:assert/strict';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  createState,
  digestOfFile,
  ed25519Signer,
  filesCollector,
  GoldenLookup,
  makeKeyPair,
  StateError,
  signDigest,
  Vault,
} from '@redoubt/baseline';
import { readHost } from '../src/host/host.ts';
import { indexGolden } from '../src/integrity/golden-index.ts';

test('a golden state is indexed by a child, and refused by it when it was altered', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-index-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  writeFileSync(join(tree, 'file'), 'golden');
  const vault = new Vault(join(folder, 'vault'));
  await makeKeyPair(vault.keyFile, vault.publicKeyFile);
  const policy = `version: 1\npaths: [${tree}]\nclasses: [{class: other, globs: ['${tree}/**']}]\n`;
  writeFileSync(vault.filePolicyFile, policy);
  writeFileSync(join(vault.directory, 'files.7.lookup'), 'left by an agent that was killed');
  const host = readHost();
  const { entry } = await createState(
    filesCollector({ content: '', filePolicy: policy }),
    { root: '/' },
    { who: 'test', why: 'test' },
    { vault, host: { name: host.hostname, id: host.machine_id || host.hostname }, redoubt: '0' },
  );
  const signature = await signDigest(await digestOfFile(entry.file), await ed25519Signer(vault.keyFile));
  await vault.sign(entry, signature, await vault.verifiers());

  const { golden, lookup } = await indexGolden(vault.directory);
  assert.deepEqual([golden.file, golden.digest, golden.header.generation], [entry.file, signature.sha256, 1]);
  assert.equal(existsSync(join(vault.directory, 'files.7.lookup')), false);
  const index = GoldenLookup.open(lookup);
  assert.equal(index.get(join(tree, 'file'))?.facts['size'], 6);
  assert.equal(index.get(join(tree, 'other')), undefined);
  assert.deepEqual(index.keysBelow(tree, 10), [join(tree, 'file')]);
  index.close();
  assert.equal(existsSync(lookup), false);

  appendFileSync(entry.file, 'x');
  await assert.rejects(
    indexGolden(vault.directory),
    error => error instanceof StateError && error.code === 'digest',
  );
});
