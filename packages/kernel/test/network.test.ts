/** Connections and datagrams on loopback. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { dnsPayloadOf, formatAddress, networkOf } from '../src/index.ts';
import { noCompatEntry, only, Stage } from './helpers/actor.ts';

let stage: Stage;
before(() => {
  stage = new Stage();
});
after(() => stage.close());

const tcp4 = ['socket', 'n:2', 'n:1', 'n:0'];
const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
};

describe('TCP', () => {
  it('bind, listen, connect and accept in one process', async () => {
    const port = await freePort();
    const seen = await stage.act([
      ...tcp4,
      '+',
      'bind',
      'r:0',
      `i4:127.0.0.1:${port}`,
      'n:16',
      '+',
      'listen',
      'r:0',
      'n:5',
      '+',
      ...tcp4,
      '+',
      'connect',
      'r:3',
      `i4:127.0.0.1:${port}`,
      'n:16',
      '+',
      'accept4',
      'r:0',
      'n:0',
      'n:0',
      'n:0',
    ]);
    assert.deepEqual(
      seen.records.map(record => record.kind),
      ['network.bind', 'network.listen', 'network.connect', 'network.accept'],
    );
    const [bind, listen, connected, accepted] = seen.records.map(networkOf);
    assert.deepEqual([bind?.localAddress, bind?.localPort, bind?.protocol], ['127.0.0.1', port, 6]);
    assert.equal(listen?.localPort, port);
    assert.deepEqual([connected?.remoteAddress, connected?.remotePort], ['127.0.0.1', port]);
    assert.deepEqual([accepted?.localPort, accepted?.remotePort], [port, connected?.localPort]);
    assert.equal(seen.records[2]?.result, 0);
  });

  it('a refused connection has its address and errno', async () => {
    const port = await freePort();
    const seen = await stage.act([...tcp4, '+', 'connect', 'r:0', `i4:127.0.0.1:${port}`, 'n:16']);
    const record = only(seen.records, 'records');
    assert.deepEqual([record.kind, record.result], ['network.connect', -111]);
    assert.deepEqual([networkOf(record).remoteAddress, networkOf(record).remotePort], ['127.0.0.1', port]);
  });

  it('a non-blocking connection is recorded once, when its end is known', async () => {
    const port = await freePort();
    const nonBlocking = ['socket', 'n:2', 'n:0x801', 'n:0'];
    const refused = await stage.act([...nonBlocking, '+', 'connect', 'r:0', `i4:127.0.0.1:${port}`, 'n:16']);
    assert.deepEqual([refused.results[1], only(refused.records, 'records').result], [-115, -111]);
    const server = createServer(socket => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await stage.take();
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await once(client, 'connect');
    const mine = (await stage.take()).filter(record => record.pid === process.pid);
    client.destroy();
    server.close();
    const done = only(
      mine.filter(record => record.kind === 'network.connect'),
      'connections',
    );
    assert.equal(done.result, 0);
    assert.equal(
      only(
        mine.filter(record => record.kind === 'network.accept'),
        'accepted',
      ).kind,
      'network.accept',
    );
  });

  it('IPv6', async () => {
    const seen = await stage.act(['socket', 'n:10', 'n:1', 'n:0', '+', 'connect', 'r:0', 'i6:::1:9', 'n:28']);
    const details = networkOf(only(seen.records, 'records'));
    assert.deepEqual([details.version, details.remoteAddress, details.remotePort], [6, '::1', 9]);
  });

  it('the 32-bit entry, direct and through socketcall', { skip: noCompatEntry() }, async () => {
    const port = await freePort();
    const direct = await stage.act([
      'compat:359',
      'n:2',
      'n:1',
      'n:0',
      '+',
      'compat:362',
      'r:0',
      `i4:127.0.0.1:${port}`,
      'n:16',
    ]);
    assert.equal(networkOf(only(direct.records, 'records')).remotePort, port);
    // Pointer 0 holds socket's arguments, 1 the address, 2 connect's arguments.
    const packed = await stage.act([
      'compat:102',
      'n:1',
      'w:2,1,0',
      '+',
      'getpid',
      `i4:127.0.0.1:${port}`,
      '+',
      'compat:102',
      'n:3',
      'w:r0,a1,16',
    ]);
    const record = only(packed.records, 'records');
    assert.deepEqual(
      [record.kind, networkOf(record).remotePort, record.isCompat],
      ['network.connect', port, true],
    );
  });
});

describe('UDP', () => {
  it('the first datagram to a peer is recorded, later ones are not', async () => {
    const send = ['sendto', 'r:0', 's:x', 'n:1', 'n:0', 'i4:127.0.0.1:4711', 'n:16'];
    const seen = await stage.act(['socket', 'n:2', 'n:2', 'n:0', '+', ...send, '+', ...send]);
    const record = only(seen.records, 'records');
    assert.equal(record.kind, 'network.udp_send');
    const { remoteAddress, remotePort, protocol } = networkOf(record);
    assert.deepEqual([remoteAddress, remotePort, protocol], ['127.0.0.1', 4711, 17]);
  });

  it('a DNS question and its answer belong to the process that asked', async () => {
    const server = createSocket('udp4');
    server.bind(53, '127.0.0.77');
    await once(server, 'listening');
    const answered = Buffer.from('babe81800001000000000000', 'hex');
    server.on('message', (_, peer) => server.send(answered, peer.port, peer.address));
    const client = createSocket('udp4');
    try {
      await stage.take();
      const question = Buffer.from('babe01000001000000000000', 'hex');
      client.send(question, 53, '127.0.0.77');
      const [message] = (await once(client, 'message')) as [Buffer];
      assert.deepEqual(message, answered);
      const mine = (await stage.take()).filter(
        record => record.pid === process.pid && record.kind.startsWith('dns.'),
      );
      assert.deepEqual(
        mine.map(record => record.kind),
        ['dns.query', 'dns.answer'],
      );
      assert.deepEqual(
        mine.map(record => dnsPayloadOf(record)),
        [question, answered],
      );
      assert.deepEqual(
        mine.map(record => networkOf(record).remoteAddress),
        ['127.0.0.77', '127.0.0.77'],
      );
    } finally {
      client.close();
      server.close();
    }
  });
});

describe('addresses', () => {
  it('are written as in RFC 5952', () => {
    const address = (hex: string) => formatAddress(10, Buffer.from(hex, 'hex'));
    assert.equal(address('00000000000000000000000000000000'), '::');
    assert.equal(address('20010db8000000000001000000000001'), '2001:db8::1:0:0:1');
    assert.equal(address('20010db8000100010001000100010001'), '2001:db8:1:1:1:1:1:1');
    assert.equal(address('00000000000000000000ffff7f000001'), '127.0.0.1');
    assert.equal(address('fe800000000000000000000000000000'), 'fe80::');
  });
});
