/** Collectors and vaults of the tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { StateEntry } from '@redoubt/model';
import {
  type Collector,
  digestOfFile,
  ed25519Signer,
  makeKeyPair,
  signDigest,
  Vault,
} from '../../src/index.ts';
import type { VaultEntry } from '../../src/state/vault.ts';

/** A folder that goes when the test ends. */
export function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-baseline-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A collector of what the test says. */
export function collectorOf(entries: () => Iterable<StateEntry>, more: Partial<Collector> = {}): Collector {
  return {
    name: 'things',
    title: { en: 'Things', zh: '事物' },
    async *collect() {
      yield* entries();
    },
    judge: change => ({
      severity: 3,
      title: { en: `A thing ${change.kind}`, zh: '事物变化' },
      reasons: [{ field: 'key', value: change.key, text: { en: 'a thing', zh: '事物' } }],
      tags: [],
    }),
    ...more,
  };
}

export const context = (vault: Vault) => ({ vault, host: { name: 'test', id: 'test-id' }, redoubt: '0' });

/** A vault with a key. */
export async function vaultFor(test: TestContext): Promise<Vault> {
  const vault = new Vault(join(folderFor(test), 'vault'));
  await makeKeyPair(vault.keyFile, vault.publicKeyFile);
  return vault;
}

/** Signs with the vault's own key. */
export async function signIn(vault: Vault, entry: VaultEntry): Promise<void> {
  const signature = await signDigest(await digestOfFile(entry.file), await ed25519Signer(vault.keyFile));
  await vault.sign(entry, signature, await vault.verifiers());
}

export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Items as an asynchronous sequence. */
export async function* stream<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items;
}
