/** A client for TAXII 2.1 (OASIS, TAXII Version 2.1): discovery, API roots, collections, objects page by page. */
import { isObject, type JsonObject, objectsAt, textAt, textsAt } from '../read/json-value.ts';

export interface TaxiiOptions {
  /** How to sign in; it is sent to the origin of the request's address only. */
  readonly auth?:
    | { readonly type: 'basic'; readonly user: string; readonly password: string }
    | { readonly type: 'bearer'; readonly token: string };
  /** Milliseconds for a request with its whole answer; 30,000 by default. */
  readonly timeout?: number;
  /** Largest answer, bytes; 64 MiB by default. */
  readonly answerBytes?: number;
  /** Objects asked for a page; 1,000 by default. The server may give fewer. */
  readonly pageSize?: number;
  /** Most pages of one reading; 10,000 by default. */
  readonly pages?: number;
}

export interface TaxiiDiscovery {
  readonly title: string;
  readonly apiRoots: readonly string[];
}

export interface TaxiiCollection {
  readonly id: string;
  readonly title: string;
  readonly canRead: boolean;
  readonly mediaTypes: readonly string[];
  /** Address of the collection, as `objects` takes it. */
  readonly url: string;
}

export interface TaxiiPage {
  readonly objects: readonly unknown[];
  /** When the page's last object was added; the `added_after` to go on with. */
  readonly addedLast: string | undefined;
}

/** TAXII 2.1, section 1.6.8. */
const mediaType = 'application/taxii+json;version=2.1';
const mostRedirects = 3;

/** What a server answered that it should not have, with the address asked. */
export class TaxiiError extends Error {
  readonly status: number | undefined;

  constructor(url: URL | string, reason: string, status?: number, options?: ErrorOptions) {
    super(`${url}: ${reason}`, options);
    this.name = 'TaxiiError';
    this.status = status;
  }
}

interface Answer {
  readonly body: JsonObject;
  readonly headers: Headers;
}

export class TaxiiClient {
  readonly #options: Required<Omit<TaxiiOptions, 'auth'>>;
  readonly #authorization: string | undefined;
  #origin: string | undefined;

  constructor(options: TaxiiOptions = {}) {
    const {
      timeout = 30_000,
      answerBytes = 64 * 1024 ** 2,
      pageSize = 1_000,
      pages = 10_000,
      auth,
    } = options;
    this.#options = { timeout, answerBytes, pageSize, pages };
    if (auth?.type === 'bearer') this.#authorization = `Bearer ${auth.token}`;
    else if (auth !== undefined)
      this.#authorization = `Basic ${Buffer.from(`${auth.user}:${auth.password}`).toString('base64')}`;
  }

  /** What a server offers. @param url the server's address; `/taxii2/` is asked if it has no path */
  async discover(url: string): Promise<TaxiiDiscovery> {
    const at = new URL(url);
    if (at.pathname === '/') at.pathname = '/taxii2/';
    const { body } = await this.#get(at);
    const roots = textsAt(body, 'api_roots').map(root => new URL(root, at).href);
    return { title: textAt(body, 'title') ?? '', apiRoots: roots };
  }

  /** The collections of an API root. */
  async collections(apiRoot: string): Promise<TaxiiCollection[]> {
    const at = new URL('collections/', withSlash(apiRoot));
    const { body } = await this.#get(at);
    return objectsAt(body, 'collections').flatMap(collection => {
      const id = textAt(collection, 'id');
      if (id === undefined) return [];
      return {
        id,
        title: textAt(collection, 'title') ?? '',
        canRead: collection['can_read'] === true,
        mediaTypes: textsAt(collection, 'media_types'),
        url: new URL(`${encodeURIComponent(id)}/`, at).href,
      };
    });
  }

  /**
   * The objects of a collection, page by page, in the order in which they were added.
   * @param collection its address
   * @param addedAfter time as the server states it: only what was added later
   * @throws TaxiiError on a wrong or too large answer, on a time-out, and on pages that do not end
   */
  async *objects(collection: string, addedAfter?: string): AsyncGenerator<TaxiiPage> {
    const at = new URL('objects/', withSlash(collection));
    at.searchParams.set('limit', String(this.#options.pageSize));
    if (addedAfter !== undefined) at.searchParams.set('added_after', addedAfter);
    for (let page = 0; page < this.#options.pages; page++) {
      const { body, headers } = await this.#get(at);
      const objects = Array.isArray(body['objects']) ? (body['objects'] as unknown[]) : [];
      yield { objects, addedLast: headers.get('x-taxii-date-added-last') ?? undefined };
      if (body['more'] !== true) return;
      const next = textAt(body, 'next');
      const last = headers.get('x-taxii-date-added-last');
      if (next !== undefined) {
        if (next === at.searchParams.get('next')) throw new TaxiiError(at, 'the next page is the same page');
        at.searchParams.set('next', next);
      } else if (last !== null && last !== at.searchParams.get('added_after')) {
        at.searchParams.set('added_after', last);
      } else throw new TaxiiError(at, 'says that there is more, and not where');
    }
    throw new TaxiiError(at, `more than ${this.#options.pages} pages`);
  }

  async #get(url: URL): Promise<Answer> {
    let at = url;
    for (let redirects = 0; ; redirects++) {
      const response = await this.#fetch(at);
      const target = response.headers.get('location');
      if (response.status < 300 || response.status > 399 || target === null)
        return this.#answer(at, response);
      await response.body?.cancel();
      const next = new URL(target, at);
      if (redirects >= mostRedirects) throw new TaxiiError(url, `more than ${mostRedirects} redirections`);
      if (at.protocol === 'https:' && next.protocol !== 'https:')
        throw new TaxiiError(at, `redirects from TLS to ${next.protocol}`);
      at = next;
    }
  }

  async #fetch(url: URL): Promise<Response> {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new TaxiiError(url, 'neither https nor http');
    // What is asked first is where the secret belongs; a redirection elsewhere does not get it.
    this.#origin ??= url.origin;
    const authorization = url.origin === this.#origin ? this.#authorization : undefined;
    const { timeout } = this.#options;
    try {
      return await fetch(url, {
        headers: { accept: mediaType, ...(authorization === undefined ? {} : { authorization }) },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
      });
    } catch (error) {
      const { name, message, cause } = error as Error;
      const reason =
        name === 'TimeoutError' ? `no answer within ${timeout} ms` : ((cause as Error)?.message ?? message);
      throw new TaxiiError(url, reason, undefined, { cause: error });
    }
  }

  async #answer(url: URL, response: Response): Promise<Answer> {
    const { status, headers } = response;
    const text = await this.#text(url, response);
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (error) {
      if (response.ok) throw new TaxiiError(url, `not JSON: ${(error as Error).message}`, status);
    }
    if (!response.ok) {
      const said = isObject(body) ? (textAt(body, 'description') ?? textAt(body, 'title')) : undefined;
      throw new TaxiiError(
        url,
        `status ${status}${said === undefined ? '' : `: ${said.slice(0, 200)}`}`,
        status,
      );
    }
    const type = headers.get('content-type') ?? '';
    if (!/^application\/(?:taxii\+json|json)\b/i.test(type))
      throw new TaxiiError(url, `not TAXII 2.1: content type "${type}"`, status);
    if (!isObject(body)) throw new TaxiiError(url, 'not a JSON object', status);
    return { body, headers };
  }

  async #text(url: URL, response: Response): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const part of response.body ?? []) {
        bytes += part.length;
        if (bytes > this.#options.answerBytes)
          throw new TaxiiError(url, `an answer larger than ${this.#options.answerBytes} bytes`);
        parts.push(part);
      }
    } catch (error) {
      if (error instanceof TaxiiError) throw error;
      const isLate = (error as Error).name === 'TimeoutError';
      const reason = isLate ? `no whole answer within ${this.#options.timeout} ms` : (error as Error).message;
      throw new TaxiiError(url, reason, undefined, { cause: error });
    }
    return Buffer.concat(parts).toString();
  }
}

function withSlash(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}
