/** Keeps every program with a certain content from being started, whatever its name and place. */
import { open } from 'node:fs/promises';
import { digestsOf } from '../../appcontrol/digests.ts';
import { type ActionKind, notInForce, refused } from '../action.ts';
import { TargetReader } from '../target.ts';

export interface HashTarget {
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** What the gate does for this kind. */
export interface ContentBlocker {
  has(sha256: string): boolean;
  /** @throws Error when there can be no gate here */
  block(sha256: string): void;
  unblock(sha256: string): void;
}

/** Programs without which nobody could administer the host, or undo this. */
const needed = [
  '/proc/1/exe',
  '/proc/self/exe',
  '/bin/sh',
  '/bin/bash',
  '/bin/login',
  '/usr/sbin/sshd',
  '/usr/bin/sudo',
  '/usr/lib/systemd/systemd',
];

/** The kind `block-hash`. @param blocker undefined where there is no gate */
export function blockHash(blocker: () => ContentBlocker | undefined): ActionKind<HashTarget, object> {
  return {
    name: 'block-hash',
    title: { en: 'Block a content', zh: '阻断文件内容' },
    describe: {
      en: 'sha256: digest of a program, 64 hexadecimal digits',
      zh: 'sha256：程序的摘要，64 位十六进制',
    },
    afterCrash: 'undo',
    lasting: true,
    parse(given) {
      const target = new TargetReader(given, ['sha256']);
      const sha256 = target.text('sha256', 64).toLowerCase();
      if (!/^[0-9a-f]{64}$/.test(sha256))
        target.fail('sha256', 'must be 64 hexadecimal digits', '应为 64 位十六进制');
      return { sha256 };
    },
    key: ({ sha256 }) => sha256,
    text: ({ sha256 }) => ({ en: `block the content ${sha256}`, zh: `阻断内容 ${sha256}` }),
    async plan({ sha256 }) {
      if (blocker() === undefined) throw refused('there is no gate on this host', '本机没有执行关卡');
      for (const path of needed) {
        if ((await digestOf(path)) !== sha256) continue;
        throw refused(
          `that is the content of ${path}, without which this host cannot be administered`,
          `这是 ${path} 的内容，缺少它将无法管理本机`,
        );
      }
      return {
        does: [
          {
            en: 'no program with this content is started any more (EPERM), on any local file system',
            zh: '任何本地文件系统上具有该内容的程序都无法启动（EPERM）',
          },
        ],
        leaves: [
          {
            en: 'processes that run it already, libraries, scripts handed to an interpreter, file systems over the network; a program whose digest takes longer than the gate waits runs, and is reported',
            zh: '已在运行的进程、动态库、交给解释器的脚本、网络文件系统；摘要计算超时的程序将放行并报告',
          },
        ],
        undo: { en: 'it may be started again', zh: '恢复允许启动' },
      };
    },
    prepare: async () => ({}),
    apply: async ({ sha256 }) => blocker()?.block(sha256),
    async verify({ sha256 }) {
      if (blocker()?.has(sha256) !== true)
        throw notInForce('the gate does not know of it', '执行关卡未包含该内容');
    },
    undo: async ({ sha256 }) => blocker()?.unblock(sha256),
  };
}

/** Digests of what is needed, by path and identity: Node alone has 100 MB. */
const known = new Map<string, { readonly identity: string; readonly sha256: string }>();

async function digestOf(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const { dev, ino, size, ctimeMs } = await file.stat();
      const identity = [dev, ino, size, ctimeMs].join();
      const found = known.get(path);
      if (found?.identity === identity) return found.sha256;
      const { sha256 } = await digestsOf(file.fd);
      known.set(path, { identity, sha256 });
      return sha256;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}
