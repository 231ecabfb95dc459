/** What has tainted the kernel since it booted (Documentation/admin-guide/tainted-kernels). */
import { readFileSync } from 'node:fs';
import type { Bilingual } from '@redoubt/model';
import { kernelClauses, looked, type PartReport, skipped } from './report.ts';

/** A reason for taint. `severity` where it is a finding. */
export interface TaintReason {
  readonly bit: number;
  readonly letter: string;
  readonly text: Bilingual;
  readonly severity?: number;
}

export const taintReasons: readonly TaintReason[] = [
  {
    bit: 0,
    letter: 'P',
    text: { en: 'a module with a proprietary licence was loaded', zh: '加载过专有许可证的模块' },
    severity: 2,
  },
  { bit: 1, letter: 'F', text: { en: 'a module was loaded by force', zh: '强制加载过模块' }, severity: 4 },
  {
    bit: 2,
    letter: 'S',
    text: {
      en: 'the kernel runs on a processor or in a state out of its specification',
      zh: '内核运行在规格之外的处理器或状态',
    },
  },
  { bit: 3, letter: 'R', text: { en: 'a module was unloaded by force', zh: '强制卸载过模块' }, severity: 4 },
  {
    bit: 4,
    letter: 'M',
    text: { en: 'the processor reported a machine check', zh: '处理器报告了机器检查异常' },
  },
  { bit: 5, letter: 'B', text: { en: 'a bad page was met', zh: '遇到损坏的内存页' } },
  {
    bit: 6,
    letter: 'U',
    text: { en: 'a user asked for the taint', zh: '由用户设置的污染标志' },
    severity: 2,
  },
  {
    bit: 7,
    letter: 'D',
    text: { en: 'the kernel has died at least once (oops or BUG)', zh: '内核发生过 oops 或 BUG' },
    severity: 2,
  },
  { bit: 8, letter: 'A', text: { en: 'an ACPI table was replaced', zh: 'ACPI 表被覆盖' }, severity: 3 },
  { bit: 9, letter: 'W', text: { en: 'the kernel has warned', zh: '内核发出过警告' } },
  {
    bit: 10,
    letter: 'C',
    text: { en: 'a driver of the staging tree was loaded', zh: '加载过 staging 驱动' },
  },
  { bit: 11, letter: 'I', text: { en: 'a defect of the firmware was worked around', zh: '绕过了固件缺陷' } },
  {
    bit: 12,
    letter: 'O',
    text: { en: 'a module from outside the kernel’s tree was loaded', zh: '加载过内核树外模块' },
    severity: 3,
  },
  {
    bit: 13,
    letter: 'E',
    text: { en: 'an unsigned module was loaded', zh: '加载过未签名模块' },
    severity: 4,
  },
  { bit: 14, letter: 'L', text: { en: 'a soft lock-up has happened', zh: '发生过软锁死' } },
  { bit: 15, letter: 'K', text: { en: 'the kernel was live-patched', zh: '内核经过热补丁' }, severity: 2 },
  { bit: 16, letter: 'X', text: { en: 'a taint of the distribution’s own', zh: '发行版自定义标志' } },
  {
    bit: 17,
    letter: 'T',
    text: { en: 'the kernel was built with randomised structures', zh: '内核使用结构体随机化构建' },
  },
  { bit: 18, letter: 'N', text: { en: 'an in-kernel test was run', zh: '运行过内核内测试' }, severity: 2 },
  {
    bit: 19,
    letter: 'J',
    text: { en: 'userspace used a mutating debug operation of fwctl', zh: '用户态使用了 fwctl 调试写操作' },
  },
];

const title: Bilingual = { en: 'taint of the kernel', zh: '内核污染标志' };

/** The reasons that a number of /proc/sys/kernel/tainted stands for. */
export function taintsOf(value: number): TaintReason[] {
  return taintReasons.filter(({ bit }) => Math.floor(value / 2 ** bit) % 2 === 1);
}

/** Explains the taint. */
export function checkTaint(proc = '/proc'): PartReport {
  let value: number;
  try {
    value = Number(readFileSync(`${proc}/sys/kernel/tainted`, 'utf8').trim());
  } catch (error) {
    return {
      views: [skipped('taint', title, { en: String(error), zh: `无法读取：${String(error)}` })],
      findings: [],
    };
  }
  const taints = taintsOf(value);
  const words = (language: 'en' | 'zh') =>
    taints.map(({ letter, text }) => `${letter}: ${text[language]}`).join('; ');
  const text =
    taints.length === 0 ? { en: 'not tainted', zh: '未被污染' } : { en: words('en'), zh: words('zh') };
  return {
    views: [looked('taint', title, taints.length, text)],
    findings: taints.flatMap(taint =>
      taint.severity === undefined
        ? []
        : [
            {
              key: `taint:${taint.letter}`,
              severity: taint.severity,
              title: {
                en: `Kernel taint ${taint.letter}: ${taint.text.en}`,
                zh: `内核污染 ${taint.letter}：${taint.text.zh}`,
              },
              reasons: [{ text: taint.text, field: 'tainted', value: String(value) }],
              tags: ['attack.defense-evasion', 'attack.t1547.006'],
              mlps: kernelClauses,
            },
          ],
    ),
  };
}
