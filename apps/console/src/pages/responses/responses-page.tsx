/** Acting against an attack: actions with their way back, and playbooks with those who agree. */
import type { ReactNode } from 'react';
import { type Tab, Tabs } from '../../parts/tabs.tsx';
import { hrefOf, type Route } from '../../router.ts';
import { useSpeech } from '../../text/text.tsx';
import { Actions } from './actions.tsx';
import { Playbooks } from './playbooks.tsx';
import { fieldsOf } from './targets.ts';
import './responses.css';

const sections = ['actions', 'playbooks'] as const;

export function ResponsesPage({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  const current = sections.find(section => section === route.id) ?? 'actions';
  const finding = route.query.get('finding') ?? '';
  const kind = route.query.get('kind') ?? '';
  const values = Object.fromEntries(fieldsOf(kind).map(({ name }) => [name, route.query.get(name) ?? '']));
  const tabs = sections.map(
    (section): Tab => ({
      href: hrefOf('responses', section === 'actions' ? undefined : section, { finding }),
      name: text.response.tab[section],
      current: section === current,
    }),
  );
  return (
    <>
      <div className="page-head">
        <h1>{text.response.title}</h1>
      </div>
      <p className="page-lead">{text.response.lead}</p>
      <Tabs label={text.response.tabs} tabs={tabs} />
      {current === 'actions' ? (
        <Actions wanted={{ kind, finding, values }} />
      ) : (
        <Playbooks finding={finding} />
      )}
    </>
  );
}
