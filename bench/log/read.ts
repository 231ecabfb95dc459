/**
 * How fast logs are read, on one core: `node bench/log/read.ts [MEGABYTES]`. Each format reads the same sample
 * line over and over from memory, once as records only and once with every record said in OCSF.
 */
import { type LogFormat, readLog } from '@redoubt/observe/log';

const size = Number(process.argv[2] ?? 20) * 1024 * 1024;

const samples: Partial<Record<LogFormat, string>> = {
  jsonl:
    '{"ts":1714564800.5,"level":"info","msg":"request served","path":"/index.html","status":200,"user":"alice","ms":12}\n',
  winlogbeat:
    '{"@timestamp":"2024-05-01T12:00:00.000Z","winlog":{"channel":"Security","event_id":"4624","provider_name":"Microsoft-Windows-Security-Auditing","computer_name":"DC1","record_id":1,"event_data":{"TargetUserName":"alice","TargetDomainName":"EXAMPLE","LogonType":"3","IpAddress":"192.0.2.7","IpPort":"50000","Status":"0x0"}}}\n',
  auditd:
    'type=SYSCALL msg=audit(1714564800.123:42): arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=1 a2=2 a3=3 items=2 ppid=1 pid=2 auid=1000 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=pts0 ses=1 comm="cat" exe="/usr/bin/cat" key="k"\ntype=EXECVE msg=audit(1714564800.123:42): argc=2 a0="cat" a1="/etc/hostname"\ntype=CWD msg=audit(1714564800.123:42): cwd="/root"\ntype=PROCTITLE msg=audit(1714564800.123:42): proctitle=636174002F6574632F686F73746E616D65\n',
  syslog:
    'May  1 12:00:00 web1 sshd[1234]: Failed password for invalid user admin from 192.0.2.9 port 40022 ssh2\n',
  'journald-export':
    '__CURSOR=s=1;i=1\n__REALTIME_TIMESTAMP=1714564800000000\n_HOSTNAME=web1\nPRIORITY=6\nSYSLOG_IDENTIFIER=sshd\n_PID=1234\nMESSAGE=Accepted publickey for alice from 192.0.2.9 port 40022 ssh2\n\n',
  'web-access':
    '192.0.2.1 - - [01/May/2024:12:00:00 +0000] "GET /index.html?x=1 HTTP/1.1" 200 5120 "https://www.example/" "Mozilla/5.0 (X11; Linux x86_64)"\n',
  'suricata-eve':
    '{"timestamp":"2024-05-01T12:00:00.000000+0000","flow_id":1,"event_type":"dns","src_ip":"192.0.2.1","src_port":5353,"dest_ip":"192.0.2.53","dest_port":53,"proto":"UDP","dns":{"type":"query","id":1,"rrname":"www.example","rrtype":"A"}}\n',
  'vpc-flow': '2 123456789012 eni-1 192.0.2.1 192.0.2.2 443 50000 6 10 840 1714564800 1714564860 ACCEPT OK\n',
};

async function* repeated(block: Buffer): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < size; sent += block.length) yield block;
}

async function run(
  format: LogFormat,
  sample: string,
  events: boolean,
): Promise<{ records: number; seconds: number }> {
  const block = Buffer.from(sample.repeat(Math.max(1, Math.floor(65_536 / sample.length))));
  const reader = readLog(repeated(block), { name: 'bench', format, timezone: 'UTC', year: 2024 });
  const start = performance.now();
  for await (const batch of reader.batches()) {
    if (events) for (const record of batch) record.toEvent();
  }
  if (reader.statistics.damageCount > 0) throw new Error(`${format}: ${reader.statistics.damage[0]?.reason}`);
  return { records: reader.statistics.records, seconds: (performance.now() - start) / 1000 };
}

for (const [format, sample] of Object.entries(samples) as [LogFormat, string][]) {
  await run(format, sample, true);
  const plain = await run(format, sample, false);
  const events = await run(format, sample, true);
  const megabytes = (plain.records * sample.length) / 1e6;
  console.log(
    `${format.padEnd(16)} ${Math.round(plain.records / plain.seconds).toLocaleString('en')} records/s, ` +
      `${(megabytes / plain.seconds).toFixed(0)} MB/s; with OCSF ${Math.round(events.records / events.seconds).toLocaleString('en')} records/s`,
  );
}
