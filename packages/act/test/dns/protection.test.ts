/** The DNS firewall as a protection: its process, the host's file, and the way back whatever ends. */
import assert from 'node:assert/strict';
import { Resolver as Asker } from 'node:dns/promises';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type BlockedName,
  DnsFirewall,
  type DnsSettings,
  dnsDefaults,
  HostResolver,
  parseDnsSettings,
  pointedContent,
  readList,
  writeZone,
} from '../../src/dns/index.ts';
import { AuthoritativeServer } from './support/authoritative.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-dnsfw-'));
const authority = new AuthoritativeServer();
const blocked: BlockedName[] = [];
const formerText =
  'search example.test\noptions rotate timeout:1\nnameserver 192.0.2.53\nnameserver 192.0.2.54\nnameserver 192.0.2.55\n';
const places = {
  resolvConf: join(folder, 'resolv.conf'),
  former: join(folder, 'former'),
  dropIn: join(folder, 'drop-in.conf'),
  reload: async () => undefined,
};
const firewall = new DnsFirewall({ stateDirectory: folder, places, onBlocked: one => blocked.push(one) });
let settings: DnsSettings = dnsDefaults;
const signal = AbortSignal.timeout(60_000);

/** A port of 127.0.0.1 that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

before(async () => {
  writeFileSync(places.resolvConf, formerText);
  writeFileSync(join(folder, 'list'), 'bad.test\n');
  const upstream = `127.0.0.1:${await authority.listen()}`;
  settings = parseDnsSettings({
    lists: [{ path: join(folder, 'list'), format: 'suffixes', name: 'ours' }],
    indicators: false,
    address: '127.0.0.1',
    port: await freePort(),
    upstreams: [upstream],
  });
});
after(async () => {
  await firewall.undo();
  await authority.close();
  rmSync(folder, { recursive: true, force: true });
});

function asker(): Asker {
  const made = new Asker({ timeout: 3000, tries: 1 });
  made.setServers([`127.0.0.1:${settings.port}`]);
  return made;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => setTimeout(resolve, 20));
}

test('audit judges names and changes nothing', async () => {
  await firewall.apply({ rung: 'audit', settings }, signal);
  assert.equal(readFileSync(places.resolvConf, 'utf8'), formerText);
  firewall.see('www.good.test');
  firewall.see('x.bad.test');
  await until(() => blocked.length > 0);
  assert.deepEqual(blocked.splice(0), [
    { name: 'x.bad.test', list: 'ours', entry: 'bad.test', action: 'nxdomain', rung: 'audit', count: 1 },
  ]);
  await assert.rejects(asker().resolve4('www.good.test'), { code: 'ECONNREFUSED' });
});

test('enforce blocks, is asked first, keeps the former resolvers behind it, and tells', async () => {
  await firewall.apply({ rung: 'enforce', settings }, signal);
  assert.deepEqual(await asker().resolve4('www.good.test'), ['192.0.2.1']);
  await assert.rejects(asker().resolve4('x.bad.test'), { code: 'ENOTFOUND' });
  const text = readFileSync(places.resolvConf, 'utf8');
  assert.match(text, /nameserver 127\.0\.0\.1\nnameserver 192\.0\.2\.53\nnameserver 192\.0\.2\.54\n$/);
  assert.doesNotMatch(text, /rotate/);
  await until(() => blocked.length > 0);
  assert.equal(blocked.splice(0)[0]?.rung, 'enforce');
  assert.deepEqual(await firewall.health({ rung: 'enforce', settings }), { healthy: true, reasons: [] });
});

test('when its process is killed the port refuses at once, and a look at its health starts it anew', async () => {
  const { pid } = firewall;
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  await until(() => !existsSync(`/proc/${pid}`));
  await assert.rejects(asker().resolve4('www.good.test'), { code: 'ECONNREFUSED' });
  await new Promise(resolve => setTimeout(resolve, 100));
  assert.equal((await firewall.health({ rung: 'enforce', settings })).healthy, true);
  assert.deepEqual(await asker().resolve4('www.good.test'), ['192.0.2.1']);
});

test('what somebody else writes becomes the former content', async () => {
  writeFileSync(places.resolvConf, 'nameserver 198.51.100.1\n');
  assert.equal((await firewall.health({ rung: 'enforce', settings })).healthy, true);
  assert.match(
    readFileSync(places.resolvConf, 'utf8'),
    /nameserver 127\.0\.0\.1\nnameserver 198\.51\.100\.1\n$/,
  );
  writeFileSync(places.resolvConf, formerText);
  await firewall.health({ rung: 'enforce', settings });
});

test('a process that hangs is unhealthy; undo gives the file back to the last bit and ends it all the same', async () => {
  const { pid } = firewall;
  assert.ok(pid);
  process.kill(pid, 'SIGSTOP');
  assert.equal((await firewall.health({ rung: 'enforce', settings })).healthy, false);
  await firewall.undo();
  await firewall.undo();
  assert.equal(readFileSync(places.resolvConf, 'utf8'), formerText);
  assert.ok(!existsSync(places.former));
  await until(() => !existsSync(`/proc/${pid}`));
  await assert.rejects(asker().resolve4('www.good.test'), { code: 'ECONNREFUSED' });
});

test('a port that is taken leaves the host as it was', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await assert.rejects(
    firewall.apply({ rung: 'enforce', settings: { ...settings, port } }, signal),
    /EADDRINUSE/,
  );
  assert.equal(readFileSync(places.resolvConf, 'utf8'), formerText);
  taken.close();
});

test('restoring leaves alone what somebody else has written', async () => {
  const host = new HostResolver(places);
  await host.point('127.0.0.1');
  writeFileSync(places.resolvConf, 'nameserver 198.51.100.7\n');
  await host.restore();
  assert.equal(readFileSync(places.resolvConf, 'utf8'), 'nameserver 198.51.100.7\n');
  writeFileSync(places.resolvConf, formerText);
});

test('pointing twice is pointing once', () => {
  const once = pointedContent(formerText, '127.0.0.55');
  assert.equal(pointedContent(once, '127.0.0.55'), once);
});

test('settings from outside are checked by name', () => {
  const wrong: [unknown, RegExp][] = [
    [{ upstreams: ['dns.example'] }, /upstreams\[0\]/],
    [{ networks: ['10.0.0.0/99'] }, /networks\[0\]/],
    [{ lists: [{ path: 'x', format: 'hosts' }] }, /lists\[0\]\.path/],
    [{ answer: 'maybe' }, /answer/],
    [{ other: 1 }, /other/],
  ];
  for (const [given, message] of wrong) assert.throws(() => parseDnsSettings(given), message);
  assert.deepEqual(
    parseDnsSettings({
      upstreams: ['tls://[2001:db8::1]:853#a.example', 'https://192.0.2.1/dns-query#a.example'],
    }).upstreams.length,
    2,
  );
});

test('lists become a zone, which reads back as the same names', async () => {
  const path = join(folder, 'zone');
  const written = await writeZone(path, [{ path: join(folder, 'list'), format: 'suffixes' }], ['good.test']);
  assert.equal(written.names, 1);
  const troubles = { total: 0, samples: [] };
  const read = await Array.fromAsync(readList(path, 'rpz', troubles));
  assert.equal(troubles.total, 0);
  assert.deepEqual(
    read.map(({ name, kind, action }) => `${name} ${kind} ${action}`),
    ['good.test exact pass', 'good.test below pass', 'bad.test exact nxdomain', 'bad.test below nxdomain'],
  );
});
