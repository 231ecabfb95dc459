/** Events of an ordinary web server, made in turn so that a test can foresee them. */

import type { Event, EventKind, Process, ProcessNode } from '@redoubt/agent/contract';
import { buildEvent } from '@redoubt/model';
import { runningProcesses } from './processes.ts';

type Step = [kind: EventKind, pid: number, rest: Partial<Event>];

const steps: Step[] = [
  [
    'network.accept',
    812,
    { src_endpoint: { ip: '203.0.113.77', port: 51844 }, dst_endpoint: { ip: '10.20.0.11', port: 443 } },
  ],
  ['network.connect', 861, { dst_endpoint: { ip: '10.20.0.14', port: 5432 }, status_id: 1 }],
  ['file.create', 861, { file: { path: '/var/lib/php/sessions/sess_7k2m0v1q9c4n8s3t5b6a' } }],
  ['file.write', 924, { file: { path: '/var/lib/postgresql/15/main/pg_wal/000000010000000A000000C4' } }],
  ['dns.query', 1452, { query: { hostname: 'payments.example.com', type: 'A' } }],
  [
    'dns.answer',
    1452,
    {
      query: { hostname: 'payments.example.com', type: 'A' },
      answers: [{ type: 'A', rdata: '198.51.100.20', ttl: 60 }],
    },
  ],
  [
    'network.connect',
    1452,
    { dst_endpoint: { ip: '2001:db8:40::15', port: 443 }, status_id: 2, status_code: 'ETIMEDOUT' },
  ],
  [
    'process.exec',
    655,
    {
      process: {
        pid: 25601,
        name: 'run-parts',
        cmd_line: 'run-parts --report /etc/cron.hourly',
        file: { path: '/usr/bin/run-parts' },
      },
    },
  ],
  [
    'process.exit',
    655,
    { process: { pid: 25601, name: 'run-parts', file: { path: '/usr/bin/run-parts' }, exit_code: 0 } },
  ],
  [
    'file.rename',
    312,
    {
      file: { path: '/var/log/journal/a1f0/system.journal' },
      file_result: { path: '/var/log/journal/a1f0/system@0006.journal' },
    },
  ],
  ['file.unlink', 861, { file: { path: '/tmp/phpUpload_Zk31xQ' } }],
  ['memory.wx', 1452, { unmapped: { protection: 'PROT_READ|PROT_WRITE|PROT_EXEC', length: 65536 } }],
  ['process.set_id', 22871, { unmapped: { old_uid: 0, new_uid: 1000 } }],
  [
    'file.chmod',
    22881,
    {
      file: {
        path: '/home/deploy/releases/2026-11-20T08-15-00Z-shop-api-2.14.1/config/environments/production/secrets.yaml',
      },
      unmapped: { new_mode: '0600' },
    },
  ],
];

function processOf(node: ProcessNode): Process {
  return {
    uid: node.uid,
    pid: node.pid,
    name: node.name,
    ...(node.cmd_line === undefined ? {} : { cmd_line: node.cmd_line }),
    ...(node.exe === undefined ? {} : { file: { path: node.exe } }),
    ...(node.user ? { user: node.user } : {}),
    ...(node.container ? { container: node.container } : {}),
  };
}

/** The event with a sequence number, as of a time in milliseconds since the Unix epoch. */
export function eventAt(sequence: number, time: number): Event {
  const step = steps[sequence % steps.length];
  if (!step) throw new Error('there are no steps');
  const [kind, pid, rest] = step;
  const actor = runningProcesses().find(node => node.pid === pid);
  const event = buildEvent(kind, time, {
    ...(actor ? { actor: { process: processOf(actor) } } : {}),
    ...rest,
  });
  return { ...event, metadata: { ...event.metadata, sequence } };
}
