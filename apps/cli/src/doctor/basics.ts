/** Who runs this, on what, and with what. */
import { statfs } from 'node:fs/promises';
import { release } from 'node:os';
import { bytes } from '../output/values.ts';
import type { Check, CheckResult } from './check.ts';
import { same } from './check.ts';
import { outputOf, textOf } from './read.ts';

/** Root may see everything; any other user sees the reduced sensor's part. */
export const rootCheck: Check = async () => {
  const root = process.geteuid?.() === 0;
  return {
    id: 'root',
    name: { en: 'privileges', zh: '权限' },
    state: root ? 'ok' : 'limited',
    found: root ? same('root') : { en: `user ${process.geteuid?.()}`, zh: `用户 ${process.geteuid?.()}` },
    ...(!root && {
      cost: {
        en: 'The reduced sensor only: short-lived processes, other users’ files and all kernel calls stay unseen.',
        zh: '只能使用受限传感器：看不到短命进程、其他用户的文件和所有内核调用。',
      },
      remedy: { en: 'Run as root.', zh: '以 root 身份运行。' },
    }),
  };
};

/** The kernel's release; ring buffers need 5.8, fentry and LSM are checked by trying. */
export const kernelCheck: Check = async () => {
  const version = release();
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > 5 || (major === 5 && minor >= 8);
  return {
    id: 'kernel',
    name: { en: 'kernel', zh: '内核' },
    state: enough ? 'ok' : 'limited',
    found: same(`Linux ${version}`),
    ...(!enough && {
      cost: {
        en: 'Below 5.8 there is no ring buffer: the reduced sensor is used.',
        zh: '低于 5.8 的内核没有环形缓冲区：只能使用受限传感器。',
      },
    }),
  };
};

/** The tools that build the kernel part at set-up. */
export const buildToolsCheck: Check = async () => {
  const clang = /version (\S+)/.exec((await outputOf('clang', ['--version'])) ?? '')?.[1];
  const make = (await outputOf('make', ['--version'])) !== undefined;
  const libbpf = /^#define LIBBPF_M\w+_VERSION (\d+)/gm;
  const header = (await textOf('/usr/include/bpf/libbpf_version.h')) ?? '';
  const version = [...header.matchAll(libbpf)].map(match => match[1]).join('.');
  const missing = [
    ...(clang === undefined ? ['clang'] : []),
    ...(make ? [] : ['make']),
    ...(version === '' ? ['libbpf-dev'] : []),
  ];
  const found = `clang ${clang ?? '—'}, libbpf ${version || '—'}, make ${make ? '✓' : '—'}`;
  const result: CheckResult = {
    id: 'build-tools',
    name: { en: 'build tools', zh: '编译工具' },
    state: missing.length === 0 ? 'ok' : 'limited',
    found: same(found),
  };
  if (missing.length === 0) return result;
  return {
    ...result,
    cost: {
      en: 'The kernel sensor and the drills cannot be built here.',
      zh: '无法在此编译内核传感器和演练程序。',
    },
    remedy: { en: `apt-get install ${missing.join(' ')}`, zh: `apt-get install ${missing.join(' ')}` },
  };
};

/** The Node that runs this. */
export const nodeCheck: Check = async () => ({
  id: 'node',
  name: same('Node'),
  state: 'ok',
  found: same(process.versions.node),
});

/** Free space for the flight recorder: below 1 GiB history is short. */
export function diskCheck(directory: string): Check {
  return async () => {
    const { bavail, bsize } = await statfs(directory);
    const free = bavail * bsize;
    const enough = free >= 1 << 30;
    return {
      id: 'disk',
      name: { en: 'free disk', zh: '可用磁盘' },
      state: enough ? 'ok' : 'limited',
      found: { en: `${bytes(free)} at ${directory}`, zh: `${directory} 可用 ${bytes(free)}` },
      ...(!enough && {
        cost: {
          en: 'The flight recorder keeps little history; the oldest events go first, findings stay.',
          zh: '飞行记录只能保留很短的历史；最旧的事件最先删除，告警会保留。',
        },
      }),
    };
  };
}
