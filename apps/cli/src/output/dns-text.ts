/** DNS for a terminal. */
import type { DnsAnswer, DnsReputation, DnsSeenItem } from '@redoubt/agent/dns';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { table } from './table.ts';
import { bytes, dateTime } from './values.ts';

/** Names with their answers. */
export function seenTable(items: readonly DnsSeenItem[], output: Output): string[] {
  const headings =
    output.language === 'zh'
      ? ['名称', '类型', '应答', '首次', '最近', '次数', '程序']
      : ['NAME', 'TYPE', 'ANSWER', 'FIRST', 'LAST', 'COUNT', 'PROGRAMS'];
  return table(
    headings.map(heading => ({ heading })),
    items.map(({ name, type, data, first_time, last_time, count, programs }) => [
      safe(name),
      safe(type),
      safe(data.slice(0, 80)),
      dateTime(first_time),
      dateTime(last_time),
      String(count),
      safe(programs.join(' ')),
    ]),
  );
}

/** A score with its reasons. */
export function reputationLines(
  { name, registered, score, reasons }: DnsReputation,
  output: Output,
): string[] {
  const head = output.say({
    en: `${safe(name)} (registered: ${safe(registered)}): ${score} of 100`,
    zh: `${safe(name)}（注册域名：${safe(registered)}）：${score}/100`,
  });
  return [
    output.style('bold', head),
    ...reasons.map(
      ({ points, text, value }) =>
        `  ${`${points > 0 ? '+' : ''}${points}`.padStart(4)}  ${output.say(text)} (${safe(value)})`,
    ),
  ];
}

/** What the agent knows and does. */
export function dnsStateLines(answer: DnsAnswer, output: Output): string[] {
  const { rows, questions, answers, dropped, forgotten, unfollowed, unjudged, firewall } = answer;
  const lines = [
    output.say({
      en: `${rows} names with answers on record; since the start ${questions} questions and ${answers} answers, ${dropped} not kept, ${forgotten} made way`,
      zh: `记录中有 ${rows} 条名称应答；启动以来 ${questions} 次查询、${answers} 次应答，未保留 ${dropped} 次，淘汰 ${forgotten} 条`,
    }),
  ];
  if (unfollowed + unjudged > 0)
    lines.push(
      output.say({
        en: `not followed for tunnels: ${unfollowed} domains; not judged by lists: ${unjudged} names`,
        zh: `未跟踪隧道的域名 ${unfollowed} 个；未按名单判断的名称 ${unjudged} 个`,
      }),
    );
  if (firewall === undefined) {
    lines.push(
      output.say({
        en: 'The firewall is at observe: redoubt protect show dns',
        zh: '防火墙处于观察阶段：redoubt protect show dns',
      }),
    );
    return lines;
  }
  const { names, rss, port, counters = {}, lists } = firewall;
  const where =
    port === undefined
      ? output.say({ en: 'judging only', zh: '仅判断' })
      : output.say({ en: `port ${port}`, zh: `端口 ${port}` });
  lines.push(
    output.say({
      en: `Firewall (${where}): ${names} names block, ${bytes(rss)} of memory`,
      zh: `防火墙（${where}）：阻断 ${names} 个名称，内存 ${bytes(rss)}`,
    }),
  );
  for (const { name, names: number, skipped, error } of lists)
    lines.push(
      `  ${safe(name)}: ${error === undefined ? output.say({ en: `${number} names, ${skipped} passed over`, zh: `${number} 个名称，略过 ${skipped} 项` }) : safe(error)}`,
    );
  const told = Object.entries(counters).filter(([, value]) => value > 0);
  if (told.length > 0) lines.push(`  ${told.map(([name, value]) => `${name} ${value}`).join(', ')}`);
  return lines;
}
