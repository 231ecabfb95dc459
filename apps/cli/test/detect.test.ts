/** `redoubt detect` over small logs of every format, in every output, with one worker and with two. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { writeEvtx } from '../../../packages/observe/test/log/support/evtx-writer.ts';
import { redoubt } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'redoubt-detect-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const rules = join(folder, 'rules');
const logs = join(folder, 'logs');
const marker = 'redoubt-marker';

const rule = (name: string, logsource: string, detection: string, more = ''): string =>
  `title: Rule ${name}\nname: ${name}\nlevel: high\nlogsource: {${logsource}}\ndetection:\n  selection: ${detection}\n  condition: selection\ntags: [attack.execution, attack.t1059.004]\nredoubt:\n  title_zh: 规则${name}\n${more}`;

/** One log a format with one record that has the marker, and the rule that finds it. */
const samples: Record<string, { file: string; text: string | Buffer; rule: string }> = {
  jsonl: {
    file: 'app.jsonl',
    rule: 'generic',
    text: `{"ts":1714564800.5,"msg":"${marker}"}\n{"ts":1714564801,"msg":"fine"}\n`,
  },
  evtx: {
    file: 'Security.evtx',
    rule: 'windows',
    text: writeEvtx([
      {
        provider: 'Microsoft-Windows-Security-Auditing',
        eventId: 4688,
        channel: 'Security',
        computer: 'DC1',
        time: new Date('2024-05-01T12:00:00Z'),
        data: { NewProcessName: 'C:\\x.exe', CommandLine: `x ${marker}` },
      },
    ]),
  },
  auditd: {
    file: 'audit.log',
    rule: 'auditd',
    text: `type=SYSCALL msg=audit(1714564800.123:456): arch=c000003e syscall=59 success=yes exit=0 ppid=1 pid=2 auid=1000 uid=0 gid=0 euid=0 comm="x" exe="/bin/x" key=(null)\ntype=EXECVE msg=audit(1714564800.123:456): argc=2 a0="x" a1="${marker}"\n`,
  },
  syslog: {
    file: 'auth.log',
    rule: 'syslog',
    text: `May  1 12:00:00 web1 sshd[5]: Failed password for ${marker} from 203.0.113.9 port 4242 ssh2\n`,
  },
  'journald-export': {
    file: 'journal.export',
    rule: 'syslog',
    text: `__CURSOR=s=1\n__REALTIME_TIMESTAMP=1714564800000000\n_HOSTNAME=web1\nSYSLOG_IDENTIFIER=sshd\n_PID=5\nMESSAGE=Failed password for ${marker} from 203.0.113.9 port 4242 ssh2\n\n`,
  },
  'web-access': {
    file: 'access.log',
    rule: 'webserver',
    text: `192.0.2.1 - - [01/May/2024:12:00:00 +0000] "GET /?q=${marker} HTTP/1.1" 200 12 "-" "curl/8"\n`,
  },
  'modsecurity-json': {
    file: 'modsec_audit.json',
    rule: 'waf',
    text: `${JSON.stringify({
      transaction: {
        unix_timestamp: 1714564800000000000,
        id: 't1',
        client_ip: '192.0.2.1',
        client_port: 4000,
        host_ip: '192.0.2.2',
        host_port: 80,
        request: { method: 'GET', uri: `/?q=${marker}`, headers: {}, body: '' },
        response: { status: 403 },
      },
      messages: [{ message: 'x', details: { match: '', ruleId: '942100', file: 'a', line: '1' } }],
    })}\n`,
  },
  'suricata-eve': {
    file: 'eve.json',
    rule: 'suricata',
    text: `{"timestamp":"2024-05-01T12:00:00.000000+0000","event_type":"alert","src_ip":"192.0.2.1","src_port":1,"dest_ip":"192.0.2.2","dest_port":80,"proto":"TCP","alert":{"action":"allowed","gid":1,"signature_id":1,"rev":1,"signature":"${marker}","category":"x","severity":1}}\n`,
  },
  zeek: {
    file: 'dns.log',
    rule: 'zeek',
    text: `#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\n#types\ttime\tstring\taddr\tport\taddr\tport\tstring\n1714564800.25\tC1\t192.0.2.1\t5000\t192.0.2.2\t53\t${marker}.example\n`,
  },
  'kubernetes-audit': {
    file: 'kube-audit.log',
    rule: 'kubernetes',
    text: `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a1","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"create","user":{"username":"${marker}"},"sourceIPs":["192.0.2.1"],"objectRef":{"resource":"pods"},"responseStatus":{"code":201},"requestReceivedTimestamp":"2024-05-01T12:00:00.000000Z","stageTimestamp":"2024-05-01T12:00:00.000000Z"}\n`,
  },
  cloudtrail: {
    file: 'trail.json',
    rule: 'aws',
    text: `{"Records":[{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","userName":"${marker}"},"eventTime":"2024-05-01T12:00:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.1","userAgent":"x","requestID":"r","eventID":"e","eventType":"AwsApiCall","recipientAccountId":"1"}]}\n`,
  },
  actiontrail: {
    file: 'action.json',
    rule: 'alibaba',
    text: `{"apiVersion":"2014-05-26","eventId":"e","eventName":"RunInstances","eventSource":"ecs.aliyuncs.com","eventTime":"2024-05-01T12:00:00Z","eventType":"ApiCall","eventVersion":"1","acsRegion":"cn-hangzhou","requestId":"r","serviceName":"Ecs","sourceIpAddress":"192.0.2.1","userAgent":"x","userIdentity":{"type":"ram-user","userName":"${marker}","principalId":"1","accountId":"2"}}\n`,
  },
  'vpc-flow': {
    file: 'vpc.log',
    rule: 'flow',
    text: 'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status\n2 123456789010 eni-1 192.0.2.1 192.0.2.2 4000 31337 6 20 4249 1714564800 1714564860 REJECT OK\n',
  },
};

before(() => {
  mkdirSync(rules);
  mkdirSync(logs);
  const keyword = `['${marker}']`;
  const documents = [
    rule('generic', 'product: generic', keyword),
    rule('windows', 'product: windows, category: process_creation', `{CommandLine|contains: '${marker}'}`),
    rule('auditd', 'product: linux, service: auditd', keyword),
    rule('syslog', 'product: linux, service: sshd', keyword),
    rule('webserver', 'category: webserver, service: access', keyword),
    rule('waf', 'product: modsecurity', keyword),
    rule('suricata', 'product: suricata', keyword),
    rule('zeek', 'product: zeek, service: dns', keyword),
    rule('kubernetes', 'product: kubernetes, service: audit', keyword),
    rule('aws', 'product: aws, service: cloudtrail', keyword),
    rule('alibaba', 'product: alibaba, service: actiontrail', keyword),
    rule('flow', 'category: firewall', '{dstport: 31337}'),
    rule('step', 'product: generic', '{step|exists: true}', '  dedup: [step]\n'),
    `title: Many\nname: many\nlevel: critical\ncorrelation:\n  type: event_count\n  rules: [step]\n  group-by: [user]\n  timespan: 1m\n  condition: {gte: 4}\n`,
  ];
  writeFileSync(join(rules, 'rules.yml'), documents.join('---\n'));
  for (const { file, text } of Object.values(samples)) writeFileSync(join(logs, file), text);
});

interface Report {
  findings: {
    count: number;
    metadata: { uid: string };
    finding_info: { analytic: { uid: string }; first_seen_time: number };
    source: { file: string; line: number };
  }[];
  files: { name: string; format?: string; records: number; damage: { count: number }; skipped?: true }[];
  summary: { records: number; damagedPlaces: number; unreadable: number; found: number };
}

async function detect(...words: string[]): Promise<{ code: number; report: Report; stderr: string }> {
  const { code, stdout, stderr } = await redoubt([
    'detect',
    '--rules',
    rules,
    '--timezone',
    'UTC',
    '--json',
    ...words,
  ]);
  assert.notEqual(stdout, '', stderr);
  return { code, report: JSON.parse(stdout) as Report, stderr };
}

const ruleOf = ({ finding_info }: Report['findings'][number]): string => finding_info.analytic.uid;

test('every format is recognised, read and judged', async () => {
  const { code, report, stderr } = await detect('--each', logs);
  assert.equal(code, 1, stderr);
  for (const [format, { file, rule: expected }] of Object.entries(samples)) {
    const path = join(logs, file);
    assert.equal(report.files.find(one => one.name === path)?.format, format, file);
    const found = report.findings.filter(one => one.source.file === path).map(ruleOf);
    assert.deepEqual(found, [expected], `${format}: ${stderr}`);
  }
});

test('the same with one worker and with two, also for correlations across files', async () => {
  const spread = join(folder, 'spread');
  mkdirSync(spread);
  // The events of each user alternate between the files, so that no file alone has enough of them in a minute.
  for (const [index, name] of ['a', 'b', 'c'].entries()) {
    const lines = Array.from({ length: 60 }, (_, number) => {
      const ts = 1_714_564_800 + number * 20 + index * 5;
      return JSON.stringify({ ts, step: number % 7, user: `u${number % 2}` });
    });
    writeFileSync(join(spread, `${name}.jsonl`), `${lines.join('\n')}\n`);
  }
  const alone = await detect('-j', '1', spread, logs);
  const shared = await detect('-j', '2', spread, logs);
  assert.deepEqual(shared.report.findings, alone.report.findings);
  assert.deepEqual(shared.report.files, alone.report.files);
  const many = alone.report.findings.filter(one => ruleOf(one) === 'many');
  assert.equal(many.length, 2);
  const single = await detect('-j', '1', join(spread, 'a.jsonl'));
  assert.ok(!single.report.findings.some(one => ruleOf(one) === 'many'));
});

test('compressed files, patterns and standard input', async () => {
  const packed = join(folder, 'packed');
  mkdirSync(packed);
  const text = readFileSync(join(logs, 'access.log'));
  writeFileSync(join(packed, 'access.log.1.gz'), gzipSync(text));
  writeFileSync(join(packed, 'access.log.2.zst'), zstdCompressSync(text));
  writeFileSync(join(packed, 'picture.bin'), Buffer.of(0, 1, 2, 3));
  const { code, report } = await detect(packed);
  assert.equal(code, 1);
  assert.deepEqual(
    report.files.map(file => file.skipped ?? file.format),
    ['web-access', 'web-access', true],
  );
  // Both files have the same record: one finding, counted twice.
  assert.deepEqual(
    report.findings.map(one => one.count),
    [2],
  );
  const pattern = await detect(join(packed, '*.gz'));
  assert.equal(pattern.report.files.length, 1);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../src/main.ts'), 'detect', '--rules', rules, '--jsonl', '-'],
    { stdio: ['pipe', 'pipe', 'ignore'] },
  );
  child.stdin.end(text);
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  const [status] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  assert.equal(status, 1);
  assert.equal((JSON.parse(output) as Report['findings'][number]).source.file, 'stdin');
});

test('a torn EVTX gives what is before the damage, and 3', async () => {
  const whole = samples['evtx']?.text as Buffer;
  const torn = join(folder, 'torn.evtx');
  writeFileSync(torn, whole.subarray(0, 4096 + 6000));
  const { code, report, stderr } = await detect(torn);
  assert.equal(code, 3);
  assert.deepEqual(report.findings.map(ruleOf), ['windows']);
  assert.ok(report.summary.damagedPlaces > 0);
  assert.match(stderr, /damaged places/);
});

test('0 when nothing is found, 2 for a wrong command line, 3 for what cannot be read', async () => {
  const fine = join(folder, 'fine.jsonl');
  writeFileSync(fine, '{"ts":1714564800,"msg":"fine"}\n');
  assert.equal((await detect(fine)).code, 0);
  assert.equal((await detect('/nonexistent.log')).code, 3);
  assert.equal((await detect(fine, '/nonexistent/*.log')).code, 3);
  const unknown = join(folder, 'unknown.bin');
  writeFileSync(unknown, Buffer.of(0, 1, 2, 3));
  assert.equal((await detect(unknown)).code, 3);
  for (const words of [
    ['detect'],
    ['detect', fine, '--format', 'nonsense'],
    ['detect', fine, '--min-level', 'much'],
    ['detect', fine, '--json', '--csv'],
    ['detect', fine, '--since', 'once'],
  ]) {
    const [english, chinese] = await Promise.all([redoubt(words), redoubt([...words, '--lang', 'zh'])]);
    assert.deepEqual([english.code, chinese.code], [2, 2], words.join(' '));
    assert.match(chinese.stderr, /\p{Script=Han}/u);
  }
});

test('level, time and each narrow or widen', async () => {
  const file = join(folder, 'steps.jsonl');
  const lines = Array.from({ length: 6 }, (_, index) =>
    JSON.stringify({ ts: 1_714_564_800 + index, step: 'same', user: 'u' }),
  );
  writeFileSync(file, `${lines.join('\n')}\n`);
  const all = await detect(file);
  assert.deepEqual(all.report.findings.map(ruleOf), ['many']);
  assert.equal((await detect(file, '--since', '2024-05-01T12:00:04Z')).code, 0);
  assert.equal((await detect(file, '--until', '2024-05-01T12:00:02Z')).code, 0);
  const access = join(logs, 'access.log');
  assert.equal((await detect(access, '--min-level', 'critical')).code, 0);
  assert.equal((await detect(access, '--min-level', 'high')).code, 1);
  const twice = join(folder, 'twice.log');
  writeFileSync(twice, readFileSync(access, 'utf8').repeat(3));
  const counted = await detect(twice);
  assert.deepEqual(
    counted.report.findings.map(one => one.count),
    [3],
  );
  const each = await detect(twice, '--each');
  assert.deepEqual(
    each.report.findings.map(one => [one.count, one.source.line]),
    [
      [1, 1],
      [1, 2],
      [1, 3],
    ],
  );
});

test('SARIF says what the standard asks for', async () => {
  const { stdout, code } = await redoubt([
    'detect',
    '--rules',
    rules,
    '--sarif',
    '--each',
    '--timezone',
    'UTC',
    logs,
  ]);
  assert.equal(code, 1);
  const log = JSON.parse(stdout) as {
    $schema: string;
    version: string;
    runs: {
      tool: { driver: { name: string; rules: { id: string; shortDescription: { text: string } }[] } };
      artifacts: { location: { uri: string } }[];
      invocations: { executionSuccessful: boolean; toolExecutionNotifications: object[] }[];
      results: {
        ruleId: string;
        ruleIndex: number;
        level: string;
        message: { text: string };
        occurrenceCount: number;
        locations: {
          physicalLocation: {
            artifactLocation: { uri: string; index: number };
            region: { startLine?: number; byteOffset?: number };
          };
        }[];
      }[];
    }[];
  };
  assert.equal(log.version, '2.1.0');
  const [run] = log.runs;
  assert.ok(run);
  assert.equal(run.invocations[0]?.executionSuccessful, true);
  assert.equal(run.results.length, Object.keys(samples).length);
  const { rules: listed } = run.tool.driver;
  assert.equal(new Set(listed.map(({ id }) => id)).size, listed.length);
  for (const result of run.results) {
    assert.equal(listed[result.ruleIndex]?.id, result.ruleId);
    assert.ok(['none', 'note', 'warning', 'error'].includes(result.level));
    assert.notEqual(result.message.text, '');
    assert.ok(result.occurrenceCount >= 1);
    const place = result.locations[0]?.physicalLocation;
    assert.ok(place);
    const { uri, index } = place.artifactLocation;
    assert.equal(run.artifacts[index]?.location.uri, uri);
    assert.doesNotThrow(() => new URL(uri));
    const { startLine, byteOffset } = place.region;
    assert.ok((startLine ?? 0) >= 1 || (byteOffset ?? -1) >= 0);
  }
});

test('CSV and the table carry hostile text without harm', async () => {
  const hostile = join(folder, 'hostile.jsonl');
  writeFileSync(hostile, `${JSON.stringify({ ts: 1, msg: `=1+1\u001b]0;x\u0007 "${marker}",\nx` })}\n`);
  const csv = await redoubt(['detect', '--rules', rules, '--csv', hostile]);
  const shown = await redoubt(['detect', '--rules', rules, hostile]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
  assert.doesNotMatch(shown.stdout, /\u001b/);
  const [heading = '', line = ''] = csv.stdout.split('\n');
  assert.equal(heading.split(',')[0], 'level');
  assert.match(line, /^high,1,/);
});

test('memory stays small however large the log', { timeout: 240_000 }, async () => {
  const large = join(folder, 'large.jsonl');
  const stream = createWriteStream(large);
  const block = Array.from({ length: 2000 }, (_, index) =>
    JSON.stringify({
      ts: 1_714_564_800 + index,
      msg: `request ${index} served`,
      path: `/a/b/c/${index}`,
      n: index,
    }),
  ).join('\n');
  const repeats = Math.ceil((200 * 2 ** 20) / (block.length + 1));
  for (let number = 0; number < repeats; number += 1) {
    if (!stream.write(`${block}\n`)) await once(stream, 'drain');
  }
  stream.end();
  await once(stream, 'finish');
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../src/main.ts'), 'detect', '--rules', rules, '--json', '-j', '2', large],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let peak = 0;
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024);
    } catch {
      // It has ended.
    }
  }, 50);
  try {
    let output = '';
    for await (const chunk of child.stdout) output += String(chunk);
    const { summary } = JSON.parse(output) as Report;
    assert.equal(summary.records, repeats * 2000);
    assert.ok(peak > 0 && peak < 400 * 2 ** 20, `${Math.round(peak / 2 ** 20)} MiB`);
  } finally {
    clearInterval(watch);
    rmSync(large);
  }
});
