/** What the lists would have blocked in a past period. */
import type { Impact, ImpactGroup } from '@redoubt/model';
import type { Period } from '../ladder/protection.ts';
import type { JudgedName } from './messages.ts';

interface Asked {
  count: number;
  first: number;
  last: number;
  sequence: number;
}

const namesJudged = 200_000;
const groupsTold = 500;
const batch = 2_000;

/** Goes through the recorded questions; each different name is judged once. */
export async function dnsImpact(
  judge: (names: readonly string[]) => Promise<readonly JudgedName[]>,
  { reader, from, to, signal, onProgress }: Period,
): Promise<Impact> {
  const asked = new Map<string, Asked>();
  let examined = 0;
  let beyond = 0;
  let unreadable = 0;
  const onDamage = ({ count }: { count: number }): void => {
    unreadable += count;
  };
  for await (const event of reader.events({ from, to, kinds: ['dns.query'], signal, onDamage })) {
    examined++;
    if (examined % 1000 === 0) onProgress(examined);
    const name = event.get('query.hostname');
    if (typeof name !== 'string') continue;
    const key = name.toLowerCase();
    const known = asked.get(key);
    const { time, sequence } = event;
    if (known !== undefined) {
      known.count++;
      known.last = time;
    } else if (asked.size < namesJudged) asked.set(key, { count: 1, first: time, last: time, sequence });
    else beyond++;
  }
  const names = [...asked.keys()];
  const blocked: JudgedName[] = [];
  for (let at = 0; at < names.length; at += batch)
    blocked.push(...(await judge(names.slice(at, at + batch))));
  const groups = blocked
    .map(one => groupOf(one, asked.get(one.name) as Asked))
    .sort((a, b) => b.count - a.count);
  return {
    from,
    to,
    examined,
    blocked: groups.reduce((sum, { count }) => sum + count, 0),
    groups: groups.slice(0, groupsTold),
    more_groups: Math.max(groups.length - groupsTold, 0),
    unreadable,
    limits: [
      {
        en: `names are judged by the lists as they are now; ${beyond} questions beyond ${namesJudged} different names were not judged`,
        zh: `按当前名单判断；超过 ${namesJudged} 个不同名称之后的 ${beyond} 次查询未作判断`,
      },
      {
        en: 'questions over TLS or HTTPS to others are not in the record',
        zh: '通过 TLS 或 HTTPS 向其他服务器的查询不在记录中',
      },
    ],
  };
}

function groupOf({ name, list, entry }: JudgedName, { count, first, last, sequence }: Asked): ImpactGroup {
  return {
    key: name,
    subject: { en: `${name} (${entry} on ${list})`, zh: `${name}（${list} 中的 ${entry}）` },
    count,
    first_time: first,
    last_time: last,
    sequence,
    proposal: { en: `allow ${name}`, zh: `允许 ${name}` },
    rule: name,
  };
}
