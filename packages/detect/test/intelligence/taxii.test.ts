/** The TAXII client against a server on loopback: pages, sign-in, and servers that misbehave. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { TaxiiClient, TaxiiError, type TaxiiOptions } from '../../src/intelligence/taxii/client.ts';
import { now, Workbench } from './support.ts';
import { send, TaxiiServer } from './taxii-server.ts';

const auth = { type: 'basic', user: 'reader', password: 'secret' } as const;

function stored(n: number, more: object = {}) {
  const added = `2026-01-0${n}T00:00:00.000000Z`;
  const pattern = `[ipv4-addr:value = '45.0.0.${n}']`;
  return {
    added,
    object: { type: 'indicator', id: `indicator--${n}`, pattern, pattern_type: 'stix', ...more },
  };
}

async function serve(context: TestContext, count = 5): Promise<TaxiiServer> {
  const server = await new TaxiiServer().start(context);
  for (let n = 1; n <= count; n++) server.objects.push(stored(n));
  return server;
}

async function idsOf(server: TaxiiServer, options: TaxiiOptions, after?: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const { objects } of new TaxiiClient(options).objects(server.collection, after))
    for (const object of objects) ids.push((object as { id: string }).id);
  return ids;
}

/** A port on loopback at which no one listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test('discovery, API roots and collections', async context => {
  const server = await serve(context);
  const client = new TaxiiClient({ auth: { type: 'bearer', token: 'token' } });
  const { title, apiRoots } = await client.discover(server.url);
  assert.equal(title, 'Test');
  assert.deepEqual(apiRoots, [`${server.url}/root/`, 'https://elsewhere.example/other/']);
  const collections = await client.collections(apiRoots[0] ?? '');
  assert.deepEqual(
    collections.map(({ id, canRead, url }) => [id, canRead, url]),
    [
      ['c1', true, server.collection],
      ['c2', false, `${server.url}/root/collections/c2/`],
    ],
  );
});

test('objects come page by page, after a time, by either way of paging', async context => {
  const server = await serve(context);
  for (const givesNext of [true, false]) {
    server.givesNext = givesNext;
    assert.deepEqual(
      await idsOf(server, { auth }),
      [1, 2, 3, 4, 5].map(n => `indicator--${n}`),
    );
    assert.deepEqual(await idsOf(server, { auth }, '2026-01-03T00:00:00.000000Z'), [
      'indicator--4',
      'indicator--5',
    ]);
    assert.deepEqual(await idsOf(server, { auth }, '2027-01-01T00:00:00Z'), []);
  }
});

test('errors name the address and what the server said', async context => {
  const server = await serve(context);
  await assert.rejects(idsOf(server, {}), /objects\/\?limit=1000: status 401: sign in first/);
  await assert.rejects(new TaxiiClient({ auth }).collections(`${server.url}/none/`), {
    name: 'TaxiiError',
    status: 404,
  });
  await assert.rejects(new TaxiiClient().discover(`http://127.0.0.1:${await freePort()}/`), /ECONNREFUSED/);
  await assert.rejects(new TaxiiClient().discover('file:///etc/hosts'), /neither https nor http/);
});

test('a server that misbehaves ends in an error, never in a hang or much memory', async context => {
  const server = await serve(context);
  const path = '/root/collections/c1/';
  const rows: readonly (readonly [(response: Parameters<typeof send>[0]) => void, RegExp])[] = [
    [response => send(response, 200, {}, 'text/html'), /not TAXII 2\.1: content type "text\/html"/],
    [response => response.writeHead(200, { 'content-type': 'application/json' }).end('{'), /not JSON/],
    [
      response => response.writeHead(200, { 'content-type': 'application/json' }).end('[]'),
      /not a JSON object/,
    ],
    [response => send(response, 200, { more: true, objects: [] }), /there is more, and not where/],
    [response => send(response, 200, { more: true, next: 'same' }), /the next page is the same page/],
    [response => response.writeHead(302, { location: server.collection }).end(), /more than 3 redirections/],
    [
      response => response.writeHead(200, { 'content-type': 'application/json' }).end(' '.repeat(20_000)),
      /larger than 10000/,
    ],
    [() => undefined, /no answer within 300 ms/],
    [
      response => response.writeHead(200, { 'content-type': 'application/json' }).write('{'),
      /no whole answer within 300 ms/,
    ],
  ];
  for (const [answer, reason] of rows) {
    server.overrides.set(path, answer);
    await assert.rejects(idsOf(server, { auth, timeout: 300, answerBytes: 10_000 }), error => {
      assert.ok(error instanceof TaxiiError, String(error));
      assert.match(error.message, reason);
      return true;
    });
  }
  let page = 0;
  server.overrides.set(path, response => send(response, 200, { more: true, next: String(page++) }));
  await assert.rejects(idsOf(server, { auth, pages: 5 }), /more than 5 pages/);
});

test('a redirection to another server does not get the secret', async context => {
  const [first, second] = [await serve(context), await serve(context)];
  first.overrides.set('/root/', response => response.writeHead(307, { location: second.collection }).end());
  await assert.rejects(idsOf(first, { auth }), { status: 401 });
  assert.deepEqual(
    [first, second].map(server => server.asked.map(({ signed }) => signed)),
    [[true], [false]],
  );
});

test('an import goes on where the last one ended, and takes what is revoked away', async context => {
  const bench = new Workbench(context);
  const server = await serve(context, 3);
  const read = (mode?: 'replace') =>
    bench.import({
      source: { name: 'taxii' },
      ...(mode === undefined ? {} : { mode }),
      input: { format: 'taxii', collection: server.collection, auth },
      now,
    });
  const first = await read();
  assert.deepEqual([first.taken, first.cursor], [3, '2026-01-03T00:00:00.000000Z']);
  server.objects.push(stored(4), { ...stored(5), object: stored(1, { revoked: true }).object });
  const second = await read();
  assert.deepEqual([second.taken, second.withdrawn, second.indicators], [1, 1, 3]);
  assert.ok(server.asked.at(-1)?.url.includes('added_after=2026-01-03T00%3A00%3A00.000000Z'));
  const third = await read();
  assert.deepEqual([third.taken, third.indicators, third.cursor], [0, 3, '2026-01-05T00:00:00.000000Z']);
  const set = await bench.set();
  assert.deepEqual([...set.hits()].map(hit => set.valueOf(hit)).sort(), ['45.0.0.2', '45.0.0.3', '45.0.0.4']);
  const anew = await read('replace');
  assert.ok(!server.asked.at(-3)?.url.includes('added_after'), 'to replace is to read from the beginning');
  assert.deepEqual([anew.withdrawn, anew.indicators], [1, 3]);
});
