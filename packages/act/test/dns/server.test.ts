/** The resolver over real sockets: a plain upstream of our own, the C library's resolver (c-ares) as the asker. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { Resolver as Asker } from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Frames, framed } from '../../src/dns/frames.ts';
import {
  type BlockAnswer,
  type BlockList,
  DnsServer,
  NamePolicy,
  networksOf,
  openUpstream,
  parseUpstream,
  RateLimit,
  Resolver,
} from '../../src/dns/index.ts';
import { AuthoritativeServer } from './support/authoritative.ts';
import { questionMessage } from './support/message.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-dns-'));
const authority = new AuthoritativeServer();
const servers: DnsServer[] = [];
let place = '';

before(async () => {
  place = `127.0.0.1:${await authority.listen()}`;
});
after(async () => {
  for (const server of servers) {
    server.close();
    server.resolver.close();
  }
  await authority.close();
  rmSync(folder, { recursive: true, force: true });
});

function list(name: string, format: BlockList['format'], text: string): BlockList {
  const path = join(folder, name);
  writeFileSync(path, text);
  return { name, path, format };
}

interface Wanted {
  lists?: BlockList[];
  allow?: string[];
  blockAnswer?: BlockAnswer;
  allowed?: string[];
  rate?: number;
  upstreams?: string[];
  now?: () => number;
}

async function serve({
  lists = [],
  allow = [],
  blockAnswer = 'nxdomain',
  allowed = ['127.0.0.0/8'],
  rate = 0,
  upstreams = [place],
  now,
}: Wanted = {}): Promise<DnsServer> {
  const resolver = new Resolver({
    policy: await NamePolicy.load(lists, allow),
    upstreams: upstreams.map(text => {
      const upstream = parseUpstream(text);
      assert.ok(upstream);
      return openUpstream(text, upstream);
    }),
    blockAnswer,
    ...(now !== undefined && { now }),
  });
  const server = await DnsServer.listen(resolver, {
    address: '127.0.0.1',
    port: 0,
    allowed: networksOf(allowed),
    rate: new RateLimit(rate),
  });
  servers.push(server);
  return server;
}

function askerOf(server: DnsServer): Asker {
  const asker = new Asker({ timeout: 3000, tries: 1 });
  asker.setServers([`127.0.0.1:${server.port}`]);
  return asker;
}

/** Sends a datagram and gives the first answer. */
function exchange(server: DnsServer, message: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4');
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  socket.once('message', resolve);
  socket.once('error', reject);
  socket.send(message, server.port, '127.0.0.1');
  return promise.finally(() => socket.close());
}

test('questions are forwarded, kept as long as the answer says, and asked once for many', async () => {
  let time = 0;
  const server = await serve({ now: () => time });
  const asker = askerOf(server);
  authority.asked.length = 0;
  assert.deepEqual(await asker.resolve4('www.good.test', { ttl: true }), [{ address: '192.0.2.1', ttl: 30 }]);
  time = 10_000;
  assert.deepEqual(await asker.resolve4('WWW.Good.test', { ttl: true }), [{ address: '192.0.2.1', ttl: 20 }]);
  assert.equal(authority.asked.length, 1);
  time = 31_000;
  await Promise.all(Array.from({ length: 8 }, () => asker.resolve4('www.good.test')));
  assert.equal(authority.asked.length, 2, 'expired, and asked for once');
  assert.match(authority.asked.join(), /[A-Z]/, 'the spelling is random');
});

test('denials are kept by the SOA of the zone', async () => {
  let time = 0;
  const server = await serve({ now: () => time });
  const asker = askerOf(server);
  authority.asked.length = 0;
  await assert.rejects(asker.resolve4('missing.good.test'), { code: 'ENOTFOUND' });
  await assert.rejects(asker.resolve4('missing.good.test'), { code: 'ENOTFOUND' });
  assert.equal(authority.asked.length, 1);
  time = 16_000;
  await assert.rejects(asker.resolve4('missing.good.test'), { code: 'ENOTFOUND' });
  assert.equal(authority.asked.length, 2, 'the minimum of the SOA, 15 s, is shorter than its own 60 s');
});

test('an answer that is too long for a datagram is cut and comes over TCP, in both legs', async () => {
  const server = await serve();
  const texts = await askerOf(server).resolveTxt('long.good.test');
  assert.equal(texts.flat().join('').length, 20 * 200);
  const cut = await exchange(server, questionMessage('long.good.test', 16));
  assert.equal((cut[2] as number) & 2, 2);
  assert.ok(cut.length <= 512);
});

test('lists block: hosts, names, suffixes, RPZ; what is allowed wins', async () => {
  const server = await serve({
    lists: [
      list('hosts', 'hosts', '127.0.0.1 localhost\n0.0.0.0 ad.bad.test # an ad\n'),
      list('suffixes', 'suffixes', 'evil.test\n'),
      list('names', 'names', 'one.bad.test\n'),
      list(
        'zone',
        'rpz',
        '$TTL 60\n@ SOA localhost. root.localhost. (1 2 3 4\n 5)\n@ NS localhost.\nnodata.bad.test CNAME *.\n*.wild.test CNAME .\npass.wild.test CNAME rpz-passthru.\nlocal.bad.test A 198.51.100.9\n moved.bad.test CNAME www.good.test.\nmoved.bad.test 60 IN CNAME www.good.test.\n32.1.2.0.192.rpz-ip CNAME .\n',
      ),
    ],
    allow: ['fine.evil.test'],
  });
  const asker = askerOf(server);
  for (const name of ['ad.bad.test', 'one.bad.test', 'evil.test', 'deep.below.evil.test', 'x.wild.test'])
    await assert.rejects(asker.resolve4(name), { code: 'ENOTFOUND' }, name);
  await assert.rejects(asker.resolve4('nodata.bad.test'), { code: 'ENODATA' });
  for (const name of ['below.ad.bad.test', 'wild.test', 'pass.wild.test', 'fine.evil.test'])
    assert.deepEqual(await asker.resolve4(name), ['192.0.2.1'], name);
  assert.deepEqual(await asker.resolve4('local.bad.test'), ['198.51.100.9']);
  assert.deepEqual(await asker.resolve4('moved.bad.test'), ['192.0.2.1']);
  await assert.rejects(
    asker.resolve4('alias.good.test'),
    { code: 'ENOTFOUND' },
    'an alias of a blocked name',
  );
});

test('triggers that are not taken are told by their name', async () => {
  const policy = await NamePolicy.load(
    [
      list(
        'other',
        'rpz',
        '@ SOA a. b. 1 2 3 4 5\n24.0.2.0.192.rpz-ip CNAME .\nns.x.rpz-nsdname CNAME .\nok.test CNAME .\n',
      ),
    ],
    [],
  );
  const [loaded] = policy.loaded;
  assert.equal(loaded?.names, 1);
  assert.equal(loaded?.skipped, 2);
  assert.match(loaded?.samples.map(({ text }) => text).join() ?? '', /rpz-ip.*rpz-nsdname/);
});

test('blocked names may be given the address of nobody', async () => {
  const server = await serve({ lists: [list('zero', 'names', 'bad.test')], blockAnswer: 'zero' });
  assert.deepEqual(await askerOf(server).resolve4('bad.test'), ['0.0.0.0']);
  assert.deepEqual(await askerOf(server).resolve6('bad.test'), ['::']);
});

test('strangers are refused, over UDP and TCP', async () => {
  const server = await serve({ allowed: ['192.0.2.0/24'] });
  const refused = await exchange(server, questionMessage('www.good.test', 1));
  assert.equal((refused[3] as number) & 0xf, 5);
  assert.equal(refused.readUInt16BE(6), 0);
  const socket = connect(server.port, '127.0.0.1');
  socket.write(framed(questionMessage('www.good.test', 1)));
  const frames = new Frames();
  for await (const bytes of socket) {
    const [answer] = frames.add(bytes);
    if (answer === undefined) continue;
    assert.equal((answer[3] as number) & 0xf, 5);
    break;
  }
});

test('who asks too much gets no more answers for a while', () => {
  const rate = new RateLimit(3);
  assert.deepEqual(
    [0, 0, 0, 0].map(now => rate.allows('192.0.2.1', now)),
    [true, true, true, false],
  );
  assert.ok(rate.allows('192.0.2.2', 0));
  assert.ok(rate.allows('192.0.2.1', 400));
  assert.equal(rate.limited, 1);
});

test('proofs and their flags pass: DO goes up, AD comes down, our OPT record answers theirs', async () => {
  const server = await serve();
  const plain = await exchange(server, questionMessage('signed.good.test', 1));
  assert.equal((plain[3] as number) & 0x20, 0, 'nobody asked for AD');
  const proven = await exchange(server, questionMessage('signed.good.test', 1, { dnssec: true }));
  assert.equal((proven[3] as number) & 0x20, 0x20);
  assert.equal(proven.readUInt16BE(6), 2, 'the address and its signature');
  assert.equal(proven.readUInt16BE(10), 1);
  const opt = proven.subarray(-11);
  assert.equal(opt.readUInt16BE(1), 41);
  assert.equal((opt[7] as number) & 0x80, 0x80);
});

test('forged answers are not taken: another id, another question, another spelling over UDP', async () => {
  const server = await serve();
  authority.forge = true;
  try {
    assert.deepEqual(await askerOf(server).resolve4('forged.good.test'), ['192.0.2.1']);
  } finally {
    authority.forge = false;
  }
});

test('without an upstream that answers there is SERVFAIL, and the next upstream is asked', async () => {
  const closed = '127.0.0.1:1';
  const dead = await serve({ upstreams: [closed] });
  await assert.rejects(askerOf(dead).resolve4('www.good.test'), { code: 'ESERVFAIL' });
  const second = await serve({ upstreams: [closed, place] });
  assert.deepEqual(await askerOf(second).resolve4('www.good.test'), ['192.0.2.1']);
});
