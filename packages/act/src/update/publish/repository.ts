/** Making and signing a repository of updates. Private keys are only ever handed in; nothing of them is kept. */
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { replaceFile } from '@redoubt/store/durable';
import { repositoryPaths, sha256Of } from '../client/trust.ts';
import { type Envelope, parseEnvelope, printEnvelope } from '../metadata/envelope.ts';
import { publicPart, signEnvelope } from '../metadata/signing.ts';
import {
  contentFolders,
  isContentPath,
  parseMetadata,
  printMetadata,
  type Release,
  type ReleaseFile,
  type RoleName,
  type Root,
  roleNames,
} from '../metadata/types.ts';
import { UpdateRefused } from '../refusal.ts';

const compress = promisify(zstdCompress);

/** A private key as it is handed in. */
export interface SigningKey {
  readonly armored: string;
  readonly passphrase: string;
}

/** Armoured keys (public or private; only the public part is taken) and threshold of each role. */
export type RoleKeys = Readonly<
  Record<RoleName, { readonly keys: readonly string[]; readonly threshold: number }>
>;

/** What a release is made with. */
export interface ReleaseOptions {
  readonly notes: Release['notes'];
  readonly rollout: Release['rollout'];
  readonly findingBudget?: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  readonly expires: number;
  readonly signers: readonly SigningKey[];
  readonly onProgress?: (done: number, of: number) => void;
}

/** A repository in a folder. */
export class Repository {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Makes a repository with its first root.
   * @returns fingerprint of the root, for those who begin to trust it
   * @throws UpdateRefused when there is one already
   */
  async create(
    name: string,
    roles: RoleKeys,
    signers: readonly SigningKey[],
    expires: number,
  ): Promise<string> {
    if (this.#newest('root') !== undefined) {
      throw new UpdateRefused('malformed', this.folder, 'is a repository already', '已是更新仓库');
    }
    return this.#writeRoot(
      { type: 'root', repository: name, version: 1, expires, ...(await named(roles)) },
      signers,
    );
  }

  /**
   * Hands over to other keys or thresholds, or renews the root. Both the old and the new root keys must sign.
   * @returns fingerprint of the new root
   */
  async rotate(
    roles: RoleKeys | undefined,
    signers: readonly SigningKey[],
    expires: number,
  ): Promise<string> {
    const root = this.root();
    const next: Root = {
      ...root,
      version: root.version + 1,
      expires,
      ...(roles === undefined ? {} : await named(roles)),
    };
    return this.#writeRoot(next, signers);
  }

  /** Adds a signature to metadata that has too few: keys of one role are held by different people. */
  async addSignature(path: string, signer: SigningKey): Promise<number> {
    const place = join(this.folder, path);
    const envelope = parseEnvelope(readFileSync(place), path);
    const signed = await signEnvelope(envelope, signer.armored, signer.passphrase);
    replaceFile(place, printEnvelope(signed), 0o644);
    return signed.signatures.length;
  }

  /** The newest root. @throws UpdateRefused when there is none */
  root(): Root {
    const version = this.#newest('root');
    if (version === undefined) {
      throw new UpdateRefused('missing', this.folder, 'is no repository of updates', '不是更新仓库');
    }
    const path = repositoryPaths.root(version);
    return parseMetadata('root', parseEnvelope(readFileSync(join(this.folder, path)), path).payload, path);
  }

  /** Makes and signs a release of a content folder. Content that earlier releases have is not stored again. */
  async release(contentFolder: string, options: ReleaseOptions): Promise<Release> {
    const { repository } = this.root();
    const files: ReleaseFile[] = [];
    const paths = contentPaths(contentFolder);
    for (const [at, path] of paths.entries()) {
      options.onProgress?.(at, paths.length);
      files.push(await this.#addFile(path, readFileSync(join(contentFolder, path))));
    }
    const release: Release = {
      type: 'release',
      repository,
      version: (this.#newest('releases') ?? 0) + 1,
      issued: options.now,
      expires: options.expires,
      notes: options.notes,
      files,
      rollout: options.rollout,
      ...(options.findingBudget === undefined ? {} : { findingBudget: options.findingBudget }),
    };
    const path = repositoryPaths.release(release.version);
    const payload = printMetadata(release);
    // Read back as a client will, so that what no client takes is not published either.
    parseMetadata('release', payload, path);
    await this.#write(path, payload, options.signers);
    return release;
  }

  /** Announces the newest release until `expires`; to be repeated before that. */
  async announce(signers: readonly SigningKey[], expires: number): Promise<number> {
    const version = this.#newest('releases');
    if (version === undefined) {
      throw new UpdateRefused('missing', this.folder, 'has no release yet', '还没有发布任何版本');
    }
    const bytes = readFileSync(join(this.folder, repositoryPaths.release(version)));
    const path = join(this.folder, repositoryPaths.timestamp);
    const before = existsSync(path)
      ? parseMetadata('timestamp', parseEnvelope(readFileSync(path), path).payload, path).version
      : 0;
    const payload = printMetadata({
      type: 'timestamp',
      repository: this.root().repository,
      version: before + 1,
      expires,
      release: { version, bytes: bytes.length, sha256: sha256Of(bytes) },
    });
    await this.#write(repositoryPaths.timestamp, payload, signers);
    return version;
  }

  /** Writes the newest release, with everything that verifies it, to one tar file. @returns its bytes */
  async exportOffline(file: string): Promise<number> {
    const version = this.#newest('releases');
    if (version === undefined) {
      throw new UpdateRefused('missing', this.folder, 'has no release yet', '还没有发布任何版本');
    }
    const path = repositoryPaths.release(version);
    const release = parseMetadata(
      'release',
      parseEnvelope(readFileSync(join(this.folder, path)), path).payload,
      path,
    );
    const blobs = new Set(release.files.map(({ packed }) => repositoryPaths.blob(packed.sha256)));
    const roots = readdirSync(join(this.folder, 'root')).map(name => `root/${name}`);
    const { pack } = await import('tar-stream');
    const archive = pack();
    const written = pipeline(archive, createWriteStream(file));
    for (const name of [...roots, repositoryPaths.timestamp, path, ...blobs]) {
      const place = join(this.folder, name);
      const { size } = statSync(place);
      const entry = archive.entry({ name, size });
      await pipeline(createReadStream(place), entry);
    }
    archive.finalize();
    await written;
    return statSync(file).size;
  }

  async #addFile(path: string, bytes: Buffer): Promise<ReleaseFile> {
    const blob = await compress(bytes);
    const packed = { bytes: blob.length, sha256: sha256Of(blob) };
    const place = join(this.folder, repositoryPaths.blob(packed.sha256));
    if (!existsSync(place)) this.#put(place, blob);
    return { path, bytes: bytes.length, sha256: sha256Of(bytes), packed };
  }

  async #writeRoot(root: Root, signers: readonly SigningKey[]): Promise<string> {
    const path = repositoryPaths.root(root.version);
    const payload = printMetadata(root);
    parseMetadata('root', payload, path);
    await this.#write(path, payload, signers);
    return sha256Of(payload);
  }

  async #write(path: string, payload: Buffer, signers: readonly SigningKey[]): Promise<void> {
    let envelope: Envelope = { payload, signatures: [] };
    for (const { armored, passphrase } of signers)
      envelope = await signEnvelope(envelope, armored, passphrase);
    this.#put(join(this.folder, path), printEnvelope(envelope));
  }

  #put(place: string, content: string | Uint8Array): void {
    mkdirSync(dirname(place), { recursive: true });
    replaceFile(place, content, 0o644);
  }

  #newest(folder: 'root' | 'releases'): number | undefined {
    const place = join(this.folder, folder);
    if (!existsSync(place)) return undefined;
    const versions = readdirSync(place).flatMap(name => {
      const version = /^(\d+)\.json$/.exec(name)?.[1];
      return version === undefined ? [] : [Number(version)];
    });
    return versions.length === 0 ? undefined : Math.max(...versions);
  }
}

async function named(roles: RoleKeys): Promise<Pick<Root, 'keys' | 'roles'>> {
  const keys: Record<string, string> = {};
  const fingerprints: Record<string, string[]> = {};
  for (const name of roleNames) {
    fingerprints[name] = [];
    for (const armored of roles[name].keys) {
      const { fingerprint, publicKey } = await publicPart(armored);
      keys[fingerprint] = publicKey;
      fingerprints[name].push(fingerprint);
    }
  }
  const role = (name: RoleName) => ({ keys: fingerprints[name] ?? [], threshold: roles[name].threshold });
  return { keys, roles: { root: role('root'), release: role('release'), timestamp: role('timestamp') } };
}

/** Every file below the content folders. @throws UpdateRefused naming a file that no client would take */
function contentPaths(folder: string): string[] {
  const present = contentFolders.filter(name => existsSync(join(folder, name)));
  const paths = present.flatMap(name =>
    readdirSync(join(folder, name), { recursive: true, withFileTypes: true })
      .filter(entry => entry.isFile())
      .map(entry => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')),
  );
  const wrong = paths.find(path => !isContentPath(path));
  if (wrong !== undefined) {
    throw new UpdateRefused('malformed', wrong, 'cannot be the path of content', '不能作为内容路径');
  }
  return paths.toSorted();
}
