/** What this host's kernel lets the sensor do, tried out: for the doctor. */
import type { Bilingual } from '@redoubt/model';
import { loadAddon } from './native.ts';
import { KernelSensorError } from './sensor-types.ts';

/** One mechanism and whether it works here. */
export interface ProbeResult {
  name: 'addon' | 'btf' | 'ringBuffer' | 'rawTracepoint' | 'fentry' | 'kprobe' | 'bpfLsm';
  works: boolean;
  /** The sensor cannot run without it. */
  isRequired: boolean;
  /** Why it does not work. */
  reason?: string;
  /** The same in both languages. */
  explanation?: Bilingual;
}

const required = new Set(['addon', 'btf', 'ringBuffer', 'rawTracepoint']);

const notSupported: Bilingual = { en: 'not supported by this kernel', zh: '此内核不支持' };

/** What a failed attempt means, by errno(3); 524 is the kernel's own ENOTSUPP. */
const meanings: Readonly<Record<number, [name: string, Bilingual]>> = {
  1: ['EPERM', { en: 'not permitted', zh: '没有权限' }],
  2: ['ENOENT', { en: 'not in this kernel', zh: '此内核中没有' }],
  13: ['EACCES', { en: 'refused', zh: '被拒绝' }],
  22: ['EINVAL', { en: 'not accepted by this kernel', zh: '此内核不接受' }],
  95: ['EOPNOTSUPP', { en: 'not active on this kernel', zh: '此内核未启用' }],
  524: ['ENOTSUPP', notSupported],
};

/**
 * Why an attempt failed.
 * @param errno positive
 * @param isRoot whether the attempt was made with all rights: then EPERM is not about rights
 */
export function explainFailure(errno: number, isRoot: boolean): Bilingual {
  const [name, meaning] = meanings[errno] ?? [String(errno), { en: 'failed', zh: '失败' }];
  if (errno !== 1) return { en: `${meaning.en} (${name})`, zh: `${meaning.zh}（${name}）` };
  return isRoot
    ? { en: `${notSupported.en} (${name})`, zh: `${notSupported.zh}（${name}）` }
    : {
        en: `${meaning.en} (${name}): needs root or CAP_BPF and CAP_PERFMON`,
        zh: `${meaning.zh}（${name}）：需要 root 或 CAP_BPF 与 CAP_PERFMON`,
      };
}

/** Loads and attaches a tiny program through each mechanism and removes it again. Needs root to say much. */
export function probeKernel(): ProbeResult[] {
  const isRoot = process.getuid?.() === 0;
  try {
    const outcomes = Object.entries(loadAddon().probe()) as [ProbeResult['name'], number][];
    return [
      { name: 'addon', works: true, isRequired: true },
      ...outcomes.map(([name, outcome]): ProbeResult => {
        const result = { name, works: outcome === 0, isRequired: required.has(name) };
        if (outcome === 0) return result;
        const explanation = explainFailure(-outcome, isRoot);
        return { ...result, reason: explanation.en, explanation };
      }),
    ];
  } catch (error) {
    if (!(error instanceof KernelSensorError)) throw error;
    const explanation = { en: error.message, zh: `内核传感器的扩展模块无法加载：${error.message}` };
    return [{ name: 'addon', works: false, isRequired: true, reason: explanation.en, explanation }];
  }
}
