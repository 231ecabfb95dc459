/** What the DNS firewall says. */
import type { BlockedName } from '@redoubt/act/dns';
import { type Device, draftFinding, type Finding, type Process } from '@redoubt/model';

/** The finding that a name was blocked, or at audit would have been. @param count questions that it stands for */
export function blockedFinding(
  { name, list, entry, rung, action }: BlockedName,
  process: Process | undefined,
  count: number,
  device: Device,
): Finding {
  const isBlocked = rung === 'enforce';
  return draftFinding({
    analytic: { uid: `redoubt.dns.${isBlocked ? 'blocked' : 'would-block'}`, name: 'DNS firewall' },
    title: isBlocked
      ? { en: `Name blocked: ${name}`, zh: `已阻断域名：${name}` }
      : { en: `Name would be blocked: ${name}`, zh: `将被阻断的域名：${name}` },
    description: isBlocked
      ? {
          en: `A program asked for ${name}, which is on a list; it was not resolved.`,
          zh: `有程序查询名单中的 ${name}，未予解析。`,
        }
      : {
          en: `A program asked for ${name}, which is on a list; at enforce it would not be resolved.`,
          zh: `有程序查询名单中的 ${name}；在强制阶段将不予解析。`,
        },
    severity: 3,
    reasons: [
      {
        field: 'query.hostname',
        value: name,
        text: { en: `${entry} is on the list ${list}`, zh: `名单 ${list} 中有 ${entry}` },
      },
      { field: 'action', value: action, text: { en: 'what the list says of it', zh: '名单规定的处理' } },
    ],
    evidences: [{ ...(process !== undefined && { process }), event: { name, list, entry, action, rung } }],
    tags: ['attack.command-and-control', 'attack.t1071.004'],
    mlps: ['8.1.3.3', '8.1.4.4'],
    dedupKey: `dns.${isBlocked ? 'blocked' : 'would-block'}:${name}`,
    advice: {
      en: 'Look at the process that asks. If the name is wanted, add it to `allow` of the protection `dns`.',
      zh: '检查发起查询的进程。若确需访问，请将其加入 dns 防护的 `allow`。',
    },
    count,
    device,
  });
}
