/** The settings of application control: what may run, and what must go on working. */
import { LadderError } from '../ladder/protection.ts';

/** Allows or denies by where a file lies, whose it is, or what it contains. What is given must all hold. */
export interface AppRule {
  readonly action: 'allow' | 'deny';
  /** An absolute path: that file, or everything below it. */
  readonly path?: string;
  /** Numeric user id of the file's owner. Nobody else may be able to write it. */
  readonly owner?: number;
  /** Of the content, lower-case hexadecimal. */
  readonly sha256?: string;
  readonly note?: string;
}

/** What may run. Denying rules go first; what nothing allows is denied. */
export interface AppControlSettings {
  readonly rules: readonly AppRule[];
  /** Files of packages may run if they are as the package has them. */
  readonly packages: boolean;
  /** Files in signed catalogs that were added may run. */
  readonly catalogs: boolean;
  /** Files may run if they are as the signed golden state of this host's files has them. */
  readonly golden: boolean;
  /** Let through unasked: at or below these paths. */
  readonly bypass: readonly string[];
  /** Mount points to stand before; empty means every file system that programs can be run from. */
  readonly mounts: readonly string[];
  /** What must go on working under enforcement: `unit:ssh.service`, `tcp:127.0.0.1:22`. */
  readonly watch: readonly string[];
}

export const appControlDefaults: AppControlSettings = {
  rules: [],
  packages: true,
  catalogs: true,
  golden: true,
  bypass: [],
  mounts: [],
  watch: [],
};

const limits = { rules: 10_000, bypass: 128, mounts: 128, watch: 32 };
const watchPattern = /^(?:unit:[\w@.:-]{1,200}|tcp:[\w.-]{1,200}:\d{1,5})$/;

/** Checks settings from outside. Absent ones are the default. @throws LadderError `bad_settings` */
export function parseAppControl(given: unknown): AppControlSettings {
  if (!isObject(given)) throw bad('settings', 'must be a mapping', '应为映射');
  const known = Object.keys(appControlDefaults);
  const unknown = Object.keys(given).find(key => !known.includes(key));
  if (unknown !== undefined) throw bad(unknown, 'is not known', '不认识');
  return {
    rules: list(given, 'rules', limits.rules).map(parseRule),
    packages: flag(given, 'packages'),
    catalogs: flag(given, 'catalogs'),
    golden: flag(given, 'golden'),
    bypass: list(given, 'bypass', limits.bypass).map((one, at) => absolute(one, `bypass[${at}]`)),
    mounts: list(given, 'mounts', limits.mounts).map((one, at) => absolute(one, `mounts[${at}]`)),
    watch: list(given, 'watch', limits.watch).map((one, at) => {
      if (typeof one === 'string' && watchPattern.test(one)) return one;
      throw bad(`watch[${at}]`, 'must be unit:NAME or tcp:HOST:PORT', '应为 unit:名称 或 tcp:主机:端口');
    }),
  };
}

function parseRule(given: unknown, at: number): AppRule {
  const name = `rules[${at}]`;
  if (!isObject(given)) throw bad(name, 'must be a mapping', '应为映射');
  const { action, path, owner, sha256, note } = given;
  const extra = Object.keys(given).find(key => !['action', 'path', 'owner', 'sha256', 'note'].includes(key));
  if (extra !== undefined) throw bad(`${name}.${extra}`, 'is not known', '不认识');
  if (action !== 'allow' && action !== 'deny')
    throw bad(`${name}.action`, 'must be allow or deny', '应为 allow 或 deny');
  if (owner !== undefined && !(Number.isSafeInteger(owner) && (owner as number) >= 0))
    throw bad(`${name}.owner`, 'must be a numeric user id', '应为数字用户 ID');
  if (sha256 !== undefined && !(typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)))
    throw bad(`${name}.sha256`, 'must be 64 lower-case hexadecimal digits', '应为 64 位小写十六进制');
  if (path === undefined && sha256 === undefined)
    throw bad(name, 'needs a path or a sha256', '须有 path 或 sha256');
  return {
    action,
    ...(path !== undefined && { path: absolute(path, `${name}.path`) }),
    ...(owner !== undefined && { owner: owner as number }),
    ...(sha256 !== undefined && { sha256 }),
    ...(typeof note === 'string' && { note: note.slice(0, 500) }),
  };
}

function absolute(given: unknown, name: string): string {
  if (typeof given !== 'string' || !given.startsWith('/') || given.length > 4095 || given.includes('\0'))
    throw bad(name, 'must be an absolute path', '应为绝对路径');
  if (given.split('/').includes('..')) throw bad(name, 'must not contain ..', '不得包含 ..');
  return given.length > 1 ? given.replace(/\/+$/, '') : given;
}

function list(given: Record<string, unknown>, key: keyof typeof limits, most?: number): unknown[] {
  const value = given[key] ?? [];
  if (!Array.isArray(value) || value.length > (most ?? limits[key]))
    throw bad(
      key,
      `must be a list of at most ${most ?? limits[key]}`,
      `应为不超过 ${most ?? limits[key]} 项的列表`,
    );
  return value;
}

function flag(given: Record<string, unknown>, key: 'packages' | 'catalogs' | 'golden'): boolean {
  const value = given[key] ?? true;
  if (typeof value !== 'boolean') throw bad(key, 'must be true or false', '应为 true 或 false');
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(name: string, en: string, zh: string): LadderError {
  return new LadderError('bad_settings', { en: `${name} ${en}`, zh: `${name} ${zh}` });
}
