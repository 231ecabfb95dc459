/** URLs as the texts that the tables are keyed by: `host[:port]/path[?query]`. */

/** Longest URL that is looked at, characters. */
const longestUrl = 8_192;
const schemes = new Set(['http:', 'https:', 'ftp:', 'ws:', 'wss:']);

/** A URL in the form that URLs are compared in. */
export interface ComparableUrl {
  /** Without scheme, credentials, default port and fragment; normalised as the WHATWG URL standard says. */
  readonly text: string;
  /** Host name or address; IPv6 without brackets. */
  readonly host: string;
}

/**
 * The comparable form of a URL. The scheme does not count: what an http log records has none, and feeds name
 * either. A text without scheme is taken as http.
 * @returns undefined when it is not a URL of a network scheme with a host
 */
export function comparableUrl(text: string): ComparableUrl | undefined {
  if (text.length > longestUrl) return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]{0,20}:\/\//i.test(text) ? text : `http://${text}`);
  if (url === null || !schemes.has(url.protocol) || url.hostname === '') return undefined;
  const { hostname } = url;
  const bare = hostname.replace(/\.$/, '');
  const port = url.port === '' ? '' : `:${url.port}`;
  return {
    text: `${bare}${port}${url.pathname}${url.search}`,
    host: bare.startsWith('[') ? bare.slice(1, -1) : bare,
  };
}
