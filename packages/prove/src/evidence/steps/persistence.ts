/** What starts by itself, and the states of accounts, services, listeners and privileged files. */
import { inventoryCollectors } from '@redoubt/baseline/inventory';
import { wordsOf } from '../error.ts';
import type { EvidenceStep } from '../step.ts';

export const persistenceStep: EvidenceStep = {
  id: 'persistence',
  title: { en: 'what starts by itself, accounts, services', zh: '自启动项、账号、服务' },
  estimate: async () => ({ members: inventoryCollectors.length }),
  collect: async ({ sink }) => {
    for (const collector of inventoryCollectors) {
      try {
        const entries = collector.collect({
          root: '/',
          signal: sink.signal,
          onTrouble: ({ key, text }) => sink.note(`${key}: ${text.en}`, `${key}：${text.zh}`),
        });
        await sink.lines(collector.name, entries);
      } catch (error) {
        sink.signal.throwIfAborted();
        sink.note(`${collector.name}: ${wordsOf(error)}`, `${collector.name}：${wordsOf(error)}`);
      }
    }
  },
};
