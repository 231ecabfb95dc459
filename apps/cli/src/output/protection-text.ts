/** Protections and their steps for a person. */
import type { ProtectionItem, StepPreview } from '@redoubt/agent/protections';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { table } from './table.ts';
import { dateTime, span } from './values.ts';

/** Groups of a preview that are shown. */
const shownGroups = 20;

function rungText(rung: string, output: Output): string {
  if (rung === 'enforce') return output.style('green', rung);
  return rung === 'audit' ? output.style('yellow', rung) : rung;
}

/** Health in a word or two. */
function healthText({ unmet, health }: ProtectionItem, output: Output): string {
  if (unmet !== undefined) return output.style('red', safe(output.say(unmet)));
  if (health === undefined) return '-';
  if (health.healthy) return output.say({ en: 'healthy', zh: '正常' });
  return output.style('red', health.reasons.map(reason => safe(output.say(reason))).join('; '));
}

function waitText({ trial }: ProtectionItem, output: Output, now: number): string {
  if (trial === undefined) return '';
  const left = span(trial.deadline - now, output.language);
  return output.say({ en: `confirm within ${left}`, zh: `请在 ${left} 内确认` });
}

/** All protections as a table. @param now milliseconds since the Unix epoch */
export function protectionTable(items: readonly ProtectionItem[], output: Output, now: number): string[] {
  if (items.length === 0) return [output.say({ en: 'No protections here.', zh: '没有任何防护。' })];
  const headings = output.say({
    en: 'PROTECTION|RUNG|SINCE|BY|WAITS|HEALTH',
    zh: '防护|阶段|自|由|待办|状态',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 5 ? { heading, elastic: true as const } : { heading }));
  const rows = items.map(item => [
    safe(item.name),
    rungText(item.policy.rung, output),
    dateTime(item.since),
    safe(item.by),
    waitText(item, output, now),
    healthText(item, output),
  ]);
  return table(columns, rows, output.columns);
}

/** One protection in full. */
export function protectionLines(item: ProtectionItem, output: Output, now: number): string[] {
  const { previous, trial, fell, policy } = item;
  const lines = [
    `${output.style('bold', safe(item.name))}  ${safe(output.say(item.title))}`,
    ...safeLines(output.say(item.description)),
    '',
    output.say({
      en: `Rung      ${policy.rung} since ${dateTime(item.since)}, by ${safe(item.by)}`,
      zh: `阶段      ${policy.rung}，自 ${dateTime(item.since)}，由 ${safe(item.by)}`,
    }),
    `${output.say({ en: 'Health    ', zh: '状态      ' })}${healthText(item, output)}`,
  ];
  if (trial !== undefined)
    lines.push(
      output.style(
        'yellow',
        output.say({
          en: `Waits     to be confirmed until ${dateTime(trial.deadline)} (${span(trial.deadline - now, output.language)}), else back to ${trial.back.rung}: redoubt protect confirm ${safe(item.name)}`,
          zh: `待确认    须在 ${dateTime(trial.deadline)} 前（还有 ${span(trial.deadline - now, output.language)}）确认，否则退回 ${trial.back.rung}：redoubt protect confirm ${safe(item.name)}`,
        }),
      ),
    );
  if (fell !== undefined) lines.push(`${dateTime(fell.time)}  ${safe(output.say(fell))}`);
  if (previous !== undefined)
    lines.push(
      output.say({ en: `Undo      goes back to ${previous.rung}`, zh: `撤销      将回到 ${previous.rung}` }),
    );
  lines.push(`${output.say({ en: 'Settings  ', zh: '设置      ' })}${safe(JSON.stringify(policy.settings))}`);
  return lines;
}

/** What a step would do, and what it would have blocked. */
export function previewLines({ policy, changes, impact }: StepPreview, output: Output): string[] {
  const signs = { add: '+', change: '~', remove: '-', keep: '=' };
  const lines = [
    output.say({ en: `To ${policy.rung} would:`, zh: `进入 ${policy.rung} 将会：` }),
    ...changes.map(({ kind, text }) => `  ${signs[kind]} ${safe(output.say(text))}`),
  ];
  if (changes.length === 0) lines.push(output.say({ en: '  change nothing', zh: '  不改变任何内容' }));
  if (impact === undefined) return lines;
  lines.push(
    output.say({
      en: `From ${dateTime(impact.from)} to ${dateTime(impact.to)}: ${impact.blocked} of ${impact.examined} events would have been blocked`,
      zh: `${dateTime(impact.from)} 至 ${dateTime(impact.to)}：${impact.examined} 条事件中有 ${impact.blocked} 条本应被阻断`,
    }),
  );
  for (const group of impact.groups.slice(0, shownGroups)) {
    lines.push(`  ${String(group.count).padStart(7)}  ${safe(output.say(group.subject))}`);
    if (group.proposal !== undefined) lines.push(`           → ${safe(output.say(group.proposal))}`);
  }
  const more = Math.max(impact.groups.length - shownGroups, 0) + impact.more_groups;
  if (more > 0) lines.push(output.say({ en: `  … and ${more} more groups`, zh: `  …… 另有 ${more} 组` }));
  if (impact.unreadable > 0)
    lines.push(
      output.say({
        en: `  ${impact.unreadable} events are damaged and could not be judged`,
        zh: `  ${impact.unreadable} 条事件已损坏，无法判断`,
      }),
    );
  lines.push(...impact.limits.map(limit => `  (${safe(output.say(limit))})`));
  return lines;
}

function safeLines(text: string): string[] {
  return text.split('\n').map(safe);
}
