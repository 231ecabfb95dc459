/** Scans of files, and the files that were taken out of their place. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { QuarantineList } from './quarantine.tsx';
import { Scans } from './scans.tsx';

const sections = ['scans', 'quarantine'] as const;

export function ScanningPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'scans';
  const tabs = sections.map(
    (section): Tab => ({
      href: section === 'scans' ? hrefOf('scanning') : hrefOf('scanning', section),
      name: text.scanning.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.scanning.title}</h1>
      </div>
      <Tabs label={text.scanning.tabs} tabs={tabs} />
      {current === 'scans' ? <Scans /> : <QuarantineList />}
    </>
  );
}
