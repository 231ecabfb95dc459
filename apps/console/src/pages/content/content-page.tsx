/** What detection works with: rules and their releases, indicators, logs. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { IntelligenceSources } from './intelligence.tsx';
import { LogSources } from './logs.tsx';
import { Release } from './release.tsx';

const sections = ['rules', 'intelligence', 'logs'] as const;

export function ContentPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'rules';
  const tabs = sections.map(
    (section): Tab => ({
      href: section === 'rules' ? hrefOf('content') : hrefOf('content', section),
      name: text.content.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.content.title}</h1>
      </div>
      <Tabs label={text.content.tabs} tabs={tabs} />
      {current === 'rules' && <Release />}
      {current === 'intelligence' && <IntelligenceSources />}
      {current === 'logs' && <LogSources />}
    </>
  );
}
