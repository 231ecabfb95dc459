/**
 * Content as it is installed: every release a folder of its own, `current` a link to the one in force.
 *
 *     content/trust/{root,timestamp,release}.json   trusted metadata
 *     content/objects/SHA256                         files, each once, shared by releases through hard links
 *     content/releases/VERSION/… and VERSION.json    one release, and what it says of itself
 *     content/current -> releases/VERSION
 *     content/state.json                             what was installed when, and what was taken back
 */
import {
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Bilingual } from '@redoubt/model';
import { replaceFile, replaceLink, syncFolder } from '@redoubt/store/durable';
import { parseEnvelope } from '../metadata/envelope.ts';
import { parseMetadata, type Release, type ReleaseFile } from '../metadata/types.ts';
import type { TrustStore } from './trust.ts';

/** One thing that happened to the content. */
export interface ContentStep {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly step: 'installed' | 'rolled_back';
  readonly version: number;
  /** Where it came from, or why it was taken back. */
  readonly text: Bilingual;
}

interface State {
  readonly history: readonly ContentStep[];
  /** Versions that this host has taken back and does not take again by itself. */
  readonly withdrawn: readonly number[];
}

/** Entries of the history that are kept. */
const historyLimit = 200;

/** Releases kept beside the one in force, for the way back. */
const keptReleases = 2;

/** Content below a state directory. */
export class InstalledContent implements TrustStore {
  readonly folder: string;

  constructor(stateDirectory: string) {
    this.folder = join(stateDirectory, 'content');
  }

  read(name: 'root' | 'timestamp' | 'release'): Buffer | undefined {
    return readIfThere(join(this.folder, 'trust', `${name}.json`));
  }

  write(name: 'root' | 'timestamp' | 'release', bytes: Uint8Array): void {
    this.#put(join(this.folder, 'trust', `${name}.json`), bytes);
  }

  forget(name: 'timestamp' | 'release'): void {
    rmSync(join(this.folder, 'trust', `${name}.json`), { force: true });
  }

  /** The folder of the release in force, or undefined. */
  get current(): string | undefined {
    const version = this.version;
    return version === undefined ? undefined : this.releaseFolder(version);
  }

  /** Version in force, or undefined when nothing was installed. */
  get version(): number | undefined {
    try {
      const version = Number(basename(readlinkSync(join(this.folder, 'current'))));
      return Number.isSafeInteger(version) && existsSync(this.releaseFolder(version)) ? version : undefined;
    } catch {
      return undefined;
    }
  }

  /** What the release in force says of itself; undefined when nothing was installed. */
  get release(): Release | undefined {
    const version = this.version;
    const bytes = version === undefined ? undefined : readIfThere(this.#description(version));
    if (bytes === undefined) return undefined;
    return parseMetadata('release', parseEnvelope(bytes, 'release').payload, 'release');
  }

  get history(): readonly ContentStep[] {
    return this.#state().history;
  }

  get withdrawn(): readonly number[] {
    return this.#state().withdrawn;
  }

  releaseFolder(version: number): string {
    return join(this.folder, 'releases', String(version));
  }

  /** Whether a file's content is at hand from an earlier release. */
  has(sha256: string): boolean {
    return existsSync(this.#object(sha256));
  }

  /** Keeps a file's verified content. */
  keep(sha256: string, bytes: Uint8Array): void {
    this.#put(this.#object(sha256), bytes);
  }

  /** Content that was kept, to be verified again before it is used. */
  object(sha256: string): Buffer | undefined {
    return readIfThere(this.#object(sha256));
  }

  /** Forgets content that turned out to be damaged. */
  discard(sha256: string): void {
    rmSync(this.#object(sha256), { force: true });
  }

  /** Lays a release out in its folder. Every file's content must be at hand. @returns the folder */
  stage(version: number, files: readonly ReleaseFile[]): string {
    const target = this.releaseFolder(version);
    const draft = `${target}.new`;
    rmSync(draft, { recursive: true, force: true });
    mkdirSync(draft, { recursive: true, mode: 0o755 });
    for (const { path, sha256 } of files) {
      const place = join(draft, path);
      mkdirSync(dirname(place), { recursive: true });
      linkSync(this.#object(sha256), place);
    }
    syncFolder(draft);
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
    const described = this.read('release');
    if (described !== undefined) this.#put(this.#description(version), described);
    syncFolder(dirname(target));
    return target;
  }

  /** Puts a staged release in force. */
  activate(version: number, time: number, text: Bilingual): void {
    replaceLink(join(this.folder, 'current'), join('releases', String(version)));
    this.#note({ time, step: 'installed', version, text });
  }

  /**
   * Takes the release in force back: the one before it, or none, comes into force.
   * @returns the version that is in force now, or undefined for what is shipped
   */
  rollBack(time: number, text: Bilingual): number | undefined {
    const version = this.version;
    if (version === undefined) return undefined;
    const before = this.#versions().filter(one => one < version && !this.withdrawn.includes(one));
    const previous = before.at(-1);
    // The note first: a kill in between leaves a withdrawn version in force, which the next start takes back.
    this.#note({ time, step: 'rolled_back', version, text });
    if (previous === undefined) rmSync(join(this.folder, 'current'), { force: true });
    else replaceLink(join(this.folder, 'current'), join('releases', String(previous)));
    return previous;
  }

  /** Removes releases and files that no way back needs. */
  prune(release: Release): void {
    const kept = this.#versions()
      .filter(version => version !== this.version && version !== release.version)
      .slice(-keptReleases);
    const stays = new Set([...kept, this.version, release.version]);
    for (const version of this.#versions()) {
      if (stays.has(version)) continue;
      rmSync(this.releaseFolder(version), { recursive: true, force: true });
      rmSync(this.#description(version), { force: true });
    }
    const wanted = new Set(release.files.map(({ sha256 }) => sha256));
    const objects = join(this.folder, 'objects');
    for (const name of existsSync(objects) ? readdirSync(objects) : []) {
      if (!wanted.has(name)) rmSync(join(objects, name), { force: true });
    }
  }

  #put(path: string, content: string | Uint8Array): void {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    replaceFile(path, content);
  }

  #versions(): number[] {
    const folder = join(this.folder, 'releases');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter(name => /^\d+$/.test(name))
      .map(Number)
      .toSorted((one, other) => one - other);
  }

  #description(version: number): string {
    return join(this.folder, 'releases', `${version}.json`);
  }

  #object(sha256: string): string {
    return join(this.folder, 'objects', sha256);
  }

  #state(): State {
    const bytes = readIfThere(join(this.folder, 'state.json'));
    if (bytes === undefined) return { history: [], withdrawn: [] };
    try {
      const { history, withdrawn } = JSON.parse(bytes.toString('utf8'));
      return {
        history: Array.isArray(history) ? history : [],
        withdrawn: Array.isArray(withdrawn) ? withdrawn : [],
      };
    } catch {
      return { history: [], withdrawn: [] };
    }
  }

  #note(step: ContentStep): void {
    const { history, withdrawn } = this.#state();
    const rest = withdrawn.filter(version => version !== step.version);
    const state: State = {
      history: [...history, step].slice(-historyLimit),
      withdrawn: step.step === 'rolled_back' ? [...rest, step.version] : rest,
    };
    this.#put(join(this.folder, 'state.json'), `${JSON.stringify(state, null, 1)}\n`);
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
