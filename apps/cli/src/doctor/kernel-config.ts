/** What the kernel was built with. */
import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import { absent, type Check, present } from './check.ts';
import { textOf } from './read.ts';

/** The kernel's build configuration, from /proc/config.gz or /boot; undefined when neither is there. */
export async function kernelConfig(): Promise<ReadonlySet<string> | undefined> {
  const packed = await readFile('/proc/config.gz').catch(() => undefined);
  const text = packed
    ? gunzipSync(packed, { maxOutputLength: 16 << 20 }).toString('latin1')
    : await textOf(`/boot/config-${release()}`);
  return text === undefined ? undefined : new Set(text.split('\n'));
}

/** fanotify permission events: how a file can be checked before it runs. */
export const fanotifyCheck: Check = async () => {
  const config = await kernelConfig();
  const built = config?.has('CONFIG_FANOTIFY_ACCESS_PERMISSIONS=y');
  return {
    id: 'fanotify-permission',
    name: { en: 'fanotify permission events', zh: 'fanotify 许可事件' },
    state: built === undefined ? 'info' : built ? 'ok' : 'limited',
    found:
      built === undefined
        ? { en: 'unknown: the kernel does not tell its configuration', zh: '未知：内核未提供其配置' }
        : built
          ? present
          : absent,
    ...(built === false && {
      cost: {
        en: 'Programs cannot be held back before they run; they are only seen.',
        zh: '无法在程序运行前拦截，只能观察。',
      },
    }),
  };
};

/** Kernel modules: a kernel without them cannot be given a rootkit as one. */
export const modulesCheck: Check = async () => {
  const loadable = (await textOf('/proc/modules')) !== undefined;
  return {
    id: 'modules',
    name: { en: 'loadable kernel modules', zh: '可加载内核模块' },
    state: 'info',
    found: loadable ? present : { en: 'none can be loaded', zh: '无法加载任何模块' },
  };
};
