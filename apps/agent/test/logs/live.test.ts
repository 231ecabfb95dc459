/** Logs of every kind, live: lines become findings and events of a running agent. */
import assert from 'node:assert/strict';
import { appendFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Finding } from '@redoubt/model';
import type {
  EventsPage,
  FindingsPage,
  LogSourceStatus,
  LogsAnswer,
  Summary,
} from '../../src/api/contract.ts';
import { eventually, startAgent, type TestAgent } from '../support/running.ts';
import { clfTime } from './support/busy-log.ts';
import { type TestFolders, testFolders } from './support/folders.ts';

const token = 'a-token-that-only-this-test-knows';
let folders: TestFolders;
let agent: TestAgent;

before(async () => {
  folders = testFolders();
  const { logs, state } = folders;
  writeFileSync(join(logs, 'access.log'), 'what stood there before is not read\n');
  writeFileSync(join(logs, 'auth.log'), '');
  writeFileSync(join(logs, 'token'), `${token}\n`);
  writeFileSync(
    join(state, 'logs.yml'),
    `defaults: false
sources:
  - {name: web, type: file, paths: ["${logs}/access*.log"], format: web-access}
  - {name: auth, type: file, paths: ["${logs}/auth.log"], format: syslog, timezone: UTC}
  - {name: audit, type: file, paths: ["${logs}/audit.log"], format: auditd}
  - {name: network, type: syslog, address: 127.0.0.1, tcp: 0, udp: 0, timezone: UTC}
  - {name: windows, type: winevents, address: 127.0.0.1, port: 0, token_file: "${logs}/token"}
`,
  );
  agent = await startAgent({ mode: 'reduced', stateDirectory: state, rules: [folders.rules] });
});
after(async () => {
  await agent?.end();
  folders.remove();
});

const source = async (name: string): Promise<LogSourceStatus> => {
  const { items } = await agent.get<LogsAnswer>('/api/logs');
  const found = items.find(item => item.name === name);
  assert.ok(found, name);
  return found;
};

const running = (name: string) =>
  eventually(async () => {
    const status = await source(name);
    return status.state === 'running' ? status : undefined;
  });

/** The finding of a rule, once there is one. */
const findingOf = (rule: string): Promise<Finding> =>
  eventually(async () => {
    const { items } = await agent.get<FindingsPage>('/api/findings');
    return items.find(finding => finding.finding_info.analytic.name === rule);
  });

test('a line of an access log becomes a finding, and its event names source, place and both times', async () => {
  await running('web');
  const path = join(folders.logs, 'access.log');
  const stated = clfTime(new Date().toISOString());
  appendFileSync(path, `203.0.113.9 - - [${stated}] "GET /..%2f..%2f/etc/passwd HTTP/1.1" 404 0 "-" "x"\n`);
  const appended = Date.now();
  const finding = await findingOf('Path out of the web root');
  assert.ok(finding.finding_info.created_time - appended < 5_000);
  const [evidence] = finding.evidences;
  assert.equal(evidence?.src_endpoint?.ip, '203.0.113.9');
  const event = evidence?.event as EventsPage['items'][number];
  assert.equal(event.metadata.log_name, path);
  assert.ok(Number.isInteger(event.metadata.logged_time));
  assert.equal(event.unmapped?.['log_source'], 'web');
  assert.match(String(event.unmapped?.['log_position']), /^\d+:\d+@\d+$/);
  const tree = await agent.ask(`/api/findings/${finding.finding_info.uid}/tree`);
  assert.equal(tree.status, 404, 'no process is named');
  assert.match(((await tree.json()) as { error: { zh: string } }).error.zh, /进程/);
});

test('a line of auth.log about another host becomes a finding about that host', async () => {
  await running('auth');
  const line = 'sshd[811]: Accepted password for root from 203.0.113.9 port 40022 ssh2\n';
  appendFileSync(join(folders.logs, 'auth.log'), `${new Date().toISOString()} db-7 ${line}`);
  const finding = await findingOf('Root logs in with a password');
  assert.equal(finding.device?.hostname, 'db-7');
  assert.notEqual(finding.device?.hostname, hostname());
});

test('a syslog message over TCP is an event of the record; a clock that is ahead is shown and not believed', async () => {
  const { places } = await running('network');
  const port = Number(
    places
      .find(place => place.startsWith('tcp'))
      ?.split(':')
      .at(-1),
  );
  const stated = new Date(Date.now() + 3_600_000).toISOString();
  const socket = connect(port, '127.0.0.1');
  socket.end(`<86>1 ${stated} sensor-1 app 1 - - marker-of-syslog-test\n`);
  const where = encodeURIComponent('message contains "marker-of-syslog-test"');
  const event = await eventually(
    async () => (await agent.get<EventsPage>(`/api/events?where=${where}`)).items[0],
  );
  assert.equal(event.time, event.metadata.logged_time);
  assert.equal(event.metadata.original_time, stated);
  assert.equal(event.device?.hostname, 'sensor-1');
  const [clock] = (await source('network')).clocks;
  assert.equal(clock?.of, '127.0.0.1');
  assert.ok(Math.abs((clock?.offset_ms ?? 0) - 3_600_000) < 60_000);
});

test('Windows events over HTTP need the token; a rule fires on them', async () => {
  const { places } = await running('windows');
  const post = (bearer: string) =>
    fetch(places[0] ?? '', {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}` },
      body: JSON.stringify({
        '@timestamp': new Date().toISOString(),
        winlog: {
          event_id: 1102,
          channel: 'Security',
          computer_name: 'dc1.corp.example',
          provider_name: 'Microsoft-Windows-Eventlog',
        },
      }),
    });
  assert.equal((await post('wrong')).status, 401);
  const answer = await post(token);
  assert.equal(answer.status, 200, await answer.clone().text());
  assert.equal(((await answer.json()) as { taken: number }).taken, 1);
  const finding = await findingOf('Security log cleared');
  assert.equal(finding.device?.hostname, 'dc1.corp.example');
});

test('an audit event whose last line is still to come is taken once the log is silent', async () => {
  await running('audit');
  const serial = `audit(${(Date.now() / 1000).toFixed(3)}:77)`;
  writeFileSync(
    join(folders.logs, 'audit.log'),
    `type=SYSCALL msg=${serial}: arch=c000003e syscall=59 success=yes exit=0 pid=4242 comm="true" exe="/bin/true"\n`,
  );
  const status = await eventually(async () => {
    const now = await source('audit');
    return now.records > 0 ? now : undefined;
  });
  assert.equal(status.records, 1);
});

test('damage is counted and told; every source is a sensor of the summary', async () => {
  appendFileSync(join(folders.logs, 'access.log'), 'this is no access log line\n');
  const status = await eventually(async () => {
    const now = await source('web');
    return now.damaged > 0 ? now : undefined;
  });
  assert.match(status.last_damage ?? '', /access\.log:\d+: /);
  const summary = await agent.get<Summary>('/api/summary');
  const web = summary.sensors.find(sensor => sensor.name === 'log:web');
  assert.equal(web?.state, 'running');
  assert.match(web?.detail ?? '', /1 damaged/);
  assert.deepEqual(web?.hooks, []);
  assert.equal(summary.sensors.length, 6);
  assert.ok((summary.latency_ms.event_to_finding_p99 ?? Infinity) < 10_000);
});

test('the configuration is read again: sources come and go, the others go on; a bad one changes nothing', async () => {
  const config = join(folders.state, 'logs.yml');
  const reload = async (text: string): Promise<LogsAnswer> => {
    writeFileSync(config, text);
    return (await (await agent.ask('/api/logs/reload', { method: 'POST' })).json()) as LogsAnswer;
  };
  const kept = `{name: web, type: file, paths: ["${folders.logs}/access*.log"], format: web-access}`;
  const bad = await reload(`sources:\n  - ${kept}\n  - {name: x, type: file}\n`);
  assert.match(bad.problem?.en ?? '', /logs\.yml:3: sources\[1\]: has no "paths"/);
  assert.equal(bad.items.length, 5);
  const before = await source('web');
  const good = await reload(
    `defaults: false\nsources:\n  - ${kept}\n  - {name: broken, type: file, paths: [/dev/null/x], from: start}\n  - {name: gone, type: syslog, address: 192.0.2.1, tcp: 0}\n`,
  );
  assert.equal(good.problem, undefined);
  assert.deepEqual(
    good.items.map(item => item.name),
    ['web', 'broken', 'gone'],
  );
  assert.equal((await source('web')).records, before.records, 'the source was not started anew');
  const failed = await eventually(async () => {
    const now = await source('gone');
    return now.state === 'failed' ? now : undefined;
  });
  assert.match(failed.failure ?? '', /EADDRNOTAVAIL/);
  assert.ok((failed.retry_time ?? 0) > Date.now() - 60_000);
});
