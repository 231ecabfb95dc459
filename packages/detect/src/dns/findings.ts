/** What the detectors of DNS say, as findings. */
import {
  analyticType,
  type Device,
  draftFinding,
  type Evidence,
  type Finding,
  type Process,
  type Reason,
} from '@redoubt/model';
import type { BypassSuspicion } from './bypass.ts';
import type { FluxSuspicion } from './flux.ts';
import type { GeneratedSuspicion } from './generated.ts';
import type { TunnelSuspicion } from './tunnel.ts';

/** Whom and where a finding is about. */
export interface FindingPlace {
  readonly device?: Device;
  readonly process?: Process;
  readonly now: number;
}

/** Clause on detecting and limiting attacks from within (boundary protection, intrusion prevention). */
const mlps = ['8.1.3.3', '8.1.4.4'];

const reason = (field: string, value: string | number, en: string, zh: string): Reason => ({
  field,
  value: String(value),
  text: { en, zh },
});

function evidencesOf({ process }: FindingPlace, event: unknown): Evidence[] {
  return [{ ...(process !== undefined && { process }), event }];
}

export function tunnelFinding(found: TunnelSuspicion, place: FindingPlace): Finding {
  const { domain, queries, names, meanLength, entropy, carrierShare, carried } = found;
  return draftFinding(
    {
      analytic: { uid: 'redoubt.dns.tunnel', name: 'DNS tunnel', type_id: analyticType.statistical },
      title: {
        en: `Data seems to leave in DNS names below ${domain}`,
        zh: `疑似通过 ${domain} 下的 DNS 名称外传数据`,
      },
      description: {
        en: `Within the last hour, ${queries} questions below ${domain} were almost all for names that nobody had asked for before.`,
        zh: `最近一小时内，对 ${domain} 之下的 ${queries} 次查询几乎都是从未出现过的名称。`,
      },
      severity: 4,
      reasons: [
        reason(
          'query.hostname',
          names,
          `about ${names} different names in ${queries} questions`,
          `${queries} 次查询中约有 ${names} 个不同名称`,
        ),
        reason(
          'length',
          meanLength.toFixed(1),
          `mean length before the domain, characters; ${carried} in all`,
          `域名前部分的平均长度（字符）；共 ${carried} 个字符`,
        ),
        reason(
          'entropy',
          entropy.toFixed(2),
          'bits a character: words have about 3, encoded data 3.5 to 5',
          '每字符比特数：单词约 3，编码数据为 3.5 到 5',
        ),
        reason(
          'query.type',
          `${Math.round(carrierShare * 100)} %`,
          'of the questions are of types that carry much (TXT, NULL)',
          '查询类型为可携带大量数据的类型（TXT、NULL）的比例',
        ),
      ],
      evidences: evidencesOf(place, found),
      dedupKey: `dns.tunnel:${domain}`,
      tags: [
        'attack.command-and-control',
        'attack.t1071.004',
        'attack.t1572',
        'attack.exfiltration',
        'attack.t1048',
      ],
      mlps,
      advice: {
        en: `Find out what ${domain} is. If nobody knows it, block it (a list of the DNS firewall) and look at the process.`,
        zh: `查明 ${domain} 的用途。若无人知晓，请将其加入 DNS 防火墙名单阻断，并检查相关进程。`,
      },
      falsePositives: {
        en: 'Look-ups of file digests and addresses by anti-virus and mail filters; content networks with one name a visitor.',
        zh: '杀毒软件和邮件过滤器对文件摘要与地址的查询；为每位访客生成一个名称的内容分发网络。',
      },
      firstSeen: found.firstTime,
      count: queries,
      ...(place.device !== undefined && { device: place.device }),
    },
    place.now,
  );
}

export function generatedFinding(found: GeneratedSuspicion, place: FindingPlace): Finding {
  const { domains, missing, asker } = found;
  const sample = domains.slice(0, 5).join(', ');
  return draftFinding(
    {
      analytic: {
        uid: 'redoubt.dns.generated',
        name: 'Generated domain names',
        type_id: analyticType.learning,
      },
      title: {
        en: 'A program asks for made-up domains, one after the other',
        zh: '有程序连续查询由算法生成的域名',
      },
      description: {
        en: `${domains.length} domains that look made by a program and do not exist were asked for within 15 minutes, such as ${sample}.`,
        zh: `15 分钟内查询了 ${domains.length} 个像由程序生成且不存在的域名，例如 ${sample}。`,
      },
      severity: 4,
      reasons: [
        reason(
          'query.hostname',
          sample,
          'letters follow each other as in fewer than 1 in 200 names that people register',
          '字母组合方式在人们注册的名称中不到 1/200',
        ),
        reason(
          'rcode',
          'NXDOMAIN',
          `${missing} different domains that do not exist`,
          `共 ${missing} 个不存在的不同域名`,
        ),
      ],
      evidences: evidencesOf(place, found),
      dedupKey: `dns.generated:${asker}`,
      tags: ['attack.command-and-control', 'attack.t1568.002', 'attack.t1071.004'],
      mlps,
      advice: {
        en: 'Look at the process that asks, what started it, and the one of these names that does exist.',
        zh: '检查发起查询的进程及其启动来源，以及这些名称中实际存在的那一个。',
      },
      firstSeen: found.firstTime,
      count: domains.length,
      ...(place.device !== undefined && { device: place.device }),
    },
    place.now,
  );
}

export function fluxFinding(found: FluxSuspicion, place: FindingPlace): Finding {
  const { name, addresses, networks, largestTtl, samples } = found;
  return draftFinding(
    {
      analytic: { uid: 'redoubt.dns.flux', name: 'Fast flux', type_id: analyticType.statistical },
      title: { en: `${name} moves over many networks`, zh: `${name} 在大量网络间快速切换` },
      description: {
        en: 'Its addresses change within minutes and lie in networks that have little in common.',
        zh: '其地址在数分钟内变化，且分布在互不相关的网络中。',
      },
      severity: 3,
      reasons: [
        reason(
          'answers.rdata',
          addresses,
          `different addresses within a day, such as ${samples.slice(0, 4).join(', ')}`,
          `一天内的不同地址数，例如 ${samples.slice(0, 4).join('、')}`,
        ),
        reason('networks', networks, 'different networks (16 bits)', '不同的网络数（16 位前缀）'),
        reason(
          'answers.ttl',
          largestTtl,
          'seconds that an answer may be kept, at most',
          '应答最长可缓存的秒数',
        ),
      ],
      evidences: evidencesOf(place, found),
      dedupKey: `dns.flux:${name}`,
      tags: ['attack.command-and-control', 'attack.t1568', 'attack.t1071.004'],
      mlps,
      advice: {
        en: 'Check who runs this name; large content networks can be put on the list of popular domains.',
        zh: '核实该名称的运营者；大型内容分发网络可加入热门域名列表。',
      },
      firstSeen: found.firstTime,
      count: addresses,
      ...(place.device !== undefined && { device: place.device }),
    },
    place.now,
  );
}

const ways = {
  plain: {
    en: 'plain DNS to a server that this host is not told to use',
    zh: '向未配置的服务器发送明文 DNS',
  },
  tls: { en: 'DNS over TLS (port 853)', zh: 'DNS over TLS（端口 853）' },
  https: {
    en: 'a connection to a public resolver that answers DNS over HTTPS',
    zh: '连接到提供 DNS over HTTPS 的公共解析器',
  },
} as const;

export function bypassFinding(found: BypassSuspicion, place: FindingPlace): Finding {
  const { how, address, port, program, known } = found;
  const way = ways[how];
  return draftFinding(
    {
      analytic: { uid: `redoubt.dns.bypass-${how}`, name: 'Resolver bypass', type_id: analyticType.rule },
      title: {
        en: `${program || 'A program'} goes round the resolver`,
        zh: `${program || '有程序'} 绕过了本机解析器`,
      },
      description: {
        en: `It uses ${way.en}, where neither the DNS firewall nor the record of names sees what it asks.`,
        zh: `${way.zh}；DNS 防火墙和名称记录无法看到其查询内容。`,
      },
      severity: how === 'plain' ? 2 : 3,
      reasons: [
        reason(
          'dst_endpoint.ip',
          address,
          known === undefined ? 'not among the configured resolvers' : `known as ${known}`,
          known === undefined ? '不在已配置的解析器中' : `已知为 ${known}`,
        ),
        reason('dst_endpoint.port', port, way.en, way.zh),
      ],
      evidences: [{ ...evidencesOf(place, found)[0], dst_endpoint: { ip: address, port } }],
      dedupKey: `dns.bypass:${how}:${program}:${address}`,
      tags: ['attack.command-and-control', 'attack.t1071.004', 'attack.t1572'],
      mlps,
      advice: {
        en: 'If this is wanted, add the address to `resolvers` of the DNS settings; else stop the program or block the address.',
        zh: '若属预期，请将该地址加入 DNS 设置的 `resolvers`；否则停止该程序或阻断该地址。',
      },
      ...(place.device !== undefined && { device: place.device }),
    },
    place.now,
  );
}
