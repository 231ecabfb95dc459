/** Log records are routed to the rules of their source, and fields go by the source's names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildEvent, type Finding } from '@redoubt/model';
import { createDetector, type EventSource, RuleSet } from '../src/index.ts';

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
