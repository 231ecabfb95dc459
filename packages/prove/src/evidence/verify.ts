/** Verifying evidence: the signature, every hash, the chain of custody. What was changed, added, cut or lost is named. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Bilingual } from '@redoubt/model';
import { ContainerReader, type Placed } from './container/reader.ts';
import { type CustodyReport, readCustody } from './custody.ts';
import { EvidenceError, wordsOf } from './error.ts';
import {
  checkManifest,
  digestOf,
  fingerprintOf,
  type Manifest,
  outerNames,
  parseManifest,
} from './manifest.ts';
import { type InnerFault, readSegment } from './unpack.ts';
import { placesOf } from './work.ts';

/** Something that untouched evidence does not have. */
export interface EvidenceFault {
  readonly kind: 'truncated' | 'changed' | 'missing' | 'added' | 'signature' | 'custody' | InnerFault['kind'];
  readonly text: Bilingual;
}

/** How evidence is verified. */
export interface VerifyEvidenceOptions {
  /** Fingerprint of the key that must have signed, noted when the evidence was collected. */
  readonly key?: string;
  /** SHA-256 that the manifest must have, noted when the evidence was collected. */
  readonly manifest?: string;
  /** Members inside the segments are verified too; encrypted ones need `identities`. */
  readonly deep?: boolean;
  readonly identities?: readonly string[];
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What came of a verification. */
export interface VerifyEvidenceReport {
  readonly file: string;
  readonly manifest: Manifest | undefined;
  readonly manifest_sha256: string | undefined;
  /** Fingerprint of the key that signed the manifest. */
  readonly key: string | undefined;
  /** The longer of the log in the container and the one beside it. */
  readonly custody: CustodyReport | undefined;
  /** Members inside the segments that were verified. */
  readonly members: number;
  readonly faults: readonly EvidenceFault[];
}

const manifestLimit = 64 << 20;

/** Verifies a container. @throws EvidenceError `container` when it cannot be read at all, `key` */
export async function verifyEvidence(
  file: string,
  options: VerifyEvidenceOptions = {},
): Promise<VerifyEvidenceReport> {
  const reader = await ContainerReader.open(file);
  try {
    return await new Verification(reader, options).run();
  } finally {
    await reader.close();
  }
}

class Verification {
  readonly #reader: ContainerReader;
  readonly #options: VerifyEvidenceOptions;
  readonly #faults: EvidenceFault[] = [];
  #members = 0;

  constructor(reader: ContainerReader, options: VerifyEvidenceOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  async run(): Promise<VerifyEvidenceReport> {
    const { members, faults } = await this.#reader.outline(this.#options.onProgress);
    this.#faults.push(...faults);
    const placed = new Map<string, Placed>();
    for (const member of members) {
      if (placed.has(member.name))
        this.#fault('added', `${member.name} is there twice`, `${member.name} 出现两次`);
      else placed.set(member.name, member);
    }
    const signed = await this.#manifest(placed);
    if (signed !== undefined) {
      this.#compare(signed.manifest, placed);
      if (this.#options.deep === true) await this.#deep(signed.manifest, placed);
    }
    const custody = await this.#custody(signed?.manifest, placed);
    return {
      file: this.#reader.path,
      manifest: signed?.manifest,
      manifest_sha256: signed?.digest,
      key: signed?.key,
      custody,
      members: this.#members,
      faults: this.#faults,
    };
  }

  async #manifest(placed: ReadonlyMap<string, Placed>) {
    const manifest = await this.#small(placed, outerNames.manifest);
    const signature = await this.#small(placed, outerNames.signature);
    if (manifest === undefined || signature === undefined) return undefined;
    const digest = digestOf(manifest);
    const { key, manifest: noted } = this.#options;
    if (noted !== undefined && noted !== digest)
      this.#fault(
        'signature',
        `the manifest has the SHA-256 ${digest}, not ${noted}`,
        `清单的 SHA-256 为 ${digest}，而不是 ${noted}`,
      );
    const held = checkManifest(manifest, signature.toString('utf8'));
    if (held === undefined) {
      this.#fault(
        'signature',
        'the signature of the manifest does not hold: the manifest or the signature was changed',
        '清单签名无效：清单或签名被改动',
      );
      return undefined;
    }
    const fingerprint = fingerprintOf(held.key);
    if (key !== undefined && key !== fingerprint)
      this.#fault(
        'signature',
        `the manifest is signed with the key ${fingerprint}, not ${key}`,
        `清单由密钥 ${fingerprint} 签名，而不是 ${key}`,
      );
    try {
      return { manifest: parseManifest(manifest), digest, key: fingerprint };
    } catch (error) {
      this.#fault('signature', `manifest.json: ${wordsOf(error)}`, `manifest.json：${wordsOf(error)}`);
      return undefined;
    }
  }

  /** Every member against what the manifest says of it. */
  #compare(manifest: Manifest, placed: ReadonlyMap<string, Placed>): void {
    const told = [...manifest.steps.flatMap(({ segment }) => segment ?? []), ...manifest.files];
    const known = new Set<string>([outerNames.manifest, outerNames.signature]);
    for (const { name, bytes, sha256 } of told) {
      known.add(name);
      const found = placed.get(name);
      if (found === undefined) this.#fault('missing', `${name} is missing`, `缺少 ${name}`);
      else if (found.sha256 !== sha256 || found.bytes !== bytes)
        this.#fault(
          'changed',
          `${name} was changed: its SHA-256 is ${found.sha256}, not ${sha256}`,
          `${name} 被改动：SHA-256 为 ${found.sha256}，而不是 ${sha256}`,
        );
    }
    for (const name of placed.keys())
      if (!known.has(name)) this.#fault('added', `${name} is not in the manifest`, `${name} 不在清单中`);
  }

  async #deep(manifest: Manifest, placed: ReadonlyMap<string, Placed>): Promise<void> {
    for (const step of manifest.steps) {
      const found = step.segment === undefined ? undefined : placed.get(step.segment.name);
      if (found === undefined || found.sha256 !== step.segment?.sha256) continue;
      const faults = await readSegment(this.#reader, found, step, {
        identities: this.#options.identities ?? [],
        onMember: () => {
          this.#members += 1;
          return undefined;
        },
        ...(this.#options.signal && { signal: this.#options.signal }),
      });
      this.#faults.push(...faults);
    }
  }

  /** The log in the container, as the manifest names its end, and the one beside it, which must go on with it. */
  async #custody(
    manifest: Manifest | undefined,
    placed: ReadonlyMap<string, Placed>,
  ): Promise<CustodyReport | undefined> {
    const inside = (await this.#small(placed, outerNames.custody))?.toString('utf8');
    if (inside === undefined) return undefined;
    const report = readCustody(inside);
    for (const fault of report.faults) this.#faults.push({ kind: 'custody', text: fault });
    if (manifest !== undefined && report.head.hash !== manifest.custody.hash)
      this.#fault('custody', 'the custody log is not the one that was sealed', '监管链不是封存时的那一份');
    const beside = await this.#beside();
    if (beside === undefined) return report;
    if (!beside.startsWith(inside)) {
      this.#fault(
        'custody',
        `${placesOf(this.#reader.path).custody} does not go on with the log in the container`,
        `${placesOf(this.#reader.path).custody} 与容器内的监管链不衔接`,
      );
      return report;
    }
    const longer = readCustody(beside);
    for (const fault of longer.faults.slice(report.faults.length))
      this.#faults.push({ kind: 'custody', text: fault });
    return longer;
  }

  async #beside(): Promise<string | undefined> {
    const path = placesOf(this.#reader.path).custody;
    try {
      const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const found = await handle.stat();
        if (!found.isFile() || found.size > manifestLimit) throw new Error('is no custody log');
        return await handle.readFile('utf8');
      } finally {
        await handle.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      this.#fault(
        'custody',
        `${path} cannot be read: ${wordsOf(error)}`,
        `无法读取 ${path}：${wordsOf(error)}`,
      );
      return undefined;
    }
  }

  async #small(placed: ReadonlyMap<string, Placed>, name: string): Promise<Buffer | undefined> {
    const member = placed.get(name);
    if (member === undefined) {
      this.#fault('missing', `${name} is missing`, `缺少 ${name}`);
      return undefined;
    }
    try {
      return await this.#reader.small(member, manifestLimit);
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.#faults.push({ kind: 'changed', text: error.text });
      return undefined;
    }
  }

  #fault(kind: EvidenceFault['kind'], en: string, zh: string): void {
    this.#faults.push({ kind, text: { en, zh } });
  }
}
