/** A small TAXII 2.1 server on loopback, as far as reading goes. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';

export interface StoredObject {
  /** When it came to the server, as TAXII writes times. */
  readonly added: string;
  readonly object: object;
}

const mediaType = 'application/taxii+json;version=2.1';

/** Signs in with user `reader` and password `secret`, or with the token `token`. */
export class TaxiiServer {
  readonly objects: StoredObject[] = [];
  /** Whether a page says where the next begins by `next`; else by its last date alone. */
  givesNext = true;
  /** Answers instead of the server for paths that begin with the key. */
  readonly overrides = new Map<string, (response: ServerResponse) => void>();
  /** Paths asked, and whether they came signed in. */
  readonly asked: { url: string; signed: boolean }[] = [];
  url = '';

  async start(context: TestContext): Promise<this> {
    const server = createServer((request, response) => this.#serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    context.after(() => {
      server.closeAllConnections();
      server.close();
    });
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  get collection(): string {
    return `${this.url}/root/collections/c1/`;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', this.url);
    const { authorization } = request.headers;
    const basic = `Basic ${Buffer.from('reader:secret').toString('base64')}`;
    const signed = authorization === basic || authorization === 'Bearer token';
    this.asked.push({ url: url.pathname + url.search, signed });
    for (const [prefix, answer] of this.overrides)
      if (url.pathname.startsWith(prefix)) {
        answer(response);
        return;
      }
    if (!signed) {
      send(response, 401, { title: 'Unauthorized', description: 'sign in first' });
      return;
    }
    if (!request.headers.accept?.startsWith('application/taxii+json')) {
      send(response, 406, { title: 'Accept' });
      return;
    }
    switch (url.pathname) {
      case '/taxii2/': {
        send(response, 200, {
          title: 'Test',
          api_roots: ['/root/', 'https://elsewhere.example/other/'],
        });
        return;
      }
      case '/root/collections/': {
        send(response, 200, {
          collections: [
            {
              id: 'c1',
              title: 'One',
              can_read: true,
              can_write: false,
              media_types: ['application/stix+json;version=2.1'],
            },
            { id: 'c2', title: 'Two', can_read: false, can_write: false },
          ],
        });
        return;
      }
      case '/root/collections/c1/objects/': {
        this.#page(url, response);
        return;
      }
      default: {
        send(response, 404, { title: 'Not found' });
        return;
      }
    }
  }

  #page(url: URL, response: ServerResponse): void {
    const after = url.searchParams.get('added_after') ?? '';
    const limit = Math.min(Number(url.searchParams.get('limit') ?? 100), 2);
    const from = Number(url.searchParams.get('next') ?? 0);
    const all = this.objects.filter(({ added }) => added > after);
    const page = all.slice(from, from + limit);
    const more = from + limit < all.length;
    const last = page.at(-1)?.added;
    if (last !== undefined) response.setHeader('X-TAXII-Date-Added-Last', last);
    send(response, 200, {
      ...(more ? { more: true } : {}),
      ...(more && this.givesNext ? { next: String(from + limit) } : {}),
      ...(page.length === 0 ? {} : { objects: page.map(({ object }) => object) }),
    });
  }
}

/** Answers with JSON. */
export function send(response: ServerResponse, status: number, body: object, type = mediaType): void {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
}
