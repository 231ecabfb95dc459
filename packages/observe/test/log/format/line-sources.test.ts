/** Line logs: recognised, read, and said in OCSF. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAll, readOne } from '../support/read.ts';

test('web access: common, combined, virtual host, custom', async () => {
  const tail =
    '[10/Oct/2023:13:55:36 +0800] "GET /a%20b?x=1&y=2 HTTP/1.1" 404 153 "https://r.example/" "curl/8.0 \\"q\\""';
  const record = await readOne(`192.0.2.1 - alice ${tail}\n`, { name: '/var/log/nginx/access.log' });
  assert.equal(record.format, 'web-access');
  assert.deepEqual(record.logsource, { product: 'nginx', category: 'webserver', service: 'access' });
  assert.equal(record.field('cs-username'), 'alice');
  assert.equal(record.field('cs-uri-stem'), '/a%20b');
  assert.equal(record.field('cs-uri-query'), 'x=1&y=2');
  assert.equal(record.field('cs-user-agent'), 'curl/8.0 "q"');
  assert.equal(record.time, Date.UTC(2023, 9, 10, 5, 55, 36));
  assert.equal(record.get('http_response.code'), 404);
  assert.equal(record.toEvent().activity_name, 'Get');
  const vhost = await readOne(`www.example:443 192.0.2.1 - - ${tail}\n`);
  assert.equal(vhost.field('cs-host'), 'www.example:443');
  assert.equal(vhost.field('c-ip'), '192.0.2.1');
  const custom = await readOne('2024-05-01T12:00:00+00:00|192.0.2.1|POST|/u?z=1|200|0.003\n', {
    format: 'web-access',
    accessFormat: '$time_iso8601|$remote_addr|$request_method|$request_uri|$status|$request_time',
  });
  assert.equal(custom.field('cs-uri-query'), 'z=1');
  assert.equal(custom.field('sc-status'), 200);
  const apache = await readOne('192.0.2.1 - bob [10/Oct/2023:13:55:36 +0000] "GET / HTTP/1.0" 200 - 1234\n', {
    format: 'web-access',
    accessFormat: '%h %l %u %t "%r" %>s %b %D',
  });
  assert.equal(apache.field('time-taken'), '1234');
});

test('nginx and Apache errors', async () => {
  const nginx = await readOne(
    '2024/05/01 12:00:00 [error] 7#8: *9 open() "/www/x" failed (2: No such file or directory), client: 192.0.2.1, server: example, request: "GET /x HTTP/1.1", host: "h.example"\n',
  );
  assert.equal(nginx.format, 'nginx-error');
  assert.equal(nginx.field('c-ip'), '192.0.2.1');
  assert.equal(nginx.field('cs-uri-stem'), '/x');
  assert.equal(nginx.field('cs-host'), 'h.example');
  const apache = await readOne(
    '[Wed Oct 11 14:32:52.123456 2023] [core:error] [pid 12:tid 13] [client 192.0.2.1:5678] AH00128: File does not exist: /www/x, referer: http://r.example/\n',
  );
  assert.equal(apache.format, 'apache-error');
  assert.equal(apache.field('c-port'), 5678);
  assert.equal(apache.field('error_code'), 'AH00128');
  assert.equal(apache.time, Date.UTC(2023, 9, 11, 14, 32, 52, 123));
});

test('ModSecurity native audit log; a body cannot forge a boundary', async () => {
  const record = await readOne(
    '--a1b2c3d4-A--\n[01/May/2024:12:00:00 +0000] id1 192.0.2.1 4000 192.0.2.2 80\n--a1b2c3d4-B--\nPOST /p?q=1 HTTP/1.1\nHost: h.example\nUser-Agent: test\n\n--a1b2c3d4-C--\nx=1\n--ffffffff-Z--\n--a1b2c3d4-F--\nHTTP/1.1 403 Forbidden\n--a1b2c3d4-H--\nMessage: Access denied with code 403 (phase 2). [id "900002"] [msg "Marker"] [severity "CRITICAL"]\nAction: Intercepted (phase 2)\n--a1b2c3d4-Z--\n\n'.replace(
      /\n\n$/,
      '\n',
    ),
  );
  assert.equal(record.format, 'modsecurity');
  assert.equal(record.field('rule_id'), '900002');
  assert.equal(record.field('cs-body'), 'x=1\n--ffffffff-Z--');
  assert.equal(record.field('cs-host'), 'h.example');
  assert.equal(record.toEvent().action_id, 2);
});

test('audit records are joined by serial, hex is decoded, enriched names are kept', async () => {
  const { records, reader } = await readAll(
    'type=SYSCALL msg=audit(1714564800.123:42): arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=1 ppid=1 pid=2 auid=1000 uid=0 euid=0 comm="cat" exe="/usr/bin/cat" key="k"\x1dARCH=x86_64 SYSCALL=execve AUID="alice" UID="root"\n' +
      'type=USER_LOGIN msg=audit(1714564800.130:43): pid=5 uid=0 auid=4294967295 ses=4294967295 msg=\'op=login acct=61206220633D64 exe="/usr/sbin/sshd" hostname=? addr=192.0.2.9 terminal=ssh res=failed\'\n' +
      'type=EXECVE msg=audit(1714564800.123:42): argc=2 a0="cat" a1=2F746D702F6120622E747874\n' +
      'type=PATH msg=audit(1714564800.123:42): item=0 name="/usr/bin/cat" inode=1 nametype=NORMAL\n' +
      'type=PROCTITLE msg=audit(1714564800.123:42): proctitle=636174002F746D702F6120622E747874\n',
  );
  assert.equal(reader.format, 'auditd');
  assert.equal(reader.statistics.damageCount, 0);
  const [login, execution] = records;
  assert.equal(login?.field('acct'), 'a b c=d');
  assert.equal(login?.kind, 'auth.logon');
  assert.equal(login?.toEvent().status_id, 2);
  assert.deepEqual(execution?.field('type'), ['SYSCALL', 'EXECVE', 'PATH', 'PROCTITLE']);
  assert.deepEqual(execution?.field('a0'), ['55d0', 'cat']);
  assert.equal(execution?.parts?.[1]?.['a1'], '/tmp/a b.txt');
  assert.equal(execution?.field('SYSCALL'), 'execve');
  assert.equal(execution?.get('process.cmd_line'), 'cat /tmp/a b.txt');
  assert.equal(execution?.kind, 'process.exec');
  assert.equal(execution?.logsource.category, 'process_creation');
});

test('journal export with a binary field', async () => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(9n);
  const bytes = Buffer.concat([
    Buffer.from(
      '__CURSOR=c1\n__REALTIME_TIMESTAMP=1714564800000000\n_HOSTNAME=h\nSYSLOG_IDENTIFIER=app\nMESSAGE\n',
    ),
    length,
    Buffer.from('two\nlines\n\n__CURSOR=c2\n__REALTIME_TIMESTAMP=1714564801000000\nMESSAGE=x\n\n'),
  ]);
  const { records, reader } = await readAll(bytes, { chunk: 1 });
  assert.equal(reader.format, 'journald-export');
  assert.equal(reader.statistics.damageCount, 0);
  assert.equal(records[0]?.field('MESSAGE'), 'two\nlines');
  assert.equal(records[1]?.time, 1714564801000);
});

test('VPC flow logs: AWS default, with header, and Alibaba Cloud', async () => {
  const aws = await readOne(
    '2 123456789012 eni-1 192.0.2.1 192.0.2.2 443 50000 6 10 840 1714564800 1714564860 REJECT OK\n',
  );
  assert.equal(aws.format, 'vpc-flow');
  assert.deepEqual(aws.get('src_endpoint.port'), 443);
  assert.equal(aws.toEvent().action_id, 2);
  assert.equal(aws.time, 1714564860000);
  const custom = await readOne(
    'version srcaddr dstaddr vpc-id flow-direction end\n5 192.0.2.1 192.0.2.2 vpc-1 ingress 1714564860\n',
  );
  assert.equal(custom.field('vpc-id'), 'vpc-1');
  assert.equal(custom.get('connection_info.direction_id'), 1);
  const alibaba = await readOne(
    '1 1000000000000001 eni-x - vsw-1 vpc-1 192.0.2.1 33000 192.0.2.2 22 6 in ACCEPT 3 180 1714564800 1714564860 OK\n',
  );
  assert.equal(alibaba.logsource.product, 'alibaba');
  assert.equal(alibaba.get('dst_endpoint.port'), 22);
});

test('Windows event XML, UTF-8 and UTF-16, with a torn event between', async () => {
  const event = (id: number): string =>
    `<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="P"/><EventID>${id}</EventID><TimeCreated SystemTime="2024-05-01T12:00:00.1234567Z"/><Channel>Microsoft-Windows-Sysmon/Operational</Channel><Computer>PC1</Computer></System><EventData><Data Name="Image">C:\\a &amp; b\\x.exe</Data><Data Name="CommandLine">x &lt;1&gt;</Data></EventData></Event>`;
  const text = `<Events>${event(1)}\n<Event xmlns="x"><System><Prov\n${event(11)}</Events>`;
  for (const content of [Buffer.from(text), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
    const { records, reader } = await readAll(content, { chunk: 11 });
    assert.equal(reader.format, 'windows-xml');
    assert.deepEqual(
      records.map(each => each.logsource.category),
      ['process_creation', 'file_event'],
    );
    assert.equal(records[0]?.field('Image'), 'C:\\a & b\\x.exe');
    assert.equal(records[0]?.get('process.cmd_line'), 'x <1>');
    assert.equal(records[0]?.time, Date.UTC(2024, 4, 1, 12, 0, 0, 123));
    assert.equal(reader.statistics.damageCount, 1);
  }
});
