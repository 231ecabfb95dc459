/** Recorded incidents. */
import type { Incident } from '@redoubt/agent/contract';
import { minutesAgo } from './processes.ts';

const product = { name: 'Redoubt', vendor_name: 'Redoubt' };

function step(
  minutes: number,
  en: string,
  zh: string,
  more: Partial<Incident['redoubt']['story'][number]> = {},
): Incident['redoubt']['story'][number] {
  return { time: minutesAgo(minutes), text: { en, zh }, severity_id: 1, count: 1, findings: [], ...more };
}

const credentialAccess = { uid: 'TA0006', name: 'Credential Access' };

/** Tickets for many services, asked for by one account. */
function kerberoasting(): Incident {
  return {
    class_uid: 2005,
    category_uid: 2,
    activity_id: 2,
    type_uid: 200_502,
    time: minutesAgo(3),
    severity_id: 5,
    status_id: 1,
    priority_id: 3,
    message: 'Kerberoasting',
    count: 2,
    start_time: minutesAgo(12),
    end_time: minutesAgo(4),
    attacks: [{ tactic: credentialAccess, technique: { uid: 'T1558.003', name: 'Kerberoasting' } }],
    metadata: { version: '1.6.0', product, uid: 'i-0191b001' },
    finding_info_list: [
      {
        uid: 'f-0191a7c2',
        title: 'Script asks for service tickets',
        first_seen_time: minutesAgo(8),
        last_seen_time: minutesAgo(7),
      },
      {
        uid: 'f-0191a7b8',
        title: 'One account asks for RC4 tickets of many services',
        first_seen_time: minutesAgo(6),
        last_seen_time: minutesAgo(4),
      },
    ],
    redoubt: {
      title: {
        en: 'One account asks for RC4 tickets of many services — alice on DC01, WS01',
        zh: '同一账户请求多个服务的 RC4 票据（alice，主机 DC01、WS01）',
      },
      created_time: minutesAgo(7),
      story: [
        step(12, 'alice logged on to DC01 from 10.0.0.5', 'alice 从 10.0.0.5 在 DC01 登录', { host: 'DC01' }),
        step(
          8,
          'CORP\\alice on WS01 ran a script: Script asks for service tickets',
          'CORP\\alice 在 WS01 上运行了脚本：脚本请求 Kerberos 服务票据',
          { severity_id: 4, count: 3, tactic: credentialAccess, findings: ['f-0191a7c2'], host: 'WS01' },
        ),
        step(
          6,
          'alice@CORP.EXAMPLE.COM from 10.0.0.5 on DC01 asked for Kerberos tickets of the services svc-sql, svc-web, svc-backup, svc-report, svc-build, svc-print: One account asks for RC4 tickets of many services',
          'alice@CORP.EXAMPLE.COM 从 10.0.0.5 在 DC01 上请求了以下服务的 Kerberos 票据：svc-sql、svc-web、svc-backup、svc-report、svc-build、svc-print：同一账户请求多个服务的 RC4 票据',
          { severity_id: 5, count: 6, tactic: credentialAccess, findings: ['f-0191a7b8'], host: 'DC01' },
        ),
      ],
      score: {
        value: 55,
        parts: [
          {
            name: 'severity',
            points: 42,
            max: 45,
            text: { en: 'The gravest of 2 findings is critical', zh: '2 项告警中最高级别为“严重”' },
          },
          {
            name: 'assets',
            points: 10,
            max: 10,
            text: { en: '2 hosts, 6 containers and services', zh: '2 台主机，6 个容器和服务' },
          },
          {
            name: 'tactics',
            points: 3,
            max: 25,
            text: {
              en: '1 different tactics, 1 of them in the order of an attack',
              zh: '涉及 1 种战术，其中 1 种按攻击链顺序出现',
            },
          },
        ],
      },
      affected: [
        { type: 'host', name: 'DC01', findings: 1 },
        { type: 'host', name: 'WS01', findings: 1 },
        { type: 'account', name: 'alice', findings: 2 },
        ...['svc-sql', 'svc-web', 'svc-backup', 'svc-report', 'svc-build', 'svc-print'].map(name => ({
          type: 'service' as const,
          name,
          findings: 1,
        })),
        { type: 'address', name: '10.0.0.5', findings: 1 },
      ],
      tactics: [credentialAccess],
      comments: [{ time: minutesAgo(3), author: 'wang', text: '正在核实' }],
      history: [{ time: minutesAgo(7), author: 'redoubt', what: 'created' }],
      merged_from: [],
    },
  };
}

/** The incidents that there are from the start, the one with the last event first. */
export function recordedIncidents(): Incident[] {
  const roasting = kerberoasting();
  const title = { en: 'Scheduled job changed — root on web-01', zh: '计划任务被修改（root，主机 web-01）' };
  const old: Incident = {
    ...kerberoasting(),
    severity_id: 3,
    status_id: 4,
    comment: 'planned change',
    start_time: minutesAgo(2870),
    end_time: minutesAgo(2870),
    count: 1,
    metadata: { version: '1.6.0', product, uid: 'i-0191a000' },
    redoubt: {
      ...roasting.redoubt,
      title,
      story: [
        step(
          2870,
          'root on web-01 changed /etc/cron.d/shop-backup: Scheduled job changed',
          'root 在 web-01 上修改了 /etc/cron.d/shop-backup：计划任务被修改',
          { severity_id: 3, findings: ['f-01919fe1'] },
        ),
      ],
      score: { value: 30, parts: [] },
      affected: [{ type: 'account', name: 'root', privileged: true, findings: 1 }],
      tactics: [{ uid: 'TA0003', name: 'Persistence' }],
      comments: [],
    },
  };
  return [roasting, old];
}
