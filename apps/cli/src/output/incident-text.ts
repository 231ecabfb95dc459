/** Incidents and suppressions for a person. */
import type { Incident, IncidentChange, Suppression } from '@redoubt/model';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { table } from './table.ts';
import { dateTime, severityName } from './values.ts';
import { pad, width } from './width.ts';

/** Names of an incident's status, by `status_id`; `id` is what a command takes. */
export const incidentStatuses = [
  { status: 1, id: 'new', en: 'new', zh: '新' },
  { status: 2, id: 'progress', en: 'in progress', zh: '处理中' },
  { status: 3, id: 'hold', en: 'on hold', zh: '已搁置' },
  { status: 4, id: 'resolved', en: 'resolved', zh: '已解决' },
  { status: 5, id: 'closed', en: 'closed', zh: '已关闭' },
] as const;

/** The name of an incident's status. */
export function incidentStatusName(status: number, output: Output): string {
  const known = incidentStatuses.find(one => one.status === status);
  return known === undefined ? String(status) : output.say(known);
}

function scoreText(value: number, output: Output): string {
  const text = String(value);
  if (value >= 75) return output.style(['bold', 'red'], text);
  if (value >= 50) return output.style('red', text);
  return value >= 25 ? output.style('yellow', text) : text;
}

/** Incidents as a table. */
export function incidentTable(incidents: readonly Incident[], output: Output): string[] {
  if (incidents.length === 0) return [output.say({ en: 'No incidents.', zh: '没有安全事件。' })];
  const headings = output.say({
    en: 'LAST EVENT|SCORE|SEVERITY|FINDINGS|STATUS|OWNER|UID|TITLE',
    zh: '最近事件|评分|级别|告警数|状态|负责人|编号|标题',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 7 ? { heading, elastic: true as const } : { heading }));
  const rows = incidents.map(incident => [
    dateTime(incident.end_time),
    scoreText(incident.redoubt.score.value, output),
    severityName(incident.severity_id, output),
    String(incident.count),
    incidentStatusName(incident.status_id, output),
    safe(incident.assignee?.name ?? ''),
    safe(incident.metadata.uid),
    safe(output.say(incident.redoubt.title)),
  ]);
  return table(columns, rows, output.columns);
}

function facts(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const shown = rows.filter(([, value]) => value !== '');
  const widest = Math.max(0, ...shown.map(([name]) => width(name)));
  return shown.map(([name, value]) => `  ${pad(name, widest)}  ${value}`);
}

function storyLines(incident: Incident, output: Output): string[] {
  const lines = incident.redoubt.story.map(step => {
    const tactic = step.tactic === undefined ? '' : `  [${safe(step.tactic.name)}]`;
    const times = step.count > 1 ? `  ×${step.count}` : '';
    const text = `${dateTime(step.time)}  ${safe(output.say(step.text))}${tactic}${times}`;
    const mark = step.findings.length === 0 ? '·' : '•';
    return `  ${mark} ${step.severity_id >= 4 ? output.style('red', text) : text}`;
  });
  const left = incident.redoubt.steps_left_out ?? 0;
  if (left > 0) lines.push(`  ${output.say({ en: `… and ${left} more steps`, zh: `……另有 ${left} 步` })}`);
  return lines;
}

const typeNames = {
  host: { en: 'host', zh: '主机' },
  container: { en: 'container', zh: '容器' },
  account: { en: 'account', zh: '账号' },
  service: { en: 'service', zh: '服务' },
  address: { en: 'address', zh: '地址' },
} as const;

function affectedLines({ redoubt }: Incident, output: Output): string[] {
  return facts(
    redoubt.affected.map(({ type, name, privileged, findings }) => {
      const note = privileged ? output.say({ en: ' (privileged)', zh: '（特权）' }) : '';
      const count = output.say({ en: `in ${findings} findings`, zh: `见于 ${findings} 项告警` });
      return [output.say(typeNames[type]), `${safe(name)}${note}  ${count}`] as const;
    }),
  );
}

function changeText(change: IncidentChange, output: Output): string {
  const name = (status: string | undefined) => incidentStatusName(Number(status), output);
  const reason = change.reason === undefined ? '' : `: ${safe(change.reason)}`;
  switch (change.what) {
    case 'created':
      return output.say({ en: 'made', zh: '创建' });
    case 'status':
      return `${name(change.from)} → ${name(change.to)}${reason}`;
    case 'owner':
      return `${safe(change.from ?? '—')} → ${safe(change.to ?? '—')}`;
    case 'merged':
      return output.say({
        en: `took in incident ${safe(change.from ?? '')}`,
        zh: `并入安全事件 ${safe(change.from ?? '')}`,
      });
    case 'suppressed':
      return output.say({ en: `suppressed${reason}`, zh: `已抑制${reason}` });
  }
}

/** Lines about an incident: the story, what it touched, why it matters, and what was done about it. */
export function incidentLines(incident: Incident, output: Output): string[] {
  const say = (en: string, zh: string) => output.say({ en, zh });
  const { redoubt } = incident;
  const heading = (en: string, zh: string) => ['', output.style('bold', say(en, zh))];
  const lines = [
    `${severityName(incident.severity_id, output)}  ${output.style('bold', safe(output.say(redoubt.title)))}`,
    '',
    ...facts([
      [say('id', '编号'), safe(incident.metadata.uid)],
      [say('score', '评分'), `${scoreText(redoubt.score.value, output)} / 100`],
      [say('status', '状态'), incidentStatusName(incident.status_id, output)],
      [say('reason', '说明'), safe(incident.comment ?? '')],
      [say('owner', '负责人'), safe(incident.assignee?.name ?? '')],
      [say('first event', '首个事件'), dateTime(incident.start_time)],
      [say('last event', '最近事件'), dateTime(incident.end_time)],
      [say('findings', '告警数'), String(incident.count)],
      ['ATT&CK', safe(redoubt.tactics.map(({ name }) => name).join(' → '))],
    ]),
    ...heading('Story', '经过'),
    ...storyLines(incident, output),
    ...heading('Affected', '受影响对象'),
    ...affectedLines(incident, output),
    ...heading('Score', '评分依据'),
    ...facts(
      redoubt.score.parts.map(part => [`${part.points}/${part.max}`, safe(output.say(part.text))] as const),
    ),
  ];
  if (redoubt.comments.length > 0) {
    lines.push(...heading('Comments', '备注'));
    for (const { time, author, text } of redoubt.comments)
      lines.push(`  ${dateTime(time)}  ${safe(author)}: ${safe(text)}`);
  }
  lines.push(...heading('History', '处理记录'));
  for (const change of redoubt.history)
    lines.push(`  ${dateTime(change.time)}  ${safe(change.author)}  ${changeText(change, output)}`);
  return lines;
}

/** Suppressions as a table. */
export function suppressionTable(list: readonly Suppression[], output: Output): string[] {
  if (list.length === 0) return [output.say({ en: 'Nothing is suppressed.', zh: '没有抑制规则。' })];
  const headings = output.say({
    en: 'ENDS|HITS|UID|WHAT|BY|REASON',
    zh: '到期|命中|编号|内容|创建人|原因',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 5 ? { heading, elastic: true as const } : { heading }));
  const rows = list.map(one => [
    dateTime(one.expires_time),
    String(one.hits),
    safe(one.uid),
    safe(
      [one.rule ?? '', ...one.conditions.map(({ field, value }) => `${field}=${value}`)]
        .filter(Boolean)
        .join(' '),
    ),
    safe(one.author),
    safe(one.reason),
  ]);
  return table(columns, rows, output.columns);
}
