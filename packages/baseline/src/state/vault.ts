/**
 * Where the golden states of a host lie: `NAME.N.state`, the Nth of a collector, with its signature beside it. The
 * golden one is the last that is signed; a later one without a signature waits for it. Older ones are kept for a while.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CopyStore } from '../copies/store.ts';
import { RestorationLog } from '../files/restore/log.ts';
import { StateError } from './error.ts';
import type { StateHeader } from './format.ts';
import { Heads } from './heads.ts';
import { indexOf } from './index-file.ts';
import { verifierFrom } from './keys.ts';
import { type OpenState, openState } from './read.ts';
import { digestOfFile, type Verifier } from './sign.ts';
import {
  checkSignature,
  placeSignature,
  type StateSignature,
  signatureOf,
  verifyState,
} from './signature-file.ts';

/** Signed states that are kept for each collector. */
const keptGenerations = 10;

/** One state of the vault. */
export interface VaultEntry {
  readonly collector: string;
  readonly generation: number;
  readonly file: string;
  readonly signed: boolean;
}

/** A golden state that may be relied on. */
export interface Golden extends OpenState {
  readonly file: string;
  readonly digest: string;
}

const statePattern = /^([a-z][a-z0-9-]*)\.(\d{1,9})\.state$/;

/** The folder of golden states. */
export class Vault {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get keyFile(): string {
    return join(this.directory, 'golden.key');
  }

  get publicKeyFile(): string {
    return join(this.directory, 'golden.key.pub');
  }

  fileOf(collector: string, generation: number): string {
    return join(this.directory, `${collector}.${generation}.state`);
  }

  /** What the last check of a collector found. */
  driftFileOf(collector: string): string {
    return join(this.directory, `${collector}.drift`);
  }

  /** The operator's own policy of files, where there is one. */
  get filePolicyFile(): string {
    return join(this.directory, 'files.yaml');
  }

  /** Text of the operator's own policy of files; undefined where the shipped one counts. */
  async filePolicy(): Promise<string | undefined> {
    return readFile(this.filePolicyFile, 'utf8').catch(error => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
  }

  /** Copies of content that the states are about. */
  get copies(): CopyStore {
    return new CopyStore(join(this.directory, 'copies'));
  }

  /** The newest signed states, as they were noted when they were signed. */
  get heads(): Heads {
    return new Heads(join(this.directory, 'heads.json'));
  }

  /** What was restored, and can be undone. */
  get restorations(): RestorationLog {
    return new RestorationLog(this.directory);
  }

  /** Every state, by collector and generation. */
  async list(): Promise<VaultEntry[]> {
    const names = await readdir(this.directory).catch(error => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    });
    const all = new Set(names);
    const entries: VaultEntry[] = [];
    for (const name of names) {
      const [, collector, generation] = statePattern.exec(name) ?? [];
      if (collector === undefined) continue;
      const file = join(this.directory, name);
      entries.push({ collector, generation: Number(generation), file, signed: all.has(signatureOf(name)) });
    }
    return entries.sort((a, b) =>
      a.collector < b.collector ? -1 : a.collector > b.collector ? 1 : a.generation - b.generation,
    );
  }

  /** The golden state's place, undefined when none is signed. */
  async golden(collector: string): Promise<VaultEntry | undefined> {
    return (await this.list()).findLast(one => one.collector === collector && one.signed);
  }

  /** The state that waits for its signature, if there is one. */
  async pending(collector: string): Promise<VaultEntry | undefined> {
    const last = (await this.list()).findLast(one => one.collector === collector);
    return last?.signed === false ? last : undefined;
  }

  /** Keys that are trusted when nothing else is said. @throws StateError `key` */
  async verifiers(publicKeys: readonly string[] = []): Promise<Verifier[]> {
    if (publicKeys.length > 0) return Promise.all(publicKeys.map(verifierFrom));
    if (!existsSync(this.publicKeyFile))
      throw new StateError('key', {
        en: `there is no ${this.publicKeyFile}: name the public key that signatures are checked with (--public-key FILE), or bring it there`,
        zh: `没有 ${this.publicKeyFile}：请指定用于验证签名的公钥（--public-key 文件），或将其放到该处`,
      });
    return [await verifierFrom(this.publicKeyFile)];
  }

  /**
   * Opens the golden state of a collector after checking its signature.
   * @throws StateError `missing`, `unsigned`, or as `verifyState` and `openState`
   */
  async open(collector: string, verifiers: readonly Verifier[]): Promise<Golden> {
    const entry = await this.golden(collector);
    if (entry === undefined) {
      await this.heads.require(collector, undefined);
      const pending = await this.pending(collector);
      if (pending !== undefined) await verifyState(pending.file, verifiers); // says that it is unsigned
      throw new StateError('missing', {
        en: `there is no golden state of ${collector} in ${this.directory}; make one with: redoubt baseline create ${collector}`,
        zh: `${this.directory} 中没有 ${collector} 的黄金状态；请执行：redoubt baseline create ${collector}`,
      });
    }
    const digest = await verifyState(entry.file, verifiers);
    await this.heads.require(collector, { generation: entry.generation, sha256: digest });
    const state = await openState(entry.file);
    const { header } = state;
    if (header.collector !== collector || header.generation !== entry.generation) {
      await state.close();
      throw new StateError('signature', {
        en: `${entry.file} is a signed state of another name: ${header.collector}, number ${header.generation}`,
        zh: `${entry.file} 是另一名称的已签名状态：${header.collector}，第 ${header.generation} 代`,
      });
    }
    return {
      header,
      entries: state.entries,
      close: state.close,
      get footer() {
        return state.footer;
      },
      file: entry.file,
      digest,
    };
  }

  /** Takes a signature made here or elsewhere, if it fits. @throws StateError as `verifyState` */
  async sign(entry: VaultEntry, signature: StateSignature, verifiers: readonly Verifier[]): Promise<void> {
    await checkSignature(signature, await digestOfFile(entry.file), verifiers, entry.file);
    await placeSignature(entry.file, signature);
    await this.heads.note(entry.collector, { generation: entry.generation, sha256: signature.sha256 });
    await this.#tidy(entry.collector);
  }

  /** Number and predecessor for a new state, and where a state that was never signed must give way. */
  async next(collector: string): Promise<Pick<StateHeader, 'generation' | 'previous'>> {
    const golden = await this.golden(collector);
    const noted = await this.heads.of(collector);
    const generation = Math.max(golden?.generation ?? 0, noted?.generation ?? 0) + 1;
    return { generation, previous: golden === undefined ? null : await digestOfFile(golden.file) };
  }

  async #tidy(collector: string): Promise<void> {
    const signed = (await this.list()).filter(one => one.collector === collector && one.signed);
    for (const old of signed.slice(0, -1)) await rm(indexOf(old.file), { force: true });
    for (const old of signed.slice(0, -keptGenerations)) {
      await rm(old.file, { force: true });
      await rm(signatureOf(old.file), { force: true });
    }
    const [oldest] = signed.slice(-keptGenerations);
    if (oldest === undefined || signed.length <= keptGenerations) return;
    // Each state has touched its copies when it was made.
    const state = await openState(oldest.file);
    await state.close();
    if (oldest.collector === 'files') await this.copies.tidy(state.header.created);
  }
}
