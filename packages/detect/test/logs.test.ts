/** Log records are routed to the rules of their source, and fields go by the source's names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Finding } from '@redoubt/model';
import type { LogFormat } from '@redoubt/observe/log';
import { createDetector, type EventSource, RuleSet } from '../src/index.ts';
import { readLogText } from './read-log.ts';

const rule = (name: string, logsource: string, selection: string): string =>
  `title: ${name}\nname: ${name}\nlogsource: ${logsource}\ndetection:\n  selection: ${selection}\n  condition: selection\n`;
const rules = RuleSet.of([
  {
    name: 'set.yml',
    text: [
      rule(
        'creation',
        '{product: windows, category: process_creation}',
        "{Image|endswith: '\\whoami.exe', ParentImage|endswith: '\\w3wp.exe'}",
      ),
      rule(
        'kerberoast',
        '{product: windows, service: security}',
        "{EventID: 4769, TicketEncryptionType: '0x17'}",
      ),
      rule(
        'script',
        '{product: windows, category: ps_script}',
        "{ScriptBlockText|contains: 'KerberosRequestorSecurityToken'}",
      ),
      rule('sshd', '{product: linux, service: sshd}', '[Failed password]'),
      rule('auth', '{product: linux, service: auth}', '[Failed password]'),
      rule('web', '{category: webserver}', "{cs-uri-query|contains: 'union select'}"),
      rule('auditd', '{product: linux, service: auditd}', '{type: EXECVE, a0: nc}'),
    ].join('---\n'),
  },
]);

function judge(logsource: EventSource, fields: Record<string, unknown>): string[] {
  const found: Finding[] = [];
  const detector = createDetector(rules, { onFinding: finding => found.push(finding) });
  detector.evaluateRecord({ logsource, fields, time: 1, toEvent: () => buildEvent('log.record', 1) });
  return found.map(finding => finding.finding_info.analytic.uid);
}

test('Sysmon 1 and Security 4688 are both process creation, under their own names', () => {
  const sysmon = { product: 'windows', channel: 'Microsoft-Windows-Sysmon/Operational', eventId: 1 };
  assert.deepEqual(judge(sysmon, { Image: 'C:\\Windows\\whoami.exe', ParentImage: 'C:\\x\\w3wp.exe' }), [
    'creation',
  ]);
  const security = { product: 'windows', channel: 'Security', eventId: 4688 };
  assert.deepEqual(
    judge(security, { NewProcessName: 'C:\\Windows\\whoami.exe', ParentProcessName: 'C:\\x\\w3wp.exe' }),
    ['creation'],
  );
  assert.deepEqual(
    judge(
      { ...security, eventId: 4624 },
      { NewProcessName: 'C:\\Windows\\whoami.exe', ParentProcessName: 'C:\\x\\w3wp.exe' },
    ),
    [],
  );
});
test('services are told by the channel, in nested records too', () => {
  const source = { product: 'windows', channel: 'Security', eventId: 4769 };
  assert.deepEqual(judge(source, { EventID: 4769, TicketEncryptionType: '0x17' }), ['kerberoast']);
  assert.deepEqual(
    judge(source, { Event: { System: { EventID: 4769 }, EventData: { TicketEncryptionType: '0x17' } } }),
    ['kerberoast'],
  );
  assert.deepEqual(
    judge(
      { product: 'windows', channel: 'Microsoft-Windows-PowerShell/Operational', eventId: 4104 },
      { ScriptBlockText: 'New-Object KerberosRequestorSecurityToken' },
    ),
    ['script'],
  );
});
test('a source answers for its wider services too', () => {
  assert.deepEqual(
    judge(
      { product: 'linux', service: 'sshd', also: ['auth'] },
      { message: 'Failed password for root' },
    ).sort(),
    ['auth', 'sshd'],
  );
  assert.deepEqual(judge({ product: 'linux', service: 'cron' }, { message: 'Failed password for root' }), []);
});
test('rules without a product are for every product', () => {
  assert.deepEqual(
    judge({ product: 'nginx', category: 'webserver' }, { 'cs-uri-query': 'q=1 UNION SELECT 2' }),
    ['web'],
  );
  assert.deepEqual(judge({ product: 'linux', service: 'auditd' }, { type: 'EXECVE', a0: 'nc' }), ['auditd']);
});
test('records in ECS and OCSF are judged as host events and Windows events are', async () => {
  const set = RuleSet.of([
    {
      name: 'set.yml',
      text: [
        rule(
          'linux',
          '{product: linux, category: process_creation}',
          "{Image|endswith: '/nc', ParentImage|endswith: '/nginx', User: www-data}",
        ),
        rule(
          'windows',
          '{product: windows, category: process_creation}',
          "{Image|endswith: '\\whoami.exe', CommandLine|contains: '/all'}",
        ),
        rule('any', '{category: dns_query}', '{QueryName: a.example}'),
      ].join('---\n'),
    },
  ]);
  const of = async (format: LogFormat, record: object): Promise<string[]> => {
    const found: string[] = [];
    const detector = createDetector(set, {
      onFinding: ({ finding_info }) => found.push(finding_info.analytic.uid),
    });
    for (const one of await readLogText(JSON.stringify(record), format)) detector.evaluateRecord(one);
    return found;
  };
  const time = '2026-01-05T12:00:00.000Z';
  const ecs = (os: string, executable: string, command_line: string) => ({
    '@timestamp': time,
    event: { category: ['process'], type: ['start'] },
    'host.os.type': os,
    user: { name: 'www-data' },
    process: { executable, command_line, parent: { executable: '/usr/sbin/nginx' } },
  });
  const ocsf = (type_id: number, path: string, cmd_line: string) => ({
    class_uid: 1007,
    activity_id: 1,
    type_uid: 100_701,
    time: Date.parse(time),
    device: { os: { type_id } },
    process: {
      file: { path },
      cmd_line,
      user: { name: 'www-data' },
      parent_process: { file: { path: '/usr/sbin/nginx' } },
    },
  });
  for (const [format, event, linux, windows] of [
    ['ecs', ecs, 'linux', 'windows'],
    ['ocsf', ocsf, 200, 100],
  ] as const) {
    const make = event as (os: unknown, path: string, command: string) => object;
    assert.deepEqual(await of(format, make(linux, '/usr/bin/nc', 'nc')), ['linux'], format);
    assert.deepEqual(await of(format, make(linux, '/usr/bin/ls', 'ls')), [], format);
    assert.deepEqual(await of(format, make(windows, '/usr/bin/nc', 'nc')), [], format);
    assert.deepEqual(
      await of(format, make(windows, 'C:\\Windows\\whoami.exe', 'whoami /all')),
      ['windows'],
      format,
    );
  }
  assert.deepEqual(
    await of('ecs', { '@timestamp': time, event: {}, dns: { question: { name: 'a.example' } } }),
    ['any'],
  );
});
