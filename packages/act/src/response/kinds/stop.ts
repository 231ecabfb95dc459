/** Stopping a container or a unit for good: everything in the container is ended; the unit is stopped by systemd. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ActionKind, notInForce, refused } from '../action.ts';
import {
  containers,
  describeOf,
  findGroup,
  type GroupParts,
  type GroupTarget,
  parseGroup,
  pidsOf,
  requireTouchable,
  setFrozen,
  units,
  usualRoots,
} from '../cgroup.ts';
import { runProgram } from '../run-program.ts';

const looks = 500;
const pause = 20;

/** The kind `stop-container`. */
export function stopContainer({
  roots = usualRoots,
}: GroupParts = {}): ActionKind<GroupTarget, { readonly folder: string }> {
  return {
    name: 'stop-container',
    title: { en: 'Stop a container', zh: '停止容器' },
    describe: describeOf(containers),
    afterCrash: 'finish',
    parse: given => parseGroup(given, containers),
    key: ({ name }) => name,
    text: ({ name }) => ({ en: `stop container ${name}`, zh: `停止容器 ${name}` }),
    async plan(target) {
      const count = pidsOf(findGroup(containers, target, roots)).length;
      return {
        does: [{ en: `all its ${count} processes are ended at once`, zh: `立即结束其全部 ${count} 个进程` }],
        leaves: [
          {
            en: 'its file system; an orchestrator or a restart policy may start it anew: freeze it instead to keep it',
            zh: '其文件系统；编排系统或重启策略可能重新启动它；如需保留现场请改用冻结',
          },
        ],
        undo: {
          en: 'cannot be undone; its container manager starts it again',
          zh: '无法撤销；可由容器管理程序重新启动',
        },
      };
    },
    prepare: async target => ({ folder: findGroup(containers, target, roots) }),
    async apply(_, { folder }) {
      // Nothing forks away while it stands still.
      if (existsSync(folder)) setFrozen(folder, true);
      const all = join(folder, 'cgroup.kill');
      for (let look = 0; look < looks && pidsOf(folder).length > 0; look++) {
        if (existsSync(all)) writeFileSync(all, '1');
        else for (const pid of pidsOf(folder)) end(pid);
        if (existsSync(folder)) setFrozen(folder, false);
        await wait(pause);
      }
      if (existsSync(folder)) setFrozen(folder, false);
    },
    async verify({ name }, { folder }) {
      const left = pidsOf(folder).length;
      if (left > 0) throw notInForce(`${left} processes of ${name} are left`, `${name} 仍有 ${left} 个进程`);
    },
  };
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

interface Ran {
  readonly wasActive: boolean;
}

/** The kind `stop-unit`. @param systemctl the program, for tests on hosts that systemd does not run */
export function stopUnit({
  systemctl = 'systemctl',
}: {
  readonly systemctl?: string;
} = {}): ActionKind<GroupTarget, Ran> {
  const show = async (name: string): Promise<ReadonlyMap<string, string>> => {
    const words = ['show', '--property=LoadState,ActiveState', '--', name];
    const lines = (await runProgram(systemctl, words)).split('\n');
    return new Map(lines.map(line => line.split('=', 2) as [string, string]));
  };
  const isActive = async (name: string): Promise<boolean> =>
    !['inactive', 'failed'].includes((await show(name)).get('ActiveState') ?? '');
  return {
    name: 'stop-unit',
    title: { en: 'Stop a unit', zh: '停止服务单元' },
    describe: describeOf(units),
    afterCrash: 'undo',
    lasting: true,
    parse: given => parseGroup(given, units),
    key: ({ name }) => name,
    text: ({ name }) => ({ en: `stop unit ${name}`, zh: `停止单元 ${name}` }),
    async plan({ name }) {
      requireTouchable(units, name);
      if (/^(redoubt|sshd?@?)[^/]*\.service$/.test(name))
        throw refused(`without ${name} nobody could undo this`, `停止 ${name} 后将无人能够撤销`);
      if ((await show(name)).get('LoadState') === 'not-found')
        throw refused(`there is no unit ${name} here`, `本机没有单元 ${name}`);
      return {
        does: [
          { en: `systemd stops ${name} and what requires it`, zh: `由 systemd 停止 ${name} 及依赖它的单元` },
        ],
        leaves: [
          {
            en: 'sockets, timers and other units that start it anew',
            zh: '可能重新启动它的套接字、定时器和其他单元',
          },
        ],
        undo: { en: 'it is started again, if it ran', zh: '若原先在运行则重新启动' },
      };
    },
    prepare: async ({ name }) => ({ wasActive: await isActive(name) }),
    async apply({ name }) {
      await runProgram(systemctl, ['stop', '--', name]);
    },
    async verify({ name }) {
      if (await isActive(name)) throw notInForce(`${name} is still active`, `${name} 仍在运行`);
    },
    async undo({ name }, { wasActive }) {
      if (wasActive) await runProgram(systemctl, ['start', '--', name]);
    },
  };
}
