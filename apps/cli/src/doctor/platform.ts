/** What the host offers beside the kernel hooks: control groups, systemd, TPM, boot trust. */
import { readFile } from 'node:fs/promises';
import { absent, type Check, present, same } from './check.ts';
import { exists, textOf } from './read.ts';

/** Control groups name containers; version 2 gives the sensor their ids at no cost. */
export const cgroupCheck: Check = async () => {
  const mounts = (await textOf('/proc/self/mounts')) ?? '';
  const v2 = / \/sys\/fs\/cgroup cgroup2 /.test(mounts);
  const hybrid = !v2 && / cgroup2 /.test(mounts);
  const v1 = / cgroup /.test(mounts);
  const version = v2 ? '2' : hybrid ? '1 + 2' : v1 ? '1' : undefined;
  return {
    id: 'cgroup',
    name: { en: 'control groups', zh: '控制组' },
    state: version === undefined ? 'limited' : 'ok',
    found: version === undefined ? absent : { en: `version ${version}`, zh: `版本 ${version}` },
    ...(version === undefined && {
      cost: { en: 'Containers cannot be told apart.', zh: '无法区分容器。' },
    }),
  };
};

/** systemd runs the agent as a service (sd_booted(3): /run/systemd/system exists). */
export const systemdCheck: Check = async () => {
  const running = await exists('/run/systemd/system');
  return {
    id: 'systemd',
    name: same('systemd'),
    state: running ? 'ok' : 'limited',
    found: running ? { en: 'running', zh: '运行中' } : { en: 'not running', zh: '未运行' },
    ...(!running && {
      cost: {
        en: '`redoubt service install` cannot start the agent at boot; start `redoubt up` from your own init.',
        zh: '`redoubt service install` 无法设置开机启动；请用自己的初始化系统启动 `redoubt up`。',
      },
    }),
  };
};

/** A TPM lets a later layer measure the boot. */
export const tpmCheck: Check = async () => {
  const tpm = await exists('/dev/tpmrm0');
  return {
    id: 'tpm',
    name: same('TPM 2.0'),
    state: tpm ? 'ok' : 'limited',
    found: tpm ? same('/dev/tpmrm0') : absent,
    ...(!tpm && {
      cost: { en: 'The boot cannot be measured and proved.', zh: '无法对启动过程进行度量和证明。' },
    }),
  };
};

/** IMA measures files as the kernel opens them (its list is in securityfs). */
export const imaCheck: Check = async () => {
  const ima = await exists('/sys/kernel/security/ima');
  return {
    id: 'ima',
    name: same('IMA'),
    state: ima ? 'ok' : 'limited',
    found: ima ? present : absent,
    ...(!ima && {
      cost: {
        en: 'The kernel keeps no list of its own of what was executed; hashes come from Redoubt alone.',
        zh: '内核没有自己的执行度量清单；哈希只能由 Redoubt 计算。',
      },
    }),
  };
};

/** The EFI variable SecureBoot: four bytes of attributes, then 1 when it is on (UEFI 2.10, section 3.3). */
const secureBootVariable = '/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c';

/** Secure Boot: whether the firmware only starts signed code. */
export const secureBootCheck: Check = async () => {
  const variable = await readFile(secureBootVariable).catch(() => undefined);
  const on = variable?.at(4) === 1;
  return {
    id: 'secure-boot',
    name: { en: 'Secure Boot', zh: '安全启动' },
    state: on ? 'ok' : 'limited',
    found: on ? { en: 'on', zh: '开启' } : variable ? { en: 'off', zh: '关闭' } : absent,
    ...(!on && {
      cost: {
        en: 'A changed boot loader or kernel would start unnoticed.',
        zh: '被篡改的引导程序或内核可以在无人察觉的情况下启动。',
      },
    }),
  };
};

/** Lockdown: whether even root is kept out of the running kernel (kernel_lockdown(7)). */
export const lockdownCheck: Check = async () => {
  const text = await textOf('/sys/kernel/security/lockdown');
  const mode = /\[(\w+)\]/.exec(text ?? '')?.[1];
  const on = mode !== undefined && mode !== 'none';
  return {
    id: 'lockdown',
    name: { en: 'kernel lockdown', zh: '内核锁定' },
    state: on ? 'ok' : 'limited',
    found: mode === undefined ? absent : same(mode),
    ...(!on && {
      cost: {
        en: 'Root can change the running kernel; Redoubt reports module loads and eBPF, but cannot forbid them.',
        zh: 'root 可以修改运行中的内核；Redoubt 会报告模块加载和 eBPF，但无法禁止。',
      },
    }),
  };
};
