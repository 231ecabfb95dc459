/** Where the kernel sensor can attach: found out by trying, because configuration alone misleads. */
import { type ProbeResult, probeKernel } from '@redoubt/kernel';
import type { Bilingual } from '@redoubt/model';
import { absent, type Check, type CheckResult, present } from './check.ts';

interface Meaning {
  readonly name: Bilingual;
  /** What it costs that it does not work. */
  readonly cost: Bilingual;
}

const noKernelSensor: Bilingual = {
  en: 'The kernel sensor cannot run: only the reduced sensor is used.',
  zh: '内核传感器无法运行：只能使用受限传感器。',
};

const meanings: Record<ProbeResult['name'], Meaning> = {
  addon: { name: { en: 'kernel sensor, built', zh: '内核传感器（已编译）' }, cost: noKernelSensor },
  btf: { name: { en: 'kernel type information (BTF)', zh: '内核类型信息（BTF）' }, cost: noKernelSensor },
  ringBuffer: { name: { en: 'eBPF ring buffer', zh: 'eBPF 环形缓冲区' }, cost: noKernelSensor },
  rawTracepoint: { name: { en: 'raw tracepoints', zh: '原始跟踪点' }, cost: noKernelSensor },
  fentry: {
    name: { en: 'fentry', zh: 'fentry' },
    cost: {
      en: 'Nothing today: the sensor uses tracepoints. Functions inside the kernel cannot be followed.',
      zh: '目前没有影响：传感器使用跟踪点。无法跟踪内核内部函数。',
    },
  },
  kprobe: {
    name: { en: 'kprobes', zh: 'kprobes' },
    cost: {
      en: 'Nothing today: the sensor uses tracepoints. Older tools that need kprobes do not work here.',
      zh: '目前没有影响：传感器使用跟踪点。依赖 kprobes 的旧工具无法在此使用。',
    },
  },
  bpfLsm: {
    name: { en: 'BPF LSM', zh: 'BPF LSM' },
    cost: {
      en: 'An action cannot be refused inside the kernel; fanotify can still hold back programs and files.',
      zh: '无法在内核中拒绝某个动作；仍可用 fanotify 拦截程序和文件。',
    },
  },
};

function resultOf({ name, works, isRequired, reason, explanation }: ProbeResult): CheckResult {
  const meaning = meanings[name];
  const result = { id: name, name: meaning.name };
  if (works) return { ...result, state: 'ok', found: present };
  const why = explanation ?? (reason === undefined ? undefined : { en: reason, zh: reason });
  const found = why === undefined ? absent : { en: `does not work: ${why.en}`, zh: `不可用：${why.zh}` };
  return { ...result, state: isRequired ? 'missing' : 'limited', found, cost: meaning.cost };
}

/** Every mechanism of the kernel that the sensor uses or could use. */
export const kernelHookChecks: Check = async () => probeKernel().map(resultOf);
