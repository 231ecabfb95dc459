/** What bans say in findings. */
import type { Jail, Outcome } from '@redoubt/act/bans';
import { writeDuration } from '@redoubt/act/bans';
import { type Bilingual, draftFinding, type Finding, type Reason } from '@redoubt/model';

/** Findings of their own in an hour; the others are counted in one. */
const mostInHour = 60;
const hour = 3_600_000;

interface Words {
  readonly title: (name: string, jail: Bilingual) => Bilingual;
  readonly severity: number;
  readonly advice: Bilingual;
}

const words: Readonly<Record<Outcome['kind'], Words>> = {
  banned: {
    title: (name, jail) => ({
      en: `${name} is banned: ${jail.en}`,
      zh: `已封禁 ${name}：${jail.zh}`,
    }),
    severity: 2,
    advice: {
      en: 'If this was somebody of yours: `redoubt bans remove ADDRESS`, and name the network in the setting `allow` of the protection `bans`.',
      zh: '若为自己人：执行 `redoubt bans remove 地址`，并把其网段写入保护项 bans 的 `allow` 设置。',
    },
  },
  'would-ban': {
    title: (name, jail) => ({
      en: `${name} would be banned: ${jail.en}`,
      zh: `将会封禁 ${name}：${jail.zh}`,
    }),
    severity: 3,
    advice: {
      en: 'Nothing is blocked yet. To ban such addresses: `redoubt protect set bans enforce`.',
      zh: '目前尚未阻断。要封禁此类地址：`redoubt protect set bans enforce`。',
    },
  },
  spared: {
    title: (name, jail) => ({
      en: `${name} offends too often and is not banned: ${jail.en}`,
      zh: `${name} 违规过多但未封禁：${jail.zh}`,
    }),
    severity: 3,
    advice: {
      en: 'Look at who is behind the address: it is allowed, or somebody is signed in from it.',
      zh: '请查明该地址的使用者：它在允许列表中，或当前有人从该地址登录。',
    },
  },
  unconfirmed: {
    title: (name, jail) => ({
      en: `${name} stands in the log but never connected here: ${jail.en}`,
      zh: `日志中出现 ${name}，但内核未见其连接：${jail.zh}`,
    }),
    severity: 3,
    advice: {
      en: 'Either the lines are forged, to have that address banned, or the service stands behind a proxy: ban at the proxy. Where logs come from other hosts, set `evidence: false` in the jail.',
      zh: '可能是伪造日志以诱使封禁该地址，也可能服务位于代理之后（应在代理处封禁）。若日志来自其他主机，请在该规则中设置 `evidence: false`。',
    },
  },
  reported: {
    title: (name, jail) => ({ en: `${name}: ${jail.en}`, zh: `${name}：${jail.zh}` }),
    severity: 3,
    advice: {
      en: 'An account on a terminal has no address to ban. Ask its owner; lock it if it was not them.',
      zh: '终端上的账户没有可封禁的地址。请询问账户所有者；若非本人操作应锁定该账户。',
    },
  },
};

/** Makes the findings, not more than a person can read. */
export class BanFindings {
  #hour = 0;
  #made = 0;
  #more = 0;

  /** The findings of an outcome: one, none when there are too many, two when an hour with too many is over. */
  of(outcome: Outcome, now = Date.now()): Finding[] {
    const found: Finding[] = [];
    const current = Math.floor(now / hour);
    if (current !== this.#hour) {
      if (this.#more > 0) found.push(summary(this.#more, this.#hour * hour));
      this.#hour = current;
      this.#made = 0;
      this.#more = 0;
    }
    this.#made++;
    if (this.#made <= mostInHour) found.push(findingOf(outcome));
    else this.#more++;
    return found;
  }
}

function findingOf(outcome: Outcome): Finding {
  const { kind, offender } = outcome;
  const { jail, subject, address, count, first, last, lines, users } = offender;
  const { title, severity, advice } = words[kind];
  const name = subject.replace(/^user:/, '');
  const within = writeDuration(jail.findTime);
  const reasons: Reason[] = [
    {
      field: 'bans.offences',
      value: String(count),
      text: { en: `${count} offences within ${within}`, zh: `${within} 内违规 ${count} 次` },
    },
    ...lines.map(line => ({
      field: 'message',
      value: line,
      text: { en: 'one of these lines', zh: '其中一行日志' },
    })),
  ];
  if (users.length > 0)
    reasons.push({
      field: 'user.name',
      value: users.join(', '),
      text: { en: 'accounts that were tried', zh: '被尝试的账户' },
    });
  if (outcome.kind === 'spared') reasons.push({ field: 'bans.allow', value: subject, text: outcome.why });
  const until = 'ban' in outcome ? outcome.ban.until : undefined;
  if ('ban' in outcome && until !== undefined) {
    const { since, times } = outcome.ban;
    const length = writeDuration(until - since);
    reasons.push({
      field: 'bans.times',
      value: String(times),
      text: { en: `time number ${times}, for ${length}`, zh: `第 ${times} 次，时长 ${length}` },
    });
  }
  return draftFinding({
    analytic: { uid: `redoubt.bans.${jail.name}`, name: `Jail ${jail.name}` },
    title: title(name, jail.title),
    description: {
      en: `Jail ${jail.name}: ${jail.maxRetries} offences within ${within} are too many.`,
      zh: `规则 ${jail.name}：${within} 内违规 ${jail.maxRetries} 次即为过多。`,
    },
    severity,
    reasons,
    evidences: [address === undefined ? {} : { src_endpoint: { ip: address } }],
    dedupKey: `bans.${kind}:${jail.name}:${subject}`,
    ...classOf(jail),
    advice,
    firstSeen: first,
    lastSeen: last,
    count,
  });
}

/** Guessing passwords, or looking for holes. */
function classOf({ events }: Jail): { tags: string[]; mlps: string[] } {
  return events.some(({ paths }) => paths !== undefined)
    ? { tags: ['attack.reconnaissance', 'attack.t1595.002'], mlps: ['8.1.3.3'] }
    : { tags: ['attack.credential_access', 'attack.t1110.001'], mlps: ['8.1.4.1'] };
}

function summary(more: number, from: number): Finding {
  return draftFinding({
    analytic: { uid: 'redoubt.bans.many', name: 'Jails' },
    title: { en: `${more} more offenders in an hour`, zh: `一小时内另有 ${more} 个违规者` },
    description: {
      en: 'More addresses offended than findings are made of; all are treated as the protection stands.',
      zh: '违规地址过多，未逐一告警；均已按保护的当前阶段处理。',
    },
    severity: 3,
    reasons: [
      {
        field: 'bans.more',
        value: String(more),
        text: { en: 'offenders without a finding of their own', zh: '未单独告警的违规者' },
      },
    ],
    evidences: [],
    dedupKey: `bans.many:${from}`,
    tags: ['attack.credential_access', 'attack.t1110.001'],
    mlps: ['8.1.4.1'],
    firstSeen: from,
    lastSeen: from + hour,
    count: more,
  });
}
