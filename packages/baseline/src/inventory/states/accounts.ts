/** Accounts: who there is, what password it has (its kind, never its hash), how long it is good, who may be root. */
import type { Fact, StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { parseShadow, type ShadowFacts } from '../accounts/files.ts';
import { Host } from '../host.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';

/** Groups whose members are root, or can become it. */
const powerful: Readonly<Record<string, string>> = {
  root: 'root',
  sudo: 'sudo',
  wheel: 'sudo',
  admin: 'sudo',
  docker: 'docker',
  lxd: 'lxd',
  libvirt: 'libvirt',
  disk: 'disk',
  shadow: 'shadow',
  adm: 'adm',
};

const noLogin = /\/(?:nologin|false|sync|shutdown|halt)$/;
const weak = new Set(['empty', 'descrypt', 'md5', 'unknown']);

function shadowFacts(shadow: ShadowFacts | undefined): Record<string, Fact> {
  if (shadow === undefined) return {};
  const { password, isLocked, changed, longestAge, ends } = shadow;
  return {
    password,
    locked: isLocked,
    password_changed: changed ?? null,
    password_longest_age: longestAge ?? null,
    account_ends: ends ?? null,
  };
}

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  const host = new Host(options);
  const shadows = new Map(parseShadow(host.files.text('/etc/shadow') ?? '').map(one => [one.name, one]));
  const names = new Set<string>();
  const first = new Map<number, string>();
  for (const { name, uid, gid, comment, home, shell, password } of host.accounts) {
    if (names.has(name)) continue;
    names.add(name);
    const twin = first.get(uid);
    first.set(uid, twin ?? name);
    const groups = host.groups
      .filter(group => group.gid === gid || group.members.includes(name))
      .map(group => group.name)
      .sort();
    yield {
      key: `user:${name}`,
      facts: {
        uid,
        gid,
        comment,
        home,
        shell,
        login: !noLogin.test(shell),
        password,
        ...(password === 'shadow' && shadowFacts(shadows.get(name))),
        groups: groups.join(' '),
        powers: [...new Set(groups.flatMap(group => powerful[group] ?? []))].join(' '),
        ...(twin !== undefined && { twin_of: twin }),
      },
    };
  }
  const groupNames = new Set<string>();
  for (const { name, gid, members } of host.groups) {
    if (groupNames.has(name)) continue;
    groupNames.add(name);
    yield { key: `group:${name}`, facts: { gid, members: [...members].sort().join(' ') } };
  }
}

function judge(change: StateChange): DriftJudgement | undefined {
  const { facts } = change.kind === 'removed' ? change.before : change.after;
  const [, type, name = ''] = /^(user|group):(.*)$/s.exec(change.key) ?? [];
  const isUser = type === 'user';
  const reasons = [];
  let severity = change.kind === 'removed' ? 2 : isUser ? 3 : 2;
  const tags = new Set(['attack.persistence']);
  if (isUser && change.kind === 'added') tags.add('attack.t1136.001');
  else tags.add('attack.t1098');
  if (change.kind !== 'removed' && isUser) {
    if (facts['uid'] === 0 && name !== 'root') {
      severity = 5;
      reasons.push(
        reason(
          'uid',
          0,
          `${name} has user id 0: it is root under another name`,
          `${name} 的用户 ID 为 0：等同于 root`,
        ),
      );
    } else if (facts['twin_of'] !== undefined) {
      severity = Math.max(severity, 4);
      reasons.push(
        reason(
          'twin_of',
          facts['twin_of'],
          `it shares its user id with ${facts['twin_of']}`,
          `与 ${facts['twin_of']} 共用用户 ID`,
        ),
      );
    }
    if (facts['powers'] !== '') {
      severity = Math.max(severity, 4);
      tags.add('attack.t1098.007');
      reasons.push(
        reason(
          'powers',
          facts['powers'],
          `its groups let it become root: ${facts['powers']}`,
          `其所属组可获得 root 权限：${facts['powers']}`,
        ),
      );
    }
    if (weak.has(String(facts['password']))) {
      severity = Math.max(severity, 4);
      reasons.push(
        reason(
          'password',
          facts['password'],
          `its password is ${facts['password']}`,
          `其口令类型为 ${facts['password']}`,
        ),
      );
    }
    if (facts['login'] === true && change.kind === 'added')
      reasons.push(reason('shell', facts['shell'], 'it can log in', '可以登录'));
  }
  if (
    !isUser &&
    powerful[name] !== undefined &&
    change.kind === 'changed' &&
    change.fields.includes('members')
  ) {
    severity = 4;
    tags.add('attack.t1098.007');
    reasons.push(
      reason(
        'members',
        facts['members'],
        `members of ${name} can become root`,
        `${name} 组成员可获得 root 权限`,
      ),
    );
  }
  return judgement(change, {
    severity,
    reasons,
    title: titled(
      change,
      isUser ? { en: `account ${name}`, zh: `账号 ${name}` } : { en: `group ${name}`, zh: `用户组 ${name}` },
    ),
    tags: [...tags],
    mlps: ['8.1.4.1', '8.1.4.2'],
    advice: {
      en: 'Ask who made this change. If nobody did, lock the account (`usermod -L`, `chage -E 0`), end its sessions and look at what it did.',
      zh: '确认此变更由谁做出。若无人负责，请锁定账号（`usermod -L`、`chage -E 0`），终止其会话并检查其操作。',
    },
  });
}

export const accountsCollector: Collector = {
  name: 'accounts',
  title: inventoryTitles.accounts,
  collect,
  judge,
};
