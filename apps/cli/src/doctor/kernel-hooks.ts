/** Where the kernel sensor can attach: found out by trying, because configuration alone misleads. */
import { absent, type Check, type CheckResult, present } from './check.ts';
import { exists } from './read.ts';

async function btf(): Promise<CheckResult> {
  const there = await exists('/sys/kernel/btf/vmlinux');
  return {
    id: 'btf',
    name: { en: 'kernel type information (BTF)', zh: '内核类型信息（BTF）' },
    state: there ? 'ok' : 'missing',
    found: there ? present : absent,
    ...(!there && {
      cost: {
        en: 'The kernel sensor cannot be built or loaded: only the reduced sensor runs.',
        zh: '无法编译或加载内核传感器：只能使用受限传感器。',
      },
      remedy: {
        en: 'Use a kernel built with CONFIG_DEBUG_INFO_BTF.',
        zh: '使用启用 CONFIG_DEBUG_INFO_BTF 编译的内核。',
      },
    }),
  };
}

/** Kernel type information and each way to attach. */
export const kernelHookChecks: Check = async () => [await btf()];
