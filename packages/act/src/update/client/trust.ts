/** What a client believes, and the only way in which it comes to believe more: TUF 1.0, section 5. */
import { createHash } from 'node:crypto';
import { parseEnvelope, printEnvelope } from '../metadata/envelope.ts';
import { requireRole } from '../metadata/signing.ts';
import { limits, parseMetadata, type Release, type Root, type Timestamp } from '../metadata/types.ts';
import { UpdateRefused } from '../refusal.ts';
import type { UpdateSource } from '../source/source.ts';

/** Trusted metadata, kept from one update to the next so that nothing older is ever taken. */
export interface TrustStore {
  read(name: 'root' | 'timestamp' | 'release'): Buffer | undefined;
  /** Replaces it as a whole, on disk before this returns. */
  write(name: 'root' | 'timestamp' | 'release', bytes: Uint8Array): void;
  forget(name: 'timestamp' | 'release'): void;
}

/** Where a repository keeps its metadata. */
export const repositoryPaths = {
  root: (version: number) => `root/${version}.json`,
  timestamp: 'timestamp.json',
  release: (version: number) => `releases/${version}.json`,
  blob: (sha256: string) => `blobs/${sha256}.zst`,
} as const;

/** SHA-256 in lower-case hex. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * Begins to trust a repository, by a root that came over a way the operator vouches for.
 * @param fingerprint what the operator was told: SHA-256 of the root's signed bytes
 * @throws UpdateRefused when the root is not that one, has expired, or is not signed by its own keys
 */
export async function beginTrust(
  bytes: Buffer,
  fingerprint: string | undefined,
  store: TrustStore,
  now: number,
): Promise<Root> {
  const envelope = parseEnvelope(bytes, 'root');
  const root = parseMetadata('root', envelope.payload, 'root');
  if (fingerprint !== undefined && sha256Of(envelope.payload) !== fingerprint.toLowerCase()) {
    throw new UpdateRefused(
      'wrong_key',
      'root',
      'is not the root with this fingerprint',
      '根与给出的指纹不符',
    );
  }
  await requireRole(envelope, root.roles.root, root.keys, 'root', now);
  requireFresh(root.expires, 'root', now);
  store.write('root', Buffer.from(printEnvelope(envelope)));
  return root;
}

/** What an update brings, fully verified but for its files. */
export interface VerifiedRelease {
  readonly root: Root;
  readonly release: Release;
}

/**
 * Follows the repository from what is trusted to its newest release.
 * @param now milliseconds since the Unix epoch; read once, so that one update has one time
 * @throws UpdateRefused with the name of the attack that this would be
 */
export async function followRepository(
  source: UpdateSource,
  store: TrustStore,
  now: number,
): Promise<VerifiedRelease> {
  const root = await followRoot(source, store, now);
  const timestamp = await newestTimestamp(source, store, root, now);
  return { root, release: await announcedRelease(source, store, root, timestamp, now) };
}

/** The root that is trusted now. @throws UpdateRefused `not_trusted_yet` */
export function trustedRoot(store: TrustStore): Root {
  const bytes = store.read('root');
  if (bytes === undefined) {
    throw new UpdateRefused('not_trusted_yet', 'root', 'no root is trusted yet', '尚未信任任何根');
  }
  return parseMetadata('root', parseEnvelope(bytes, 'root').payload, 'root');
}

async function followRoot(source: UpdateSource, store: TrustStore, now: number): Promise<Root> {
  let root = trustedRoot(store);
  for (let step = 0; step < limits.rotations; step++) {
    const path = repositoryPaths.root(root.version + 1);
    const bytes = await source.fetch(path, limits.metadataBytes);
    if (bytes === undefined) break;
    const envelope = parseEnvelope(bytes, path);
    const next = parseMetadata('root', envelope.payload, path);
    requireSameRepository(next.repository, root, path);
    // By the old keys, so that only who we trust can hand over; by the new ones, so that they are really held.
    await requireRole(envelope, root.roles.root, root.keys, path, now);
    await requireRole(envelope, next.roles.root, next.keys, path, now);
    if (next.version !== root.version + 1) throw olderThan(path, root.version + 1, next.version);
    // Metadata of keys that are gone binds nobody: with them a thief could have named versions without end.
    if (isRotated(root, next)) for (const name of ['timestamp', 'release'] as const) store.forget(name);
    root = next;
    store.write('root', bytes);
  }
  requireFresh(root.expires, 'root', now);
  return root;
}

function isRotated(before: Root, after: Root): boolean {
  const keysOf = (root: Root): string =>
    JSON.stringify([root.roles.timestamp.keys.toSorted(), root.roles.release.keys.toSorted()]);
  return keysOf(before) !== keysOf(after);
}

async function newestTimestamp(
  source: UpdateSource,
  store: TrustStore,
  root: Root,
  now: number,
): Promise<Timestamp> {
  const path = repositoryPaths.timestamp;
  const bytes = await requiredFetch(source, path, limits.metadataBytes);
  const timestamp = await signedBy('timestamp', bytes, path, root, now);
  const known = trusted('timestamp', store);
  if (known !== undefined) {
    if (timestamp.version < known.version) throw olderThan(path, known.version, timestamp.version);
    if (timestamp.release.version < known.release.version) {
      throw olderThan(path, known.release.version, timestamp.release.version);
    }
  }
  requireFresh(timestamp.expires, path, now);
  store.write('timestamp', bytes);
  return timestamp;
}

async function announcedRelease(
  source: UpdateSource,
  store: TrustStore,
  root: Root,
  timestamp: Timestamp,
  now: number,
): Promise<Release> {
  const announced = timestamp.release;
  const path = repositoryPaths.release(announced.version);
  const bytes = await requiredFetch(source, path, announced.bytes);
  if (bytes.length < announced.bytes) throw torn(path, announced.bytes, bytes.length);
  if (sha256Of(bytes) !== announced.sha256) throw mixed(path);
  const release = await signedBy('release', bytes, path, root, now);
  if (release.version !== announced.version) throw mixed(path);
  const known = trusted('release', store);
  if (known !== undefined && release.version < known.version) {
    throw olderThan(path, known.version, release.version);
  }
  requireFresh(release.expires, path, now);
  store.write('release', bytes);
  return release;
}

/** Fetches what must be there. @throws UpdateRefused `missing` */
export async function requiredFetch(source: UpdateSource, path: string, most: number): Promise<Buffer> {
  const bytes = await source.fetch(path, most);
  if (bytes === undefined) throw new UpdateRefused('missing', path, 'is not there', '不存在');
  return bytes;
}

/** The refusal of a file that ends too early. */
export function torn(path: string, announced: number, actual: number): UpdateRefused {
  return new UpdateRefused(
    'truncated',
    path,
    `has ${actual} of ${announced} bytes`,
    `应有 ${announced} 字节，实际 ${actual} 字节`,
  );
}

/** The refusal of a part that does not belong to the rest. */
export function mixed(path: string): UpdateRefused {
  return new UpdateRefused('mix_and_match', path, 'is not the one that was announced', '与公布的内容不一致');
}

interface Signed {
  readonly timestamp: Timestamp;
  readonly release: Release;
}

async function signedBy<Type extends keyof Signed>(
  type: Type,
  bytes: Buffer,
  path: string,
  root: Root,
  now: number,
): Promise<Signed[Type]> {
  const envelope = parseEnvelope(bytes, path);
  // Signatures first: nothing of an unsigned text is looked at.
  await requireRole(envelope, root.roles[type], root.keys, path, now);
  const metadata: Signed[keyof Signed] = parseMetadata(type, envelope.payload, path);
  requireSameRepository(metadata.repository, root, path);
  return metadata as Signed[Type];
}

function trusted<Type extends keyof Signed>(type: Type, store: TrustStore): Signed[Type] | undefined {
  const bytes = store.read(type);
  if (bytes === undefined) return undefined;
  const metadata: Signed[keyof Signed] = parseMetadata(type, parseEnvelope(bytes, type).payload, type);
  return metadata as Signed[Type];
}

function requireSameRepository(repository: string, root: Root, path: string): void {
  if (repository === root.repository) return;
  throw new UpdateRefused(
    'mix_and_match',
    path,
    `belongs to "${repository}", not to "${root.repository}"`,
    `属于“${repository}”，而不是“${root.repository}”`,
  );
}

function requireFresh(expires: number, path: string, now: number): void {
  if (now < expires) return;
  const day = new Date(expires).toISOString();
  throw new UpdateRefused('freeze', path, `has expired at ${day}`, `已于 ${day} 过期`);
}

function olderThan(path: string, known: number, offered: number): UpdateRefused {
  return new UpdateRefused(
    'rollback',
    path,
    `is version ${offered}, but ${known} is already known`,
    `版本为 ${offered}，但已知版本为 ${known}`,
  );
}
