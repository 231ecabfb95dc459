/** How well the kernel defends itself: lockdown, signatures of modules, io_uring, BPF for everybody. Said, not judged. */
import { existsSync, readFileSync } from 'node:fs';
import { release } from 'node:os';
import { gunzipSync } from 'node:zlib';
import type { Bilingual } from '@redoubt/model';
import { looked, type RootkitView, skipped } from './report.ts';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The kernel's own configuration; undefined where it is not kept. */
function kernelConfig(proc: string, root: string): string | undefined {
  try {
    return gunzipSync(readFileSync(`${proc}/config.gz`), { maxOutputLength: 16 * 1024 * 1024 }).toString(
      'utf8',
    );
  } catch {
    return read(`${root}/boot/config-${release()}`);
  }
}

function lockdown(sys: string): RootkitView {
  const title = { en: 'lockdown', zh: '内核锁定（lockdown）' };
  const text = read(`${sys}/kernel/security/lockdown`);
  const state = text === undefined ? undefined : /\[(\w+)\]/.exec(text)?.[1];
  if (state === undefined)
    return skipped('lockdown', title, {
      en: 'securityfs is not mounted, or the kernel has no lockdown',
      zh: '未挂载 securityfs，或内核不支持 lockdown',
    });
  const isOff = state === 'none';
  return looked('lockdown', title, isOff ? 0 : 1, {
    en: isOff ? 'off: root can change the running kernel' : state,
    zh: isOff ? '未启用：root 可以修改运行中的内核' : state,
  });
}

function signatures(proc: string, sys: string, config: string | undefined): RootkitView {
  const title = { en: 'signatures of modules', zh: '模块签名策略' };
  if (!existsSync(`${proc}/modules`))
    return skipped('module-signatures', title, {
      en: 'this kernel is built without loadable modules',
      zh: '此内核未启用可加载模块',
    });
  const enforced = read(`${sys}/module/module/parameters/sig_enforce`);
  const isForced = enforced === 'Y' || /^CONFIG_MODULE_SIG_FORCE=y$/m.test(config ?? '');
  const isChecked = isForced || /^CONFIG_MODULE_SIG=y$/m.test(config ?? '');
  const text = isForced
    ? { en: 'required', zh: '强制要求签名' }
    : isChecked
      ? {
          en: 'checked, not required: an unsigned module loads and taints the kernel',
          zh: '会检查但不强制：未签名模块可加载并污染内核',
        }
      : { en: 'not checked', zh: '不检查' };
  return looked('module-signatures', title, isForced ? 1 : 0, text);
}

function parameter(
  name: string,
  title: Bilingual,
  proc: string,
  words: Readonly<Record<string, Bilingual>>,
): RootkitView {
  const value = read(`${proc}/sys/${name}`);
  if (value === undefined)
    return skipped(name.replaceAll('/', '.'), title, {
      en: 'this kernel does not have it',
      zh: '此内核没有该参数',
    });
  const meaning = words[value];
  return looked(
    name.replaceAll('/', '.'),
    title,
    Number(value) || 0,
    meaning === undefined
      ? { en: value, zh: value }
      : { en: `${value}: ${meaning.en}`, zh: `${value}：${meaning.zh}` },
  );
}

/** What protects the kernel. */
export function kernelProtections({ proc = '/proc', sys = '/sys', root = '' } = {}): RootkitView[] {
  const config = kernelConfig(proc, root);
  return [
    lockdown(sys),
    signatures(proc, sys, config),
    parameter('kernel/modules_disabled', { en: 'loading of modules', zh: '模块加载' }, proc, {
      0: { en: 'allowed', zh: '允许' },
      1: { en: 'ended until the next boot', zh: '在下次启动前禁止' },
    }),
    parameter('kernel/io_uring_disabled', { en: 'io_uring', zh: 'io_uring' }, proc, {
      0: { en: 'open to every process', zh: '所有进程可用' },
      1: { en: 'for members of io_uring_group and root', zh: '仅 io_uring_group 成员与 root 可用' },
      2: { en: 'off', zh: '已禁用' },
    }),
    parameter('kernel/unprivileged_bpf_disabled', { en: 'eBPF without rights', zh: '非特权 eBPF' }, proc, {
      0: { en: 'allowed', zh: '允许' },
      1: { en: 'off until the next boot', zh: '在下次启动前禁止' },
      2: { en: 'off', zh: '已禁用' },
    }),
    parameter('kernel/kptr_restrict', { en: 'addresses of the kernel', zh: '内核地址' }, proc, {
      0: { en: 'shown to who may see symbols', zh: '对有权查看符号者可见' },
      1: { en: 'hidden without rights', zh: '对无权限者隐藏' },
      2: { en: 'hidden from everybody', zh: '对所有人隐藏' },
    }),
    parameter(
      'kernel/kexec_load_disabled',
      { en: 'loading of another kernel (kexec)', zh: '加载其他内核（kexec）' },
      proc,
      {
        0: { en: 'allowed', zh: '允许' },
        1: { en: 'ended until the next boot', zh: '在下次启动前禁止' },
      },
    ),
  ];
}
