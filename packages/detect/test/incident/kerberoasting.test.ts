/** Kerberoasting: a script on a workstation and ticket requests on the domain controller are one incident. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Event, type Finding, Incident, viewOf } from '@redoubt/model';
import { Value } from 'typebox/value';
import { createDetector, createIncidentTracker, RuleSet } from '../../src/index.ts';
import { readLogText } from '../read-log.ts';

const begin = Date.UTC(2026, 10, 23, 9);
const sid = 'S-1-5-21-1004336348-1177238915-682003330-1104';
const services = ['svc-sql', 'svc-web', 'svc-backup', 'svc-report', 'svc-build', 'svc-print'];

const at = (second: number) => new Date(begin + second * 1000).toISOString();
const line = (second: number, fields: Record<string, unknown>) =>
  JSON.stringify({ '@timestamp': at(second), ...fields });

const logon = line(0, {
  EventID: 4624,
  Channel: 'Security',
  Computer: 'DC01.corp.example.com',
  TargetUserName: 'alice',
  TargetDomainName: 'CORP',
  TargetUserSid: sid,
  TargetLogonId: '0x51a2',
  LogonType: 3,
  WorkstationName: 'WS01',
  IpAddress: '::ffff:10.0.0.5',
});
/** The script blocks ask for tickets in the terms that the rules look for, and do nothing. */
const scripts = (user: Record<string, string>) =>
  [60, 75, 90].map(second =>
    line(second, {
      EventID: 4104,
      Channel: 'Microsoft-Windows-PowerShell/Operational',
      Computer: 'WS01.corp.example.com',
      ScriptBlockText: `# synthetic: names the class KerberosRequestorSecurityToken (${second})`,
      ...user,
    }),
  );
const ticket = (second: number, service: string, account = 'alice', encryption = '0x17') =>
  line(second, {
    EventID: 4769,
    Channel: 'Security',
    Computer: 'DC01.corp.example.com',
    TargetUserName: `${account}@CORP.EXAMPLE.COM`,
    TargetDomainName: 'CORP.EXAMPLE.COM',
    ServiceName: service,
    TicketEncryptionType: encryption,
    TicketOptions: '0x40810000',
    Status: '0x0',
    IpAddress: '::ffff:10.0.0.5',
  });
const tickets = [
  ...services.map((service, index) => ticket(120 + index * 10, service)),
  // What else the controller does meanwhile.
  ticket(130, 'WS07$'),
  ticket(135, 'svc-files', 'alice', '0x12'),
  ticket(150, 'svc-mail', 'bob', '0x17'),
];

let rules: RuleSet;
before(async () => {
  const content = new URL('../../../../content/rules', import.meta.url).pathname;
  rules = await RuleSet.load([`${content}/windows`, `${content}/identity`]);
});

async function incidentsOf(lines: readonly string[]): Promise<Incident[]> {
  const record: Event[] = [];
  const findings: Finding[] = [];
  const told = new Map<string, Incident>();
  const tracker = createIncidentTracker({
    onIncident: incident => told.set(incident.metadata.uid, incident),
    now: () => begin + 3_600_000,
    events: async ({ kinds, from, to, wants, limit }) =>
      record
        .filter(event => {
          const view = viewOf(event);
          return event.time >= from && event.time <= to && kinds.includes(view.kind) && wants(view);
        })
        .slice(0, limit),
  });
  const detector = createDetector(rules, {
    onFinding: finding => {
      findings.push(finding);
      tracker.follow(finding);
    },
  });
  const sorted = lines.toSorted();
  for (const one of await readLogText(sorted.join('\n'), 'winlogbeat')) {
    const event = one.toEvent();
    record.push(event);
    if (event.metadata.event_code.startsWith('auth.')) tracker.observe(event);
    detector.evaluateRecord(one);
  }
  detector.flush();
  await tracker.settled();
  assert.ok(findings.length >= 2, `only ${findings.length} findings`);
  return [...told.values()].filter(incident => incident.redoubt.merged_into === undefined);
}

function assertTold(incident: Incident | undefined): void {
  assert.ok(incident);
  assert.deepEqual([...Value.Errors(Incident, incident)], []);
  const named = (type: string) =>
    incident.redoubt.affected.filter(one => one.type === type).map(({ name }) => name.toLowerCase());
  assert.deepEqual(named('account'), ['alice']);
  assert.ok(
    named('host').some(name => name.startsWith('ws01')),
    named('host').join(),
  );
  assert.ok(
    named('host').some(name => name.startsWith('dc01')),
    named('host').join(),
  );
  assert.deepEqual(named('service').sort(), [...services].sort());
  assert.ok(named('address').includes('10.0.0.5'));
  assert.deepEqual(incident.redoubt.tactics, [{ uid: 'TA0006', name: 'Credential Access' }]);
  for (const language of ['en', 'zh'] as const) {
    const story = incident.redoubt.story.map(step => step.text[language]).join('\n');
    for (const word of ['alice', 'WS01', 'DC01', '10.0.0.5', 'svc-sql'])
      assert.ok(story.includes(word), story);
    assert.ok(!story.includes('svc-files') && !story.includes('svc-mail'), story);
  }
  assert.match(incident.redoubt.title.en, /alice on /);
  assert.equal(incident.severity_id, 5);
}

test('the account is spelled in two ways, its address is known by a log-on', async () => {
  const [incident, ...more] = await incidentsOf([logon, ...scripts({ User: 'CORP\\alice' }), ...tickets]);
  assert.deepEqual(
    more.map(one => one.redoubt.title.en),
    [],
  );
  assertTold(incident);
  const [first] = incident?.redoubt.story ?? [];
  assert.match(first?.text.en ?? '', /alice logged on/, 'the story begins before the first finding');
  assert.equal(incident?.start_time, begin);
});

test('nothing tells whose the address is: the account and the technique are enough', async () => {
  const [incident, ...more] = await incidentsOf([...scripts({ User: 'CORP\\alice' }), ...tickets]);
  assert.deepEqual(more, []);
  assertTold(incident);
});

test('PowerShell logs the identifier of the account only; a log-on tells whose it is', async () => {
  const [incident, ...more] = await incidentsOf([logon, ...scripts({ Security_UserID: sid }), ...tickets]);
  assert.deepEqual(more, []);
  assertTold(incident);
});

test('another account’s script on another workstation is another incident', async () => {
  const incidents = await incidentsOf([
    ...scripts({ User: 'CORP\\carol' }).map(text => text.replaceAll('WS01', 'WS02')),
    ...tickets,
  ]);
  const accounts = incidents.map(one =>
    one.redoubt.affected.filter(({ type }) => type === 'account').map(({ name }) => name),
  );
  assert.ok(
    accounts.some(names => names.includes('carol') && !names.includes('alice')),
    JSON.stringify(accounts),
  );
});
