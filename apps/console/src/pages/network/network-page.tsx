/** The network of this host: who talks to whom, zones, their policy, and what stands open. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { Exposure } from './exposure.tsx';
import { Flows } from './flows.tsx';
import { PolicySection } from './policy.tsx';
import { ZoneMap } from './zone-map.tsx';
import './network.css';

const sections = ['flows', 'map', 'policy', 'exposure'] as const;

export function NetworkPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'flows';
  const tabs = sections.map(
    (section): Tab => ({
      href: section === 'flows' ? hrefOf('network') : hrefOf('network', section),
      name: text.network.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.network.title}</h1>
      </div>
      <Tabs label={text.network.tabs} tabs={tabs} />
      {current === 'flows' && <Flows />}
      {current === 'map' && <ZoneMap />}
      {current === 'policy' && <PolicySection />}
      {current === 'exposure' && <Exposure />}
    </>
  );
}
