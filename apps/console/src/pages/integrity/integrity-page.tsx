/** What is known to be good, and what differs from it: golden states, the inventory, the kernel, memory. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { GoldenStates } from './golden-states.tsx';
import { Inventory } from './inventory.tsx';
import { Kernel } from './kernel.tsx';
import { Memory } from './memory.tsx';

const sections = ['states', 'inventory', 'kernel', 'memory'] as const;

export function IntegrityPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'states';
  const tabs = sections.map(
    (section): Tab => ({
      href: section === 'states' ? hrefOf('integrity') : hrefOf('integrity', section),
      name: text.integrity.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.integrity.title}</h1>
      </div>
      <Tabs label={text.integrity.tabs} tabs={tabs} />
      {current === 'states' && <GoldenStates />}
      {current === 'inventory' && <Inventory query={route.query} />}
      {current === 'kernel' && <Kernel />}
      {current === 'memory' && <Memory />}
    </>
  );
}
