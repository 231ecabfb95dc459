/** The frame around every page: navigation, state of the link, switches, and what is said aloud. */
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Finding } from '../api/contract.ts';
import { useFeed, useMessages } from '../api/hooks.ts';
import { EventsPage } from '../pages/events/events-page.tsx';
import { FindingPage } from '../pages/finding/finding-page.tsx';
import { FindingsPage } from '../pages/findings/findings-page.tsx';
import { IncidentPage } from '../pages/incidents/incident-page.tsx';
import { IncidentsPage } from '../pages/incidents/incidents-page.tsx';
import { OverviewPage } from '../pages/overview/overview-page.tsx';
import { ProcessesPage } from '../pages/processes/processes-page.tsx';
import { Icon, Mark } from '../parts/icon.tsx';
import { type KeyMap, listKeys, useKeys } from '../parts/keys.ts';
import { severityOf } from '../parts/severity.tsx';
import { Empty } from '../parts/states.tsx';
import { hrefOf, pages, type Route, useRoute } from '../router.ts';
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
    case 'unknown':
      return (
        <Empty title={text.shell.notFound}>
          <a href={hrefOf('overview')}>{text.shell.toOverview}</a>
        </Empty>
      );
  }
}

function Navigation({ route }: { route: Route }): ReactNode {
  const { text, format } = useSpeech();
  const open = useFeed().summary?.findings.open ?? 0;
  return (
    <nav aria-label={text.nav.label}>
      {pages.map(page => (
        <a key={page} href={hrefOf(page)} aria-current={route.page === page ? 'page' : undefined}>
          <Icon name={page} size={18} />
          <span>{text.nav[page]}</span>
          {page === 'findings' && open > 0 && <b className="nav-count">{format.short(open)}</b>}
        </a>
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
    const goto = pages.map((page, index) => [
      String(index + 1),
      () => {
        location.hash = hrefOf(page);
      },
    ]);
    return { ...listKeys, ...Object.fromEntries(goto), '?': () => setHelp(true) };
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
