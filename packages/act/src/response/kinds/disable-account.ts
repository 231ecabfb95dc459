/** Disabling an account: no password and no key logs it in any more, and its processes are ended. */
import { readFileSync } from 'node:fs';
import type { ProcStat } from '@redoubt/observe';
import { type Account, accountOf, accountPattern, type ShadowEntry, shadowOf } from '../accounts/files.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { allProcesses } from '../process/look.ts';
import { mayTouch, send, stopAll } from '../process/stop.ts';
import { runProgram } from '../run-program.ts';
import { TargetReader } from '../target.ts';

export interface AccountTarget {
  readonly user: string;
  /** Whether its processes are ended, too. */
  readonly sessions: boolean;
}

/** What stood in shadow(5) before. The password itself is not written down: locking keeps it. */
interface Before {
  readonly wasLocked: boolean;
  readonly wasEmpty: boolean;
  readonly expires: string;
}

/** Where accounts are. */
export interface AccountParts {
  /** Folder that stands for /, as usermod(8) takes it; its accounts have no processes here. */
  readonly prefix?: string;
}

/** Day one of 1970 is long over: sshd(8) and PAM refuse an account that has expired, whatever it logs in with. */
const expired = '1';

/** The kind `disable-account`. */
export function disableAccount({ prefix = '' }: AccountParts = {}): ActionKind<AccountTarget, Before> {
  const usermod = (...words: string[]): Promise<string> =>
    runProgram('usermod', [...(prefix === '' ? [] : ['--prefix', prefix]), ...words]);
  const checked = (user: string): Account => {
    const account = accountOf(user, prefix);
    if (account.uid === 0)
      throw refused(
        `${user} is root: nobody could administer this host any more`,
        `${user} 是 root：禁用后将无人能管理本机`,
      );
    if (prefix === '' && account.uid === process.getuid?.())
      throw refused(`${user} is the account that Redoubt runs as`, `${user} 是 Redoubt 自身使用的账户`);
    return account;
  };
  const hasSessions = ({ sessions }: AccountTarget): boolean => sessions && prefix === '';
  return {
    name: 'disable-account',
    title: { en: 'Disable an account', zh: '禁用账户' },
    describe: {
      en: 'user: name of the account; sessions: whether its processes are ended (default true)',
      zh: 'user：账户名；sessions：是否结束其进程（默认 true）',
    },
    afterCrash: 'undo',
    parse(given) {
      const target = new TargetReader(given, ['user', 'sessions']);
      const user = target.text('user', 32);
      if (!accountPattern.test(user)) target.fail('user', 'is no name of an account', '不是账户名');
      return { user, sessions: target.boolean('sessions', true) };
    },
    key: ({ user }) => user,
    text: ({ user }) => ({ en: `disable the account ${user}`, zh: `禁用账户 ${user}` }),
    async plan(target) {
      const { user } = target;
      const { uid } = checked(user);
      shadowOf(user, prefix);
      const count = hasSessions(target) ? membersOf(uid)(allProcesses()).length : 0;
      return {
        does: [
          {
            en: `${user} is locked and expired: neither password nor key logs it in`,
            zh: `${user} 被锁定并过期：口令和密钥均无法登录`,
          },
          ...(count > 0
            ? [
                {
                  en: `its ${count} processes are ended, which cannot be undone`,
                  zh: `结束其 ${count} 个进程（无法撤销）`,
                },
              ]
            : []),
        ],
        leaves: [
          { en: 'files, cron jobs and keys of the account stay', zh: '该账户的文件、计划任务和密钥保留' },
          {
            en: 'accounts of a directory (LDAP, AD) are disabled there',
            zh: '目录服务（LDAP、AD）账户须在目录中禁用',
          },
        ],
        undo: { en: 'it is unlocked, and expires when it did before', zh: '解锁，并恢复原来的到期日' },
      };
    },
    async prepare({ user }) {
      const { password, expires } = shadowOf(user, prefix);
      return { wasLocked: password.startsWith('!'), wasEmpty: password === '', expires };
    },
    async apply(target) {
      const { user } = target;
      await usermod('--lock', '--expiredate', expired, user);
      if (!hasSessions(target)) return;
      const { uid } = checked(user);
      const stopped = await stopAll(membersOf(uid));
      for (const one of stopped) send(one, 'SIGKILL');
    },
    async verify({ user }) {
      const { password, expires } = shadowOf(user, prefix);
      if (!isShut({ password, expires })) throw notInForce(`${user} can still log in`, `${user} 仍可登录`);
    },
    async undo({ user }, { wasLocked, wasEmpty, expires }) {
      const now = shadowOf(user, prefix);
      if (!wasLocked && now.password.startsWith('!')) {
        // usermod(8) does not unlock into an empty password.
        if (wasEmpty) await usermod('--password', '', user);
        else await usermod('--unlock', user);
      }
      if (now.expires === expired && expires !== expired) await usermod('--expiredate', expires, user);
    },
  };
}

function isShut({ password, expires }: ShadowEntry): boolean {
  return password.startsWith('!') && expires === expired;
}

/** Processes whose real user it is. */
function membersOf(uid: number): (all: readonly ProcStat[]) => readonly ProcStat[] {
  return all => all.filter(one => realUser(one.pid) === uid && mayTouch(one));
}

function realUser(pid: number): number | undefined {
  try {
    const [, uid] = /^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return uid === undefined ? undefined : Number(uid);
  } catch {
    return undefined;
  }
}
