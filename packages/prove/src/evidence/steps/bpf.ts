/** eBPF programs and what attaches them. */
import { loadedBpfLinks, loadedBpfPrograms } from '@redoubt/kernel';
import { wordsOf } from '../error.ts';
import type { EvidenceStep } from '../step.ts';
import { NotHere } from '../step.ts';

export const bpfStep: EvidenceStep = {
  id: 'bpf',
  title: { en: 'eBPF programs', zh: 'eBPF 程序' },
  estimate: async () => ({ members: 2 }),
  collect: async ({ sink }) => {
    try {
      await sink.json('programs.json', loadedBpfPrograms());
      await sink.json('links.json', loadedBpfLinks());
    } catch (error) {
      sink.signal.throwIfAborted();
      throw new NotHere(
        `the kernel does not list eBPF programs: ${wordsOf(error)}`,
        `内核未列出 eBPF 程序：${wordsOf(error)}`,
      );
    }
  },
};
