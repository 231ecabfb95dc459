/** Threat intelligence for a person. */
import type { ImportState, IntelligenceAnswer, IntelligenceReport } from '@redoubt/agent/intelligence';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { table } from './table.ts';
import { bytes, dateTime, span } from './values.ts';

/** Refusals that are shown each with its place; the rest only by reason. */
const shownRefusals = 10;

function kindsText(kinds: Readonly<Record<string, number | undefined>>): string {
  return Object.entries(kinds)
    .map(([kind, number]) => `${number} ${kind}`)
    .join(', ');
}

/** Sources as a table, with what they found. */
export function sourceTable(answer: IntelligenceAnswer, output: Output): string[] {
  const { items, importing } = answer;
  const state =
    importing === undefined ? [] : [`${safe(importing.source)}: ${importStateText(importing, output)}`];
  if (items.length === 0)
    return [...state, output.say({ en: 'No sources of indicators.', zh: '没有情报源。' })];
  const headings = output.say({
    en: 'SOURCE|INDICATORS|STATE|IMPORTED|KINDS|FROM',
    zh: '情报源|指标数|状态|导入时间|类型|来自',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 5 ? { heading, elastic: true as const } : { heading }));
  const rows = items.map(({ name, indicators, held, local, imported_time, kinds, origin }) => [
    safe(name),
    String(indicators),
    output.say(held ? { en: 'held', zh: '已暂停' } : { en: 'matching', zh: '匹配中' }) +
      (local ? output.say({ en: ', local', zh: '，本地' }) : ''),
    dateTime(imported_time),
    kindsText(kinds),
    safe(origin),
  ]);
  return [
    ...state,
    ...table(columns, rows, output.columns),
    output.say({
      en: `${answer.indicators} indicators in ${bytes(answer.bytes)}; since the start ${answer.looked_at} events looked up, ${answer.sightings} sightings`,
      zh: `共 ${answer.indicators} 条指标，占用 ${bytes(answer.bytes)}；启动以来查询事件 ${answer.looked_at} 条，命中 ${answer.sightings} 次`,
    }),
  ];
}

/** How far an import is. */
export function importStateText({ step, done, total, indicators }: ImportState, output: Output): string {
  if (step === 'writing') return output.say({ en: 'writing', zh: '正在写入' });
  if (step === 'hunting')
    return output.say({ en: `looking through history: ${done} events`, zh: `正在回溯历史：${done} 条事件` });
  const share =
    total === undefined || total === 0
      ? String(done)
      : `${Math.floor((100 * Math.min(done, total)) / total)}%`;
  return output.say({
    en: `reading: ${share}, ${indicators} indicators`,
    zh: `正在读取：${share}，${indicators} 条指标`,
  });
}

/** What became of an import. */
export function importLines(report: IntelligenceReport, output: Output): string[] {
  const { indicators, fresh, refused, duplicates, expired, withdrawn, breadth, hunt } = report;
  const source = safe(report.source);
  const kinds = kindsText(report.kinds);
  const time = span(report.milliseconds, output.language);
  const lines = [
    output.say({
      en: `${source}: ${indicators} indicators (${kinds || 'none'}), ${fresh} of them new, in ${time}`,
      zh: `${source}：共 ${indicators} 条指标（${kinds || '无'}），其中新增 ${fresh} 条，用时 ${time}`,
    }),
    output.say({
      en: `${refused} refused, ${duplicates} named again, ${expired} expired, ${withdrawn} withdrawn`,
      zh: `拒绝 ${refused} 条，重复 ${duplicates} 条，已过期 ${expired} 条，撤回 ${withdrawn} 条`,
    }),
    ...Object.entries(report.reasons).map(([reason, number]) => `  ${number} × ${safe(reason)}`),
    ...report.refusals
      .slice(0, shownRefusals)
      .map(({ place, reason, text }) => `  ${safe(place)}: ${safe(reason)}: ${safe(text)}`),
  ];
  if (breadth?.isTooBroad === true) {
    const most = breadth.most.map(({ value, events }) => `${safe(value)} (${events})`).join(', ');
    const text = output.say({
      en: `Too broad? It matches ${breadth.matched} of ${breadth.events} recent events: ${most}. To let it rest: redoubt intel hold ${source}`,
      zh: `范围可能过宽：命中近期 ${breadth.events} 条事件中的 ${breadth.matched} 条：${most}。如需暂停：redoubt intel hold ${source}`,
    });
    lines.push(output.style('yellow', text));
  }
  if (hunt !== undefined) {
    lines.push(
      output.say({
        en: `History: ${hunt.matched} of ${hunt.events} events match; ${hunt.findings} new findings`,
        zh: `历史回溯：${hunt.events} 条事件中命中 ${hunt.matched} 条；新增告警 ${hunt.findings} 条`,
      }),
      ...hunt.most.map(({ value, events }) => `  ${safe(value)}  ${events}`),
    );
    if (hunt.unreadable > 0)
      lines.push(
        output.say({
          en: `${hunt.unreadable} events are damaged and could not be read`,
          zh: `${hunt.unreadable} 条事件已损坏，无法读取`,
        }),
      );
  }
  return lines;
}
