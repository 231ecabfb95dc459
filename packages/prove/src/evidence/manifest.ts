/** The manifest: what was collected, where, when, by whom and with which hashes; signed. */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { isSigned, publicKeyOf, rawOf } from '../journal/line.ts';
import type { Written } from './container/writer.ts';
import type { StepResult } from './segment.ts';
import type { EvidencePlan } from './step.ts';

/** The host that the evidence is of. */
export interface EvidenceHost {
  readonly name: string;
  /** /etc/machine-id, or the name where there is none. */
  readonly id: string;
  readonly boot_id: string;
  readonly kernel: string;
  readonly system: string;
  /** Time zone that its own logs are written in. */
  readonly zone: string;
  /** When it was booted, milliseconds since the Unix epoch. */
  readonly booted: number;
}

/** The manifest of a container. */
export interface Manifest {
  readonly format: 'redoubt-evidence';
  readonly version: 1;
  readonly id: string;
  readonly case?: string;
  readonly who: string;
  readonly why: string;
  readonly host: EvidenceHost;
  /** Version of Redoubt. */
  readonly redoubt: string;
  readonly plan: EvidencePlan;
  /** Milliseconds since the Unix epoch. */
  readonly begun: number;
  readonly ended: number;
  /** How often the collection was begun: more than once after a kill. */
  readonly runs: number;
  readonly encrypted: boolean;
  readonly steps: readonly StepResult[];
  /** Members of the container that are no segments. */
  readonly files: readonly Written[];
  /** Where the custody log stood when the container was sealed. */
  readonly custody: { readonly lines: number; readonly hash: string };
}

/** Names of the members that are no segments, in their order behind the segments. */
export const outerNames = {
  readme: 'evidence/readme.txt',
  custody: 'evidence/custody.log',
  manifest: 'evidence/manifest.json',
  signature: 'evidence/manifest.sig',
} as const;

/** The signature that lies beside a manifest. */
export interface ManifestSignature {
  readonly algorithm: 'ed25519';
  /** Raw public key, base64. */
  readonly key: string;
  readonly signature: string;
}

function statementOf(digest: string): string {
  return `Redoubt evidence manifest, version 1\nsha256 ${digest}\n`;
}

/** SHA-256 of bytes, hexadecimal. */
export function digestOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** What a public key is known by: SHA-256 of its raw form, hexadecimal. */
export function fingerprintOf(rawKey: string): string {
  return digestOf(Buffer.from(rawKey, 'base64'));
}

/** Signs a manifest's bytes. */
export function signManifest(manifest: Uint8Array, key: KeyObject): ManifestSignature {
  const signature = sign(null, Buffer.from(statementOf(digestOf(manifest))), key).toString('base64');
  return { algorithm: 'ed25519', key: rawOf(key), signature };
}

/** The one form in which a signature is written. */
export function signatureText({ algorithm, key, signature }: ManifestSignature): string {
  return `${JSON.stringify({ algorithm, key, signature })}\n`;
}

/** Whether a text is base64 in its one exact form, of which no bit can be changed unnoticed. */
function isExactBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}

/** Reads a signature; undefined when it is none, is written in another form, or does not hold. */
export function checkManifest(manifest: Uint8Array, text: string): ManifestSignature | undefined {
  try {
    const value = JSON.parse(text) as ManifestSignature;
    if (value.algorithm !== 'ed25519' || signatureText(value) !== text) return undefined;
    const key = publicKeyOf(value.key);
    if (key === undefined || ![value.key, value.signature].every(isExactBase64)) return undefined;
    const bytes = Buffer.from(value.signature, 'base64');
    return isSigned(statementOf(digestOf(manifest)), bytes, key) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a manifest whose signature holds. @throws Error when it is none of this version */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = JSON.parse(Buffer.from(bytes).toString('utf8')) as Partial<Manifest>;
  const isManifest =
    value?.format === 'redoubt-evidence' &&
    value.version === 1 &&
    typeof value.id === 'string' &&
    typeof value.host === 'object' &&
    typeof value.plan === 'object' &&
    typeof value.custody === 'object' &&
    [value.steps, value.files].every(Array.isArray);
  if (!isManifest) throw new Error('is no manifest of evidence, version 1');
  return value as Manifest;
}
