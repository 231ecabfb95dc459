/** Logs that databases write themselves: recognised, read, and said in OCSF. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FollowedLog } from '../../../src/log/index.ts';
import { readAll, readOne } from '../support/read.ts';

const postgresqlLines = `2024-05-01 12:00:00.123 UTC [811] LOG:  connection received: host=203.0.113.9 port=40022
2024-05-01 12:00:00.130 UTC [811] app@shop FATAL:  password authentication failed for user "app"
2024-05-01 12:00:00.130 UTC [811] app@shop DETAIL:  Connection matched pg_hba.conf line 95
2024-05-01 12:00:01.000 UTC [812] app@shop LOG:  statement: select 1
\t  from t
2024-05-01 12:00:02 +08 [9]: [1-1] user=x,db=shop,app=psql,client=192.0.2.4 ERROR:  relation "t" does not exist at character 15
`;

test('PostgreSQL text: prefixes, log-ins with the address of their connection, statements over lines', async () => {
  const { records, reader } = await readAll(postgresqlLines, { chunk: 7 });
  assert.equal(reader.format, 'postgresql');
  assert.deepEqual(reader.statistics.damage, []);
  assert.equal(records.length, 5);
  const failed = records[1];
  assert.equal(failed?.kind, 'auth.logon');
  assert.equal(failed.get('status_id'), 2);
  assert.equal(failed.field('user'), 'app');
  assert.equal(failed.field('database'), 'shop');
  assert.equal(failed.get('src_endpoint.ip'), '203.0.113.9');
  assert.equal(failed.get('src_endpoint.port'), 40_022);
  assert.equal(failed.field('outcome'), 'failure');
  assert.equal(failed.time, Date.UTC(2024, 4, 1, 12, 0, 0, 130));
  assert.equal(records[3]?.field('statement'), 'select 1\n  from t');
  assert.equal(records[3]?.field('message'), 'LOG:  statement: select 1\n  from t');
  const last = records[4];
  assert.equal(last?.time, Date.UTC(2024, 4, 1, 4, 0, 2));
  assert.deepEqual(
    ['pid', 'user', 'database', 'application', 'src_ip', 'level', 'program'].map(name => last?.field(name)),
    [9, 'x', 'shop', 'psql', '192.0.2.4', 'ERROR', 'postgres'],
  );
});

test('PostgreSQL CSV: text over lines, doubled quotes, a torn record', async () => {
  const csv = (message: string, query = '') =>
    `2024-05-01 12:00:00.123 UTC,"app","shop",811,"203.0.113.9:40022",66322d10.32b,2,"authentication",2024-05-01 12:00:00 UTC,3/9,0,FATAL,28P01,"${message}",,,,,,"${query}",,,"psql","client backend",,0`;
  const { records, reader } = await readAll(
    `${csv('password authentication failed for user ""app""')}\n${csv('syntax error', 'select ""a""\n2024-05-01 12:00:00.123 UTC,x,y,\nfrom t')}\n${csv('end')}\n2024-05-01 12:00:00.123 UTC,"app","sh`,
  );
  assert.equal(reader.format, 'postgresql-csv');
  assert.equal(records.length, 3);
  assert.equal(records[0]?.kind, 'auth.logon');
  assert.equal(records[0].field('user'), 'app');
  assert.equal(records[0].get('src_endpoint.port'), 40_022);
  assert.equal(records[1]?.field('statement'), 'select "a"\n2024-05-01 12:00:00.123 UTC,x,y,\nfrom t');
  assert.match(reader.statistics.damage[0]?.reason ?? '', /torn/);
});

test('PostgreSQL JSON', async () => {
  const record = await readOne(
    '{"timestamp":"2024-05-01 12:00:00.123 UTC","user":"app","dbname":"shop","pid":811,"remote_host":"203.0.113.9","remote_port":40022,"session_id":"66322d10.32b","line_num":2,"error_severity":"FATAL","state_code":"28000","message":"no pg_hba.conf entry for host \\"203.0.113.9\\", user \\"app\\", database \\"shop\\", no encryption","backend_type":"client backend"}\n',
  );
  assert.equal(record.format, 'postgresql-json');
  assert.equal(record.kind, 'auth.logon');
  assert.equal(record.field('reason'), 'not allowed by pg_hba.conf');
  assert.equal(record.get('src_endpoint.ip'), '203.0.113.9');
});

test('MySQL and MariaDB errors', async () => {
  const { records, reader } = await readAll(
    `2024-05-01T12:00:00.123456Z 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections.
2024-05-01T12:00:01.123456Z 12 [Note] [MY-010926] [Server] Access denied for user 'root'@'203.0.113.9' (using password: YES)
2024-05-01 12:00:02 13 [Warning] Aborted connection 13 to db: 'unconnected' user: 'unauthenticated' host: '203.0.113.10' (This connection closed normally without authentication)
2024-05-01  7:00:03 14 [Warning] Host '203.0.113.11' is not allowed to connect to this MariaDB server
240501 12:00:04 [Note] InnoDB: statistics
with a second line
`,
  );
  assert.equal(reader.format, 'mysql-error');
  assert.deepEqual(reader.statistics.damage, []);
  assert.deepEqual(
    records.map(record => [record.kind, record.field('src_ip'), record.field('user')]),
    [
      ['log.record', undefined, undefined],
      ['auth.logon', '203.0.113.9', 'root'],
      ['auth.logon', '203.0.113.10', undefined],
      ['auth.logon', '203.0.113.11', undefined],
      ['log.record', undefined, undefined],
    ],
  );
  assert.equal(records[3]?.time, Date.UTC(2024, 4, 1, 7, 0, 3));
  assert.equal(records[4]?.field('message'), 'InnoDB: statistics\nwith a second line');
  assert.equal(records[4]?.time, Date.UTC(2024, 4, 1, 12, 0, 4));
});

test('MySQL general log: statements know whose connection it is', async () => {
  const { records, reader } = await readAll(
    `/usr/sbin/mysqld, Version: 8.0.36 (Source distribution). started with:
Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock
Time                 Id Command    Argument
2024-05-01T12:00:00.123456Z\t   12 Connect\tapp@203.0.113.9 on shop using TCP/IP
2024-05-01T12:00:00.223456Z\t   12 Query\tselect 1
  from t
\t\t    12 Query\tselect 2
2024-05-01T12:00:01.123456Z\t   12 Quit\t
2024-05-01T12:00:02.123456Z\t   13 Connect\tAccess denied for user 'root'@'203.0.113.9' (using password: YES)
`,
    { chunk: 11 },
  );
  assert.equal(reader.format, 'mysql-general');
  assert.deepEqual(reader.statistics.damage, []);
  assert.equal(records.length, 5);
  assert.equal(records[1]?.field('statement'), 'select 1\n  from t');
  assert.equal(records[1]?.field('user'), 'app');
  assert.equal(records[1]?.field('src_ip'), '203.0.113.9');
  assert.equal(records[2]?.time, records[1]?.time);
  assert.equal(records[4]?.kind, 'auth.logon');
});

test('MySQL slow log', async () => {
  const { records, reader } = await readAll(
    `# Time: 2024-05-01T12:00:00.123456Z
# User@Host: app[app] @ web1 [203.0.113.9]  Id:    12
# Query_time: 2.000123  Lock_time: 0.000010 Rows_sent: 1  Rows_examined: 100000
SET timestamp=1714564800;
select sleep(2)
  # a comment
;
# User@Host: root[root] @ localhost []
# Thread_id: 13  Schema: shop  QC_hit: No
# Query_time: 1.5  Lock_time: 0.0  Rows_sent: 9  Rows_examined: 9
use other;
SET timestamp=1714564801;
drop table t;
`,
  );
  assert.equal(reader.format, 'mysql-slow');
  assert.deepEqual(reader.statistics.damage, []);
  assert.equal(records.length, 2);
  assert.equal(records[0]?.field('src_ip'), '203.0.113.9');
  assert.equal(records[0].field('rows_examined'), 100_000);
  assert.equal(records[0].field('statement'), 'select sleep(2)\n  # a comment\n;');
  assert.equal(records[1]?.field('statement'), 'drop table t;');
  assert.equal(records[1].field('database'), 'other');
});

test('what a followed log still holds back is not behind the position', () => {
  const log = new FollowedLog({ name: 'postgresql.log', format: 'postgresql', timezone: 'UTC' });
  const bytes = Buffer.from(postgresqlLines);
  const file = { dev: 1, ino: 1, offset: bytes.length, retired: 0, head: '', path: 'x' };
  const batch = { bytes, offset: 0, file: '1:1', position: { version: 1, files: [file] } };
  const { records } = log.take(batch as unknown as Parameters<typeof log.take>[0]);
  assert.equal(records.length, 4);
  assert.equal(log.idle().length, 1);
});
