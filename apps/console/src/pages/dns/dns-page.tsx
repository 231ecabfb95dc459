/** Names that this host asks for: the record, what is suspicious, reputation, the firewall. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { Firewall } from './firewall.tsx';
import { Names } from './names.tsx';
import { Reputation } from './reputation.tsx';
import { Suspicious } from './suspicious.tsx';

const sections = ['record', 'suspicious', 'reputation', 'firewall'] as const;

export function DnsPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'record';
  const tabs = sections.map(
    (section): Tab => ({
      href: section === 'record' ? hrefOf('dns') : hrefOf('dns', section),
      name: text.dns.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.dns.title}</h1>
      </div>
      <Tabs label={text.dns.tabs} tabs={tabs} />
      {current === 'record' && <Names key={route.query.get('value')} query={route.query} />}
      {current === 'suspicious' && <Suspicious />}
      {current === 'reputation' && <Reputation key={route.query.get('name')} query={route.query} />}
      {current === 'firewall' && <Firewall />}
    </>
  );
}
