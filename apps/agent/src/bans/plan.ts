/** What a ban by hand would do, said before it is made. */
import { type Guard, parseNetwork } from '@redoubt/act/bans';
import type { Bilingual } from '@redoubt/model';
import type { BanPlan, BanRequest } from './contract.ts';

/** The plan of a ban. Changes nothing. */
export function planOf(guard: Guard, { subject: asked, seconds }: BanRequest): BanPlan {
  const subject = parseNetwork(asked)?.text ?? asked;
  const refused = guard.objection(asked);
  const known = guard.store.get(subject);
  const now = Date.now();
  const does: Bilingual[] = [
    {
      en: `${subject} is written down as banned ${seconds === undefined ? 'until somebody ends the ban' : `for ${lengthOf(seconds, units.en)}`}`,
      zh: `记录对 ${subject} 的封禁，${seconds === undefined ? '直至人工解除' : `时长 ${lengthOf(seconds, units.zh)}`}`,
    },
  ];
  const leaves: Bilingual[] = [];
  if (guard.rung === 'enforce') {
    does.push({
      en: 'the packet filter drops all that comes from there, open connections included',
      zh: '包过滤器丢弃来自该地址的全部数据包，包括已建立的连接',
    });
    leaves.push({
      en: 'what this host itself sends there still leaves; answers are dropped',
      zh: '本机主动发往该地址的数据包仍会发出，但应答会被丢弃',
    });
  } else
    leaves.push({
      en: `nothing is blocked: the protection "bans" stands at ${guard.rung}; the ban comes into force with the step to enforce`,
      zh: `尚不阻断：防护“封禁”处于${rungNames[guard.rung]}；切换到强制后该封禁才会生效`,
    });
  if (known !== undefined && (known.until ?? Number.POSITIVE_INFINITY) > now)
    does.push({
      en: `it is banned already (${known.reason}); its end is set anew`,
      zh: `该地址已被封禁（${known.reason}），将重新设定结束时间`,
    });
  const undo = {
    en: `end the ban here, or: redoubt bans remove ${subject}`,
    zh: `在此解除封禁，或：redoubt bans remove ${subject}`,
  };
  return { subject, plan: { does, leaves, undo }, ...(refused !== undefined && { refused }) };
}

const units = {
  en: [' days', ' hours', ' minutes', ' seconds'],
  zh: [' 天', ' 小时', ' 分钟', ' 秒'],
} as const;

/** In the largest unit that leaves no rest. */
function lengthOf(seconds: number, [days, hours, minutes, rest]: (typeof units)['en' | 'zh']): string {
  if (seconds % 86_400 === 0) return `${seconds / 86_400}${days}`;
  if (seconds % 3_600 === 0) return `${seconds / 3_600}${hours}`;
  return seconds % 60 === 0 ? `${seconds / 60}${minutes}` : `${seconds}${rest}`;
}

const rungNames = { observe: '观察', audit: '审计', enforce: '强制' } as const;
