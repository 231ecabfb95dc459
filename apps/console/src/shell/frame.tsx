/** The frame around every page: navigation, state of the link, switches, and what is said aloud. */
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Finding } from '../api/contract.ts';
import { useFeed, useMessages } from '../api/hooks.ts';
import { BansPage } from '../pages/bans/bans-page.tsx';
import { ContentPage } from '../pages/content/content-page.tsx';
import { DnsPage } from '../pages/dns/dns-page.tsx';
import { EventsPage } from '../pages/events/events-page.tsx';
import { FindingPage } from '../pages/finding/finding-page.tsx';
import { FindingsPage } from '../pages/findings/findings-page.tsx';
import { IncidentPage } from '../pages/incidents/incident-page.tsx';
import { IncidentsPage } from '../pages/incidents/incidents-page.tsx';
import { IntegrityPage } from '../pages/integrity/integrity-page.tsx';
import { JournalPage } from '../pages/journal/journal-page.tsx';
import { NetworkPage } from '../pages/network/network-page.tsx';
import { OverviewPage } from '../pages/overview/overview-page.tsx';
import { ProcessesPage } from '../pages/processes/processes-page.tsx';
import { ProtectionPage } from '../pages/protection/protection-page.tsx';
import { ResponsesPage } from '../pages/responses/responses-page.tsx';
import { ScanningPage } from '../pages/scanning/scanning-page.tsx';
import { Icon, Mark } from '../parts/icon.tsx';
import { type KeyMap, listKeys, useKeys } from '../parts/keys.ts';
import { severityOf } from '../parts/severity.tsx';
import { Empty } from '../parts/states.tsx';
import { hrefOf, type PageName, pages, parseRoute, type Route, useRoute } from '../router.ts';
import { useSpeech } from '../text/text.tsx';
import { Shortcuts } from './shortcuts.tsx';
import { LanguageSwitch, ThemeSwitch } from './switches.tsx';
import './frame.css';

function Page({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  switch (route.page) {
    case 'overview':
      return <OverviewPage />;
    case 'findings':
      return route.id === undefined ? (
        <FindingsPage query={route.query} />
      ) : (
        <FindingPage key={route.id} uid={route.id} />
      );
    case 'events':
      return <EventsPage query={route.query} />;
    case 'incidents':
      return route.id === undefined ? (
        <IncidentsPage query={route.query} />
      ) : (
        <IncidentPage key={route.id} uid={route.id} />
      );
    case 'processes':
      return <ProcessesPage />;
    case 'network':
      return <NetworkPage route={route} />;
    case 'dns':
      return <DnsPage route={route} />;
    case 'protection':
      return <ProtectionPage />;
    case 'responses':
      return <ResponsesPage route={route} />;
    case 'bans':
      return <BansPage route={route} />;
    case 'integrity':
      return <IntegrityPage route={route} />;
    case 'scanning':
      return <ScanningPage route={route} />;
    case 'content':
      return <ContentPage route={route} />;
    case 'journal':
      return <JournalPage />;
    case 'unknown':
      return (
        <Empty title={text.shell.notFound}>
          <a href={hrefOf('overview')}>{text.shell.toOverview}</a>
        </Empty>
      );
  }
}

/** The pages by what the system does; the overview stands above them. */
const groups = {
  happens: ['events', 'processes', 'network', 'dns'],
  good: ['integrity'],
  bad: ['incidents', 'findings', 'scanning', 'content'],
  act: ['protection', 'responses', 'bans'],
  prove: ['journal'],
} as const satisfies Record<string, readonly PageName[]>;
const groupNames = ['happens', 'good', 'bad', 'act', 'prove'] as const;

function PageLink({ page, isCurrent }: { page: PageName; isCurrent: boolean }): ReactNode {
  const { text, format } = useSpeech();
  const open = useFeed().summary?.findings.open ?? 0;
  const link = useRef<HTMLAnchorElement>(null);
  // On a narrow screen the pages are a strip that scrolls.
  useEffect(() => {
    if (isCurrent) link.current?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [isCurrent]);
  return (
    <a ref={link} href={hrefOf(page)} aria-current={isCurrent ? 'page' : undefined}>
      <Icon name={page} size={18} />
      <span>{text.nav[page]}</span>
      {page === 'findings' && open > 0 && <b className="nav-count">{format.short(open)}</b>}
    </a>
  );
}

function Navigation({ route }: { route: Route }): ReactNode {
  const { text } = useSpeech();
  return (
    <nav aria-label={text.nav.label}>
      <PageLink page="overview" isCurrent={route.page === 'overview'} />
      {groupNames.map(group => (
        <div key={group} className="nav-group">
          <p className="nav-question">{text.nav.group[group]}</p>
          {groups[group].map(page => (
            <PageLink key={page} page={page} isCurrent={route.page === page} />
          ))}
        </div>
      ))}
    </nav>
  );
}

function LinkState(): ReactNode {
  const { text } = useSpeech();
  const { link, summary } = useFeed();
  return (
    <p className="link-state" data-link={link} role="status">
      <span className="link-dot" aria-hidden="true" />
      <span className="link-host cut">{summary?.host.hostname}</span>
      <span>{text.shell.link[link]}</span>
    </p>
  );
}

/** Says new findings aloud to those who do not see them arrive. */
function Announcer(): ReactNode {
  const { text, say } = useSpeech();
  const [words, setWords] = useState('');
  const announce = useCallback(
    (finding: Finding) => {
      if (finding.count > 1 || finding.status_id !== 1) return;
      const severity = text.severity[severityOf(finding.severity_id)];
      setWords(text.shell.newFinding(severity, say(finding.redoubt.title)));
    },
    [text, say],
  );
  useMessages('finding', announce);
  return (
    <p className="unseen" aria-live="polite">
      {words}
    </p>
  );
}

export function Frame(): ReactNode {
  const { text } = useSpeech();
  const route = useRoute();
  const { link, summary } = useFeed();
  const main = useRef<HTMLElement>(null);
  const [help, setHelp] = useState(false);
  const place = `${route.page}/${route.id ?? ''}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another place starts at its top.
  useEffect(() => {
    window.scrollTo(0, 0);
  }, [place]);

  const open = summary?.findings.open ?? 0;
  const title = route.page === 'unknown' ? '' : `${text.nav[route.page]} · `;
  useEffect(() => {
    document.title = `${open > 0 ? `(${open}) ` : ''}${title}Redoubt 壁垒`;
  }, [open, title]);

  const keys = useMemo<KeyMap>(() => {
    const goto = pages.slice(0, 10).map((page, index) => [
      String((index + 1) % 10),
      () => {
        location.hash = hrefOf(page);
      },
    ]);
    const step = (by: number) => () => {
      const order: readonly Route['page'][] = pages;
      const at = order.indexOf(parseRoute(location.hash).page);
      const page = pages[(at + by + pages.length) % pages.length];
      if (page) location.hash = hrefOf(page);
    };
    const turn = { '[': step(-1), ']': step(1) };
    return { ...listKeys, ...Object.fromEntries(goto), ...turn, '?': () => setHelp(true) };
  }, []);
  useKeys(keys);

  return (
    <div className="frame">
      <button type="button" className="skip button" onClick={() => main.current?.focus()}>
        {text.nav.skip}
      </button>
      <header className="bar">
        <a className="brand" href={hrefOf('overview')}>
          <Mark />
          <span>Redoubt</span>
          <span lang="zh-CN">壁垒</span>
        </a>
        <Navigation route={route} />
        <div className="bar-foot">
          <LinkState />
          <div className="bar-tools">
            <ThemeSwitch />
            <LanguageSwitch />
            <button
              type="button"
              className="button quiet keys-button"
              aria-label={text.shell.keys}
              title={`${text.shell.keys} (?)`}
              onClick={() => setHelp(true)}
            >
              <Icon name="keyboard" />
            </button>
          </div>
        </div>
      </header>
      <main ref={main} tabIndex={-1}>
        {link === 'lost' && (
          <p className="notice bad lost" role="alert">
            <Icon name="offline" />
            {text.shell.lost}
          </p>
        )}
        <Page route={route} />
      </main>
      <Announcer />
      {help && <Shortcuts onClose={() => setHelp(false)} />}
    </div>
  );
}
