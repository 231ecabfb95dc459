/** Bans as text. */
import { isAbsolute } from 'node:path';
import { writeDuration } from '@redoubt/act/bans';
import type { BanChange, BanItem, BansAnswer } from '@redoubt/agent/bans';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import type { TestReport } from './offline.ts';

/** A remark that nothing is blocked, where that is so. */
function rungLines({ rung }: { readonly rung: BansAnswer['rung'] }, output: Output): string[] {
  if (rung === 'enforce') return [];
  return [
    output.say({
      en: `The protection bans stands at ${rung}: nothing is blocked. To block: redoubt protect set bans enforce`,
      zh: `保护项 bans 处于 ${rung}：尚未阻断。要阻断：redoubt protect set bans enforce`,
    }),
  ];
}

/** The list of bans. */
export function listLines(answer: BansAnswer, output: Output, now = Date.now()): string[] {
  const { items, total, counts, packets, problems } = answer;
  const headings = output
    .say({ en: 'ADDRESS|LEFT|TIMES|BY|REASON', zh: '地址|剩余|次数|来源|原因' })
    .split('|');
  const rows = items.map(({ subject, until, times, origin, reason }) => [
    subject,
    until === undefined ? output.say({ en: 'for ever', zh: '永久' }) : writeDuration(until - now),
    String(times),
    safe(origin),
    safe(reason),
  ]);
  const dropped = packets === undefined ? '' : `; ${packets.input + packets.forward} packets dropped`;
  const droppedZh = packets === undefined ? '' : `；已丢弃 ${packets.input + packets.forward} 个数据包`;
  return [
    ...(rows.length === 0
      ? [output.say({ en: 'Nobody is banned.', zh: '当前没有封禁。' })]
      : table(
          headings.map((heading, at) => (at === 4 ? { heading, elastic: true as const } : { heading })),
          rows,
          output.columns,
        )),
    ...(total > items.length
      ? [output.say({ en: `… and ${total - items.length} more`, zh: `……另有 ${total - items.length} 条` })]
      : []),
    output.say({
      en: `${counts.offences} offences counted, ${counts.banned} bans made, ${counts.spared} spared, ${counts.unconfirmed} not seen by the kernel${dropped}`,
      zh: `计数违规 ${counts.offences} 次，封禁 ${counts.banned} 次，豁免 ${counts.spared} 次，内核未见 ${counts.unconfirmed} 次${droppedZh}`,
    }),
    ...rungLines(answer, output),
    ...problems.map(problem => safe(output.say(problem))),
  ];
}

/** One ban. */
export function banLines(ban: BanItem, output: Output, now = Date.now()): string[] {
  const line = (en: string, zh: string, value: string): string => `${output.say({ en, zh })}: ${safe(value)}`;
  const { subject, since, until, times, origin, reason, ports, lines = [] } = ban;
  const left =
    until === undefined
      ? output.say({ en: 'for ever', zh: '永久' })
      : `${dateTime(until)} (${writeDuration(until - now)})`;
  return [
    line('address', '地址', subject),
    line('since', '开始', dateTime(since)),
    line('until', '截止', left),
    line('times', '次数', String(times)),
    line('by', '来源', origin),
    line('reason', '原因', reason),
    ...(ports === undefined ? [] : [line('TCP ports', 'TCP 端口', ports.join(', '))]),
    ...lines.map(text => line('line', '日志', text)),
  ];
}

/** What a change came to. */
export function changeLines(change: BanChange, output: Output): string[] {
  const { changed, refused, problems } = change;
  return [
    output.say({
      en: `${changed} done, ${refused} not taken`,
      zh: `完成 ${changed} 条，未采用 ${refused} 条`,
    }),
    ...problems.map(problem => safe(output.say(problem))),
    ...rungLines(change, output),
  ];
}

/** What a jail found in a file. */
export function testLines(report: TestReport, output: Output): string[] {
  const { file, format, records, offences, damaged, offenders } = report;
  const headings = output
    .say({ en: 'JAIL|ADDRESS|BANS|OFFENCES|LAST|LINE', zh: '规则|地址|封禁|违规|最近|日志' })
    .split('|');
  const rows = offenders.map(({ jail, subject, times, offences, last, lines }) => [
    jail,
    safe(subject),
    String(times),
    String(offences),
    dateTime(last),
    safe(lines.at(-1) ?? ''),
  ]);
  const name = safe(isAbsolute(file) ? file : `./${file}`.replace(/^\.\/\.\//, './'));
  return [
    ...(rows.length === 0
      ? []
      : table(
          headings.map((heading, at) => (at === 5 ? { heading, elastic: true as const } : { heading })),
          rows,
          output.columns,
        )),
    output.say({
      en: `${name} (${format}): ${records} records, ${offences} offences, ${offenders.length} offenders, ${damaged} damaged`,
      zh: `${name}（${format}）：${records} 条记录，${offences} 次违规，${offenders.length} 个违规者，${damaged} 处损坏`,
    }),
  ];
}
