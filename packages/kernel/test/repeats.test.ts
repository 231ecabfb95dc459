/** Connections to the same place, again and again: the first are told one by one, the rest as a number, exactly. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { it } from 'node:test';
import { type KernelRecord, networkOf } from '../src/index.ts';
import { Stage } from './helpers/actor.ts';

/** Connects to a server of its own `count` times, waiting for each (or not), and once to a port that nobody has. */
const script = `
import socket, sys
count, waits = int(sys.argv[1]), sys.argv[2] == 'waits'
server = socket.socket()
server.bind(('127.0.0.1', 0))
server.listen(64)
for i in range(count):
    client = socket.socket()
    client.setblocking(waits)
    client.connect_ex(server.getsockname())
    taken, _ = server.accept()
    taken.close()
    client.close()
print(server.getsockname()[1])
`;

const connections = 3000;

function total(records: readonly KernelRecord[], kind: string): number {
  return records
    .filter(record => record.kind === kind)
    .reduce((sum, record) => sum + networkOf(record).count, 0);
}

for (const way of ['waits', 'does not wait']) {
  it(`a process that ${way}: counted exactly, with its place and without the port that changes`, async () => {
    const stage = new Stage({ kinds: ['network.connect', 'network.accept'] });
    try {
      await stage.take();
      const counter = (kind: string) => {
        const found = stage.sensor.counters().find(each => each.kind === kind);
        return (found?.recorded ?? 0) + (found?.lost ?? 0);
      };
      const before = [counter('network.connect'), counter('network.accept')];
      const run = spawnSync('/usr/bin/python3', ['-c', script, String(connections), way], {
        encoding: 'latin1',
      });
      assert.equal(run.status, 0, run.stderr);
      const port = Number(run.stdout);
      const mine = (await stage.take()).filter(record => record.pid === run.pid);
      for (const [index, kind] of ['network.connect', 'network.accept'].entries()) {
        assert.equal(total(mine, kind), connections, kind);
        assert.equal(counter(kind) - (before[index] ?? 0) >= connections, true);
        const own = mine.filter(record => record.kind === kind).map(networkOf);
        const single = own.filter(({ count }) => count === 1);
        assert.equal(single.length >= 32, true, `${single.length} told one by one`);
        assert.equal(
          single.every(({ localPort, remotePort }) => localPort > 0 && remotePort > 0),
          true,
        );
        for (const { localAddress, remoteAddress, localPort, remotePort } of own.filter(
          ({ count }) => count > 1,
        )) {
          assert.deepEqual([localAddress, remoteAddress], ['127.0.0.1', '127.0.0.1']);
          const ports = kind === 'network.connect' ? [0, port] : [port, 0];
          assert.deepEqual([localPort, remotePort], ports);
        }
      }
    } finally {
      await stage.close();
    }
  });
}

it('each port of a scan is told by itself', async () => {
  const stage = new Stage({ kinds: ['network.connect'] });
  try {
    await stage.take();
    const scan =
      'import socket\nfor port in range(1, 301):\n s = socket.socket()\n s.connect_ex(("127.0.0.9", port))\n s.close()';
    const run = spawnSync('/usr/bin/python3', ['-c', scan]);
    assert.equal(run.status, 0);
    const mine = (await stage.take()).filter(record => record.pid === run.pid).map(networkOf);
    const ports = new Set(mine.map(({ remotePort }) => remotePort));
    assert.equal(ports.size, 300);
    assert.equal(
      mine.every(({ count }) => count === 1),
      true,
    );
  } finally {
    await stage.close();
  }
});
