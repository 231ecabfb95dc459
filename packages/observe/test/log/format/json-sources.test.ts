/** JSON logs: recognised, read, and said in OCSF. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { readAll, readOne } from '../support/read.ts';

const cloudtrail = {
  eventVersion: '1.08',
  userIdentity: { type: 'IAMUser', userName: 'alice', principalId: 'AIDA1' },
  eventTime: '2024-05-01T12:00:00Z',
  eventSource: 'iam.amazonaws.com',
  eventName: 'CreateUser',
  awsRegion: 'us-east-1',
  sourceIPAddress: '192.0.2.9',
  errorCode: 'AccessDenied',
};

test('plain JSON lines keep their fields and time', async () => {
  const record = await readOne('{"ts":1714564800.5,"msg":"hello","a":{"b":[1,2]}}\n');
  assert.equal(record.format, 'jsonl');
  assert.equal(record.time, 1714564800500);
  assert.deepEqual(record.field('a.b'), [1, 2]);
  assert.equal(record.toEvent().message, 'hello');
});

test('a torn line costs only itself', async () => {
  const { records, reader } = await readAll('{"ts":1714564800}\n{"ts":17145\n{"ts":1714564802}\n', {
    chunk: 5,
  });
  assert.equal(records.length, 2);
  assert.deepEqual(
    reader.statistics.damage.map(({ offset, line }) => ({ offset, line })),
    [{ offset: 18, line: 2 }],
  );
});

test('Elastic Common Schema', async () => {
  const record = await readOne(
    '{"@timestamp":"2024-05-01T12:00:00.000Z","ecs":{"version":"8.0"},"event":{"category":["process"],"type":["start"]},"host":{"name":"web1","os":{"type":"linux"}},"process":{"pid":7,"executable":"/bin/ls","command_line":"ls -l"}}',
  );
  assert.equal(record.format, 'ecs');
  assert.deepEqual(record.logsource, {
    product: 'linux',
    category: 'process_creation',
    kind: 'process.exec',
  });
  assert.equal(record.kind, 'process.exec');
  assert.equal(record.get('process.cmd_line'), 'ls -l');
});

test('OCSF is kept as it is', async () => {
  const record = await readOne(
    '{"class_uid":3002,"activity_id":1,"type_uid":300201,"time":1714564800000,"severity_id":1,"user":{"name":"bob"},"metadata":{"version":"1.3.0","product":{"name":"x","vendor_name":"y"}}}',
  );
  assert.equal(record.format, 'ocsf');
  assert.equal(record.kind, 'auth.logon');
  assert.equal(record.get('user.name'), 'bob');
});

test('CloudTrail: a Records file, compressed, and lines', async () => {
  const file = JSON.stringify({ Records: [cloudtrail, { ...cloudtrail, eventName: 'ConsoleLogin' }] });
  for (const content of [Buffer.from(file), gzipSync(file), zstdCompressSync(file)]) {
    const { records, reader } = await readAll(content, { name: 'x.json.gz', chunk: 7 });
    assert.equal(reader.format, 'cloudtrail');
    assert.deepEqual(
      records.map(each => each.kind),
      ['api.call', 'auth.logon'],
    );
    assert.equal(reader.statistics.damageCount, 0);
  }
  const record = await readOne(`${JSON.stringify(cloudtrail)}\n`);
  assert.equal(record.get('api.response.error'), 'AccessDenied');
  assert.equal(record.get('src_endpoint.ip'), '192.0.2.9');
  assert.equal(record.toEvent().activity_name, 'Create');
});

test('ActionTrail arrays', async () => {
  const event = {
    eventName: 'DeleteInstance',
    eventTime: '2024-05-01T12:00:00Z',
    acsRegion: 'cn-hangzhou',
    serviceName: 'Ecs',
    sourceIpAddress: '192.0.2.8',
    userIdentity: { userName: 'ops', accountId: '1' },
  };
  const record = await readOne(JSON.stringify([event], null, 1));
  assert.equal(record.format, 'actiontrail');
  assert.equal(record.get('api.operation'), 'DeleteInstance');
  assert.equal(record.get('cloud.provider'), 'Alibaba Cloud');
});

test('Kubernetes audit events and lists', async () => {
  const event = {
    kind: 'Event',
    auditID: 'u1',
    verb: 'create',
    user: { username: 'system:anonymous' },
    sourceIPs: ['192.0.2.1'],
    objectRef: { resource: 'pods', subresource: 'exec', namespace: 'default', name: 'p' },
    responseStatus: { code: 403 },
    requestReceivedTimestamp: '2024-05-01T12:00:00.123456Z',
  };
  const record = await readOne(`${JSON.stringify(event)}\n`);
  assert.equal(record.format, 'kubernetes-audit');
  assert.equal(record.get('resources.type'), 'pods/exec');
  assert.equal(record.toEvent().status_id, 2);
  const list = await readAll(JSON.stringify({ kind: 'EventList', items: [event, event] }), { chunk: 3 });
  assert.equal(list.records.length, 2);
});

test('Suricata EVE alerts, DNS and HTTP', async () => {
  const base =
    '"timestamp":"2024-05-01T12:00:00.000000+0000","src_ip":"192.0.2.1","src_port":4000,"dest_ip":"192.0.2.2","dest_port":80,"proto":"TCP"';
  const { records, reader } = await readAll(
    `{${base},"event_type":"alert","alert":{"signature":"Test rule","signature_id":1,"severity":1,"action":"blocked"}}
{${base},"event_type":"dns","dns":{"type":"query","rrname":"a.example","rrtype":"TXT"}}
{${base},"event_type":"http","http":{"hostname":"h","url":"/a?b=c","http_method":"GET","status":200}}
`,
  );
  assert.equal(reader.format, 'suricata-eve');
  assert.deepEqual(
    records.map(each => each.kind),
    ['ids.alert', 'dns.query', 'http.request'],
  );
  assert.equal(records[0]?.get('finding_info.title'), 'Test rule');
  assert.equal(records[0]?.time, Date.UTC(2024, 4, 1, 12));
  assert.equal(records[1]?.get('query.hostname'), 'a.example');
  assert.equal(records[2]?.get('http_request.url.query_string'), 'b=c');
});

test('Zeek: tab-separated with its header, and JSON', async () => {
  const tsv =
    '#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\tanswers\trcode_name\n#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tvector[string]\tstring\n1714564800.250000\tC1\t192.0.2.1\t5353\t192.0.2.53\t53\tudp\ta\\x09b.example\t192.0.2.4,192.0.2.5\tNOERROR\n#close\t2024-05-01\n';
  const record = await readOne(tsv);
  assert.equal(record.format, 'zeek');
  assert.deepEqual(record.logsource, { product: 'zeek', service: 'dns', category: 'dns' });
  assert.equal(record.field('query'), 'a\tb.example');
  assert.deepEqual(record.get('answers.rdata'), ['192.0.2.4', '192.0.2.5']);
  assert.equal(record.time, 1714564800250);
  const json = await readOne(
    '{"ts":1714564800.25,"uid":"C1","id.orig_h":"192.0.2.1","id.resp_h":"192.0.2.2","id.resp_p":22,"auth_success":false}\n',
    { name: 'ssh.log' },
  );
  assert.equal(json.format, 'zeek-json');
  assert.equal(json.kind, 'auth.logon');
  assert.equal(json.toEvent().status_id, 2);
});

test('journald as JSON, with bytes for text that is no UTF-8', async () => {
  const record = await readOne(
    '{"__REALTIME_TIMESTAMP":"1714564800000000","__CURSOR":"s=1","_HOSTNAME":"web1","SYSLOG_IDENTIFIER":"sshd","_PID":"5","PRIORITY":"6","MESSAGE":[70,97,105,108,101,100,32,112,97,115,115,119,111,114,100,32,102,111,114,32,114,111,111,116,32,102,114,111,109,32,49,46,50,46,51,46,52,32,112,111,114,116,32,50,50,32,115,115,104,50]}\n',
  );
  assert.equal(record.format, 'journald-json');
  assert.equal(record.field('program'), 'sshd');
  assert.equal(record.field('hostname'), 'web1');
  assert.equal(record.field('src_ip'), '1.2.3.4');
  assert.equal(record.get('user.name'), 'root');
});

test('Winlogbeat and the JSON of EVTX tools give the same names', async () => {
  const beat = await readOne(
    '{"@timestamp":"2024-05-01T12:00:00.000Z","winlog":{"channel":"Security","event_id":"4769","provider_name":"P","computer_name":"DC1","event_data":{"TicketEncryptionType":"0x17","ServiceName":"svc","IpAddress":"::ffff:192.0.2.7","Status":"0x0"}}}\n',
  );
  const tool = await readOne(
    '{"Event":{"System":{"EventID":{"#text":4769},"Channel":"Security","Computer":"DC1","Provider":{"#attributes":{"Name":"P"}},"TimeCreated":{"#attributes":{"SystemTime":"2024-05-01T12:00:00.000000Z"}}},"EventData":{"TicketEncryptionType":"0x17","ServiceName":"svc","IpAddress":"::ffff:192.0.2.7","Status":"0x0"}}}\n',
  );
  for (const record of [beat, tool]) {
    assert.equal(record.format, 'winlogbeat');
    assert.equal(record.logsource.service, 'security');
    assert.equal(record.field('EventID'), 4769);
    assert.equal(record.field('Provider_Name'), 'P');
    assert.equal(record.field('TicketEncryptionType'), '0x17');
    assert.equal(record.kind, 'auth.service_ticket');
    assert.equal(record.get('src_endpoint.ip'), '192.0.2.7');
    assert.equal(record.time, Date.UTC(2024, 4, 1, 12));
  }
});

test('ModSecurity and Coraza JSON', async () => {
  const coraza = await readOne(
    '{"transaction":{"unix_timestamp":1714564800000000000,"id":"t1","client_ip":"192.0.2.1","client_port":4000,"host_ip":"192.0.2.2","host_port":80,"request":{"method":"GET","uri":"/?q=x","headers":{"user-agent":["test"]}},"response":{"status":403},"is_interrupted":true},"messages":[{"message":"Marker","data":{"id":900001,"msg":"Marker","severity":2,"tags":["attack-test"]}}]}\n',
  );
  assert.equal(coraza.format, 'modsecurity-json');
  assert.equal(coraza.field('rule_id'), '900001');
  assert.equal(coraza.get('firewall_rule.uid'), '900001');
  assert.equal(coraza.toEvent().action_id, 2);
  assert.equal(coraza.time, 1714564800000);
});

test('nesting beyond the limit is damage, and its neighbours are read', async () => {
  const deep = `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`;
  const { records, reader } = await readAll(`{"ts":1}\n${deep}\n{"ts":2}\n`, { format: 'jsonl' });
  assert.equal(records.length, 2);
  assert.match(reader.statistics.damage[0]?.reason ?? '', /deeper than 64/);
});

test('the name __proto__ stays a field', async () => {
  const record = await readOne('{"ts":1714564800,"__proto__":{"polluted":true}}\n', { format: 'jsonl' });
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.ok(Object.hasOwn(record.fields, '__proto__'));
});

test('Winlogbeat: whose program wrote the event, and the addresses of its host', async () => {
  const record = await readOne(
    '{"@timestamp":"2024-05-01T12:00:00Z","host":{"ip":["192.0.2.7"]},"winlog":{"channel":"Microsoft-Windows-PowerShell/Operational","event_id":"4104","computer_name":"ws1","user":{"identifier":"S-1-5-21-1-2-3-1104","name":"alice","domain":"CORP"},"event_data":{"ScriptBlockText":"x"}}}\n',
  );
  assert.equal(record.field('Security_UserID'), 'S-1-5-21-1-2-3-1104');
  assert.equal(record.field('User'), 'CORP\\alice');
  assert.deepEqual(record.fields['host_ip'], ['192.0.2.7']);
});
