/** Where the user is, in the address after `#`, so that the server needs to know one page only. */
import { useSyncExternalStore } from 'react';

/** The pages by the first part of their address, in the order of the navigation. */
export const pages = [
  'overview',
  'events',
  'processes',
  'network',
  'dns',
  'integrity',
  'incidents',
  'findings',
  'scanning',
  'content',
  'protection',
  'responses',
  'bans',
  'journal',
] as const;
export type PageName = (typeof pages)[number];

/** A place in the console: `#/findings/ID?severity=5`. */
export interface Route {
  page: PageName | 'unknown';
  /** What the page is about, e.g. the id of a finding. */
  id: string | undefined;
  query: URLSearchParams;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads the part of an address after `#`. */
export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', id] = path.split('/', 2).map(decode);
  const page = name === '' ? 'overview' : (pages.find(known => known === name) ?? 'unknown');
  return { page, id: id === '' ? undefined : id, query: new URLSearchParams(query) };
}

/** The address of a page. */
export function hrefOf(page: PageName, id?: string, query?: Record<string, string>): string {
  const path =
    page === 'overview' ? '#/' : `#/${page}${id === undefined ? '' : `/${encodeURIComponent(id)}`}`;
  const kept = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value !== ''));
  return kept.size === 0 ? path : `${path}?${kept}`;
}

const changed = 'redoubt:route';

function subscribe(watcher: () => void): () => void {
  window.addEventListener('hashchange', watcher);
  window.addEventListener(changed, watcher);
  return () => {
    window.removeEventListener('hashchange', watcher);
    window.removeEventListener(changed, watcher);
  };
}

/** Goes to another place without a step in the history, as when a filter changes. */
export function replaceRoute(href: string): void {
  history.replaceState(null, '', href);
  window.dispatchEvent(new Event(changed));
}

let last = { hash: '', route: parseRoute('') };
function current(): Route {
  if (location.hash !== last.hash) last = { hash: location.hash, route: parseRoute(location.hash) };
  return last.route;
}

/** Where the user is. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, current);
}
