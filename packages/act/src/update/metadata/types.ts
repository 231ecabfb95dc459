/**
 * What the signed metadata of an update repository says. The roles follow The Update Framework (TUF 1.0): `root`
 * names the keys, `release` lists the files, `timestamp` says which release is the newest. TUF's `snapshot` is left
 * out: there is one list of files, so the timestamp's hash of it already rules out mixed parts.
 */
import type { Bilingual } from '@redoubt/model';
import { UpdateRefused } from '../refusal.ts';
import { Shape } from './shape.ts';

/** Who may sign what: enough different keys of `keys` make a role's word. */
export interface Role {
  /** Fingerprints, lower-case hex. */
  readonly keys: readonly string[];
  readonly threshold: number;
}

/** The roles that a root names. */
export const roleNames = ['root', 'release', 'timestamp'] as const;
export type RoleName = (typeof roleNames)[number];

interface Common {
  /** Name of the repository, so that one vendor's metadata cannot pass for another's. */
  readonly repository: string;
  readonly version: number;
  /** Milliseconds since the Unix epoch from which on it counts no more. */
  readonly expires: number;
}

export interface Root extends Common {
  readonly type: 'root';
  /** ASCII-armoured public keys by fingerprint. */
  readonly keys: Readonly<Record<string, string>>;
  readonly roles: Readonly<Record<RoleName, Role>>;
}

export interface Timestamp extends Common {
  readonly type: 'timestamp';
  readonly release: { readonly version: number; readonly bytes: number; readonly sha256: string };
}

/** One file of a release: where it is installed, and the compressed blob that brings it. */
export interface ReleaseFile {
  /** Path below the content folder, e.g. `rules/linux/shell.yml`. */
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly packed: { readonly bytes: number; readonly sha256: string };
}

/** A step of the staged roll-out: from `afterHours` on, `percent` of the hosts of `group` (or all) take it. */
export interface RolloutStage {
  readonly group?: string;
  readonly percent: number;
  readonly afterHours: number;
}

export interface Release extends Common {
  readonly type: 'release';
  /** When it was made, milliseconds since the Unix epoch. */
  readonly issued: number;
  readonly notes: Bilingual;
  readonly files: readonly ReleaseFile[];
  /** Empty: every host at once. */
  readonly rollout: readonly RolloutStage[];
  /** Findings an hour of one rule above which the release is taken back; absent: no such budget. */
  readonly findingBudget?: number;
}

export type Metadata = Root | Timestamp | Release;

/** Folders of content that a release may bring. */
export const contentFolders = [
  'rules',
  'hunts',
  'yara',
  'models',
  'benchmarks',
  'playbooks',
  'intelligence',
  'baseline',
  'lists',
] as const;

/** Limits of what is taken from a repository. */
export const limits = {
  metadataBytes: 32 * 1024 * 1024,
  files: 100_000,
  fileBytes: 512 * 1024 * 1024,
  totalBytes: 4 * 1024 ** 3,
  /** Root rotations followed in one update. */
  rotations: 64,
} as const;

const pathPattern = /^[A-Za-z0-9][A-Za-z0-9._+-]*(\/[A-Za-z0-9][A-Za-z0-9._+-]*)+$/;

/** Whether a path stays inside a content folder on every file system. */
export function isContentPath(path: string): boolean {
  return (
    path.length <= 240 &&
    pathPattern.test(path) &&
    contentFolders.some(folder => path.startsWith(`${folder}/`))
  );
}

/** Reads metadata of one kind. @throws UpdateRefused `malformed` */
export function parseMetadata<Type extends Metadata['type']>(
  type: Type,
  payload: Buffer,
  subject: string,
): Extract<Metadata, { type: Type }> {
  const shape = Shape.parse(payload, subject);
  if (shape.text('type') !== type) throw shape.wrong(`is not of type ${type}`, `类型不是 ${type}`);
  const common = {
    repository: shape.text('repository'),
    version: shape.whole('version', 1),
    expires: shape.time('expires'),
  };
  const parsed: Metadata =
    type === 'root'
      ? { type: 'root', ...common, ...rootOf(shape) }
      : type === 'timestamp'
        ? { type: 'timestamp', ...common, release: fingerprintOf(shape.inner('release')) }
        : { type: 'release', ...common, ...releaseOf(shape) };
  return parsed as Extract<Metadata, { type: Type }>;
}

/** Metadata as the bytes that are signed. Times are written as RFC 3339. */
export function printMetadata(metadata: Metadata): Buffer {
  const times = new Set(['expires', 'issued']);
  return Buffer.from(
    JSON.stringify(metadata, (key, value) => (times.has(key) ? new Date(value).toISOString() : value), 1),
  );
}

function fingerprintOf(shape: Shape): Timestamp['release'] {
  return {
    version: shape.whole('version', 1),
    bytes: shape.whole('bytes', 1, limits.metadataBytes),
    sha256: shape.hex('sha256', 64),
  };
}

function rootOf(shape: Shape): Pick<Root, 'keys' | 'roles'> {
  const keys = shape.inner('keys').texts();
  const roles = shape.inner('roles');
  const role = (name: RoleName): Role => {
    const inner = roles.inner(name);
    const fingerprints = [...new Set(inner.list('keys').map(item => item.ownText()))];
    for (const fingerprint of fingerprints) {
      if (!Object.hasOwn(keys, fingerprint)) throw inner.wrong(`names a key it lacks`, `引用了缺失的密钥`);
    }
    return { keys: fingerprints, threshold: inner.whole('threshold', 1, fingerprints.length) };
  };
  return { keys, roles: { root: role('root'), release: role('release'), timestamp: role('timestamp') } };
}

function releaseOf(
  shape: Shape,
): Pick<Release, 'issued' | 'notes' | 'files' | 'rollout'> & Partial<Pick<Release, 'findingBudget'>> {
  const entries = shape.list('files');
  if (entries.length > limits.files) throw shape.wrong('lists too many files', '列出的文件过多');
  const files = entries.map(fileOf);
  if (new Set(files.map(({ path }) => path.toLowerCase())).size !== files.length) {
    throw shape.wrong('lists a path twice', '路径重复');
  }
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > limits.totalBytes) {
    throw new UpdateRefused(
      'endless_data',
      shape.subject,
      'lists more data than is taken',
      '数据总量超出上限',
    );
  }
  const notes = shape.inner('notes');
  const budget = shape.optionalWhole('findingBudget', 1);
  return {
    issued: shape.time('issued'),
    notes: { en: notes.text('en'), zh: notes.text('zh') },
    files,
    rollout: shape.list('rollout').map(stage => {
      const group = stage.optionalText('group');
      return {
        ...(group === undefined ? {} : { group }),
        percent: stage.whole('percent', 0, 100),
        afterHours: stage.whole('afterHours', 0),
      };
    }),
    ...(budget === undefined ? {} : { findingBudget: budget }),
  };
}

function fileOf(shape: Shape): ReleaseFile {
  const path = shape.text('path');
  if (!isContentPath(path)) throw shape.wrong('has a path outside its folder', '路径越出内容目录');
  const packed = shape.inner('packed');
  return {
    path,
    bytes: shape.whole('bytes', 0, limits.fileBytes),
    sha256: shape.hex('sha256', 64),
    packed: { bytes: packed.whole('bytes', 1, limits.fileBytes), sha256: packed.hex('sha256', 64) },
  };
}
