/** A repository of updates with keys of its own, and a client that trusts it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  beginTrust,
  generateKey,
  InstalledContent,
  type KeyPair,
  Repository,
  type RoleName,
  type UpdateOptions,
  update,
} from '../../src/update/index.ts';
import { DirectorySource } from '../../src/update/source/directory.ts';

export const day = 86_400_000;
/** When the first release is made: the keys are made at the time that the system has. */
export const start = Math.floor(Date.now() / 1000) * 1000;

const cached: Record<string, Promise<KeyPair>> = {};

/** Keys are made once a run: names are all that tells them apart. */
export function key(name: string): Promise<KeyPair> {
  cached[name] ??= generateKey(name, '');
  return cached[name];
}

export async function signer(name: string): Promise<{ armored: string; passphrase: string }> {
  return { armored: (await key(name)).privateKey, passphrase: '' };
}

type Names = Partial<Record<RoleName, { keys: string[]; threshold: number }>>;

export async function roles(names: Names = {}) {
  const role = async ({ keys, threshold }: { keys: string[]; threshold: number }) => ({
    keys: await Promise.all(keys.map(async name => (await key(name)).publicKey)),
    threshold,
  });
  return {
    root: await role(names.root ?? { keys: ['root'], threshold: 1 }),
    release: await role(names.release ?? { keys: ['release'], threshold: 1 }),
    timestamp: await role(names.timestamp ?? { keys: ['timestamp'], threshold: 1 }),
  };
}

export interface Fixture {
  readonly folder: string;
  readonly repository: Repository;
  readonly content: InstalledContent;
  /** Publishes a release of these files at a time. */
  publish(files: Record<string, string>, at?: number, more?: object): Promise<void>;
  /** Runs an update as of a time. */
  run(now?: number, options?: Partial<UpdateOptions>): ReturnType<typeof update>;
  path(...parts: string[]): string;
}

export async function fixture(context: TestContext): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), 'redoubt-update-test-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = (...parts: string[]): string => join(folder, 'repository', ...parts);
  const repository = new Repository(path());
  await repository.create('test', await roles(), [await signer('root')], start + 365 * day);
  const content = new InstalledContent(join(folder, 'state'));
  await beginTrust(readFileSync(path('root/1.json')), undefined, content, start);
  let made = 0;
  return {
    folder,
    repository,
    content,
    path,
    async publish(files, at = start, more = {}) {
      const source = join(folder, `source-${++made}`);
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(dirname(join(source, name)), { recursive: true });
        writeFileSync(join(source, name), text);
      }
      await repository.release(source, {
        notes: { en: 'a release', zh: '一次发布' },
        rollout: [],
        now: at,
        expires: at + 30 * day,
        signers: [await signer('release')],
        ...more,
      });
      await repository.announce([await signer('timestamp')], at + 7 * day);
    },
    run: (now = start, options = {}) =>
      update(new DirectorySource(path()), content, {
        place: { host: 'host', group: '' },
        tryOut: async () => undefined,
        now,
        ...options,
      }),
  };
}
