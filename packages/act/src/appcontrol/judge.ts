/** Whether a program may run, and why. */
import { type BigIntStats, fstatSync, lstatSync } from 'node:fs';
import type { Bilingual } from '@redoubt/model';
import type { CatalogStore } from './catalog-store.ts';
import { digestsOf } from './digests.ts';
import type { GoldenPrograms } from './golden-programs.ts';
import type { OwnPrograms } from './own-programs.ts';
import type { PackageDigests } from './package-digest.ts';
import type { AppControlSettings, AppRule } from './settings.ts';

/** The decision about a file, with what it rests on. */
export interface AppDecision {
  readonly allow: boolean;
  readonly by: 'rule' | 'package' | 'catalog' | 'golden state' | 'redoubt' | 'nothing';
  readonly text: Bilingual;
  readonly sha256: string;
  /** Numeric user id of the file's owner. */
  readonly owner: number;
  readonly package?: string;
  /** The file stayed as it was while it was judged. */
  readonly isStable: boolean;
}

/** Said of what nothing vouches for. */
export const unknownProgram: Bilingual = {
  en: 'no package, catalog, golden state or rule knows it',
  zh: '没有软件包、目录、黄金状态或规则认可它',
};

/** What judging looks things up in. */
export interface JudgeSources {
  readonly packages: PackageDigests;
  readonly catalogs: CatalogStore;
  readonly golden: GoldenPrograms;
  readonly own: OwnPrograms;
}

/**
 * Judges an open file. What is said by path counts only if the path leads to this very file on this host: a file of
 * a container has a path of its own that may look the same.
 * @throws the system's error when the file cannot be read
 */
export async function judgeProgram(
  fd: number,
  path: string,
  settings: AppControlSettings,
  { packages, catalogs, golden, own }: JudgeSources,
): Promise<AppDecision> {
  const before = fstatSync(fd, { bigint: true });
  const { sha256, md5 } = await digestsOf(fd);
  const after = fstatSync(fd, { bigint: true });
  const isStable = before.size === after.size && before.ctimeNs === after.ctimeNs;
  const facts = { sha256, owner: Number(before.uid), isStable };
  const isAtPath = leadsTo(path, before);
  const holds = (rule: AppRule): boolean => ruleHolds(rule, path, isAtPath, before, sha256);

  const denied = settings.rules.find(rule => rule.action === 'deny' && holds(rule));
  if (denied !== undefined) return { ...facts, allow: false, by: 'rule', text: ruleText(denied) };
  const allowed = settings.rules.find(rule => rule.action === 'allow' && holds(rule));
  if (allowed !== undefined) return { ...facts, allow: true, by: 'rule', text: ruleText(allowed) };
  if (isAtPath && own.has(path, sha256)) {
    const text = { en: 'it is part of Redoubt', zh: '属于 Redoubt 自身' };
    return { ...facts, allow: true, by: 'redoubt', text };
  }
  const found = settings.packages && isAtPath ? await packages.check(path, md5) : undefined;
  if (found?.content === 'as packaged') {
    const text = { en: `as package ${found.name} has it`, zh: `与软件包 ${found.name} 一致` };
    return { ...facts, allow: true, by: 'package', package: found.name, text };
  }
  const catalog = settings.catalogs ? catalogs.find(sha256) : undefined;
  if (catalog !== undefined) {
    const text = {
      en: `in catalog ${catalog.name} of ${catalog.owner}`,
      zh: `在 ${catalog.owner} 的目录 ${catalog.name} 中`,
    };
    return { ...facts, allow: true, by: 'catalog', text };
  }
  if (settings.golden && isAtPath && golden.has(path, sha256)) {
    const text = { en: 'as the golden state of this host has it', zh: '与本机的黄金状态一致' };
    return { ...facts, allow: true, by: 'golden state', text };
  }
  const changed =
    found === undefined
      ? unknownProgram
      : found.content === 'changed'
        ? { en: `it is not as package ${found.name} has it`, zh: `与软件包 ${found.name} 的内容不一致` }
        : { en: `package ${found.name} records no digest of it`, zh: `软件包 ${found.name} 未记录其摘要` };
  return {
    ...facts,
    allow: false,
    by: 'nothing',
    text: changed,
    ...(found !== undefined && { package: found.name }),
  };
}

function leadsTo(path: string, file: BigIntStats): boolean {
  try {
    const there = lstatSync(path, { bigint: true });
    return there.dev === file.dev && there.ino === file.ino;
  } catch {
    return false;
  }
}

const writableByOthers = 0o022n;

function ruleHolds(
  { path: wanted, owner, sha256: digest }: AppRule,
  path: string,
  isAtPath: boolean,
  file: BigIntStats,
  sha256: string,
): boolean {
  if (digest !== undefined && digest !== sha256) return false;
  if (owner !== undefined && (Number(file.uid) !== owner || (file.mode & writableByOthers) !== 0n))
    return false;
  if (wanted === undefined) return true;
  return isAtPath && (path === wanted || path.startsWith(wanted === '/' ? '/' : `${wanted}/`));
}

function ruleText({ action, path, sha256, note }: AppRule): Bilingual {
  const what = path ?? `SHA-256 ${sha256?.slice(0, 16)}…`;
  const more = note === undefined ? '' : ` (${note})`;
  return action === 'allow'
    ? { en: `a rule allows ${what}${more}`, zh: `规则允许 ${what}${more}` }
    : { en: `a rule denies ${what}${more}`, zh: `规则禁止 ${what}${more}` };
}
