/** Mounts, partitions and swap. */
import type { EvidenceStep } from '../step.ts';
import { keepFiles } from './read.ts';

const files = [
  '/proc/self/mountinfo',
  '/proc/1/mountinfo',
  '/proc/partitions',
  '/proc/swaps',
  '/proc/filesystems',
];

export const mountsStep: EvidenceStep = {
  id: 'mounts',
  title: { en: 'mounts and partitions', zh: '挂载与分区' },
  estimate: async () => ({ members: files.length }),
  collect: ({ sink }) => keepFiles(sink, files),
};
