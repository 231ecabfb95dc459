/** Bans: who is kept out, who never is, and what decides it. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { AllowList } from './allow-list.tsx';
import { BanList } from './ban-list.tsx';
import { Jails } from './jails.tsx';
import './bans.css';

const sections = ['list', 'allow', 'jails'] as const;

export function BansPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'list';
  const tabs = sections.map(
    (section): Tab => ({
      href: section === 'list' ? hrefOf('bans') : hrefOf('bans', section),
      name: text.bans.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.bans.title}</h1>
      </div>
      <p className="page-lead">{text.bans.lead}</p>
      <Tabs label={text.bans.tabs} tabs={tabs} />
      {current === 'list' && <BanList />}
      {current === 'allow' && <AllowList />}
      {current === 'jails' && <Jails />}
    </>
  );
}
