/** Kernel modules and what else tells of the kernel's state. */
import type { EvidenceStep } from '../step.ts';
import { keepFiles, namesIn, textOf } from './read.ts';

const files = [
  '/proc/modules',
  '/proc/kallsyms',
  '/proc/version',
  '/proc/cmdline',
  '/proc/sys/kernel/tainted',
  '/proc/iomem',
  '/proc/interrupts',
  '/sys/kernel/security/lockdown',
];

export const modulesStep: EvidenceStep = {
  id: 'modules',
  title: { en: 'kernel modules and symbols', zh: '内核模块与符号' },
  estimate: async () => ({ members: files.length + 1 }),
  collect: async ({ sink }) => {
    await keepFiles(sink, files);
    const modules = namesIn('/sys/module').map(name => ({
      name,
      state: textOf(`/sys/module/${name}/initstate`)?.trim(),
      taint: textOf(`/sys/module/${name}/taint`)?.trim(),
      version: textOf(`/sys/module/${name}/srcversion`)?.trim(),
    }));
    await sink.json('sys-module.json', modules);
  },
};
