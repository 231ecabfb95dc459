/** Actions, their plans, playbooks and their runs for a person. */
import type { DryStep, ListedPlaybook, Run, RunStep } from '@redoubt/act/response/playbook';
import type { ActionKindItem } from '@redoubt/agent/response';
import type { Action, ActionPlan, Bilingual } from '@redoubt/model';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { table } from './table.ts';
import { dateTime, severityName, span } from './values.ts';

const statuses: Readonly<Record<string, Bilingual>> = {
  begun: { en: 'begun', zh: '开始' },
  done: { en: 'in force', zh: '生效' },
  failed: { en: 'failed', zh: '失败' },
  undoing: { en: 'being undone', zh: '撤销中' },
  undone: { en: 'undone', zh: '已撤销' },
  running: { en: 'running', zh: '运行中' },
  waiting: { en: 'waits for approval', zh: '待审批' },
  expired: { en: 'expired', zh: '已过期' },
  pending: { en: 'to come', zh: '待执行' },
};

function statusText(status: string, output: Output): string {
  const name = output.say(statuses[status] ?? { en: status, zh: status });
  if (status === 'failed' || status === 'undoing') return output.style('red', name);
  return status === 'waiting' ? output.style('yellow', name) : name;
}

function actionStatus({ status, can_undo }: Action, output: Output): string {
  if (status === 'done' && !can_undo) return output.say({ en: 'done', zh: '完成' });
  return statusText(status, output);
}

/** All actions as a table. @param now milliseconds since the Unix epoch */
export function actionTable(actions: readonly Action[], output: Output, now: number): string[] {
  if (actions.length === 0) return [output.say({ en: 'Nothing was done yet.', zh: '尚无处置操作。' })];
  const headings = output
    .say({ en: 'UID|STATUS|SINCE|LEFT|BY|WHAT', zh: '编号|状态|自|剩余|由|内容' })
    .split('|');
  const columns = headings.map((heading, at) =>
    at === 5 ? { heading, elastic: true as const } : { heading },
  );
  const rows = actions.map(action => [
    safe(action.uid),
    actionStatus(action, output),
    dateTime(action.created),
    action.status === 'done' && action.until !== undefined ? span(action.until - now, output.language) : '-',
    safe(action.by),
    safe(output.say(action.text)),
  ]);
  return table(columns, rows, output.columns);
}

/** An action that was just done. */
export function actionLines(action: Action, output: Output): string[] {
  const lines = [
    `${actionStatus(action, output)}: ${safe(output.say(action.text))}`,
    ...(action.error === undefined ? [] : [safe(output.say(action.error))]),
  ];
  if (action.until !== undefined)
    lines.push(
      output.say({
        en: `It is undone by itself at ${dateTime(action.until)}.`,
        zh: `将于 ${dateTime(action.until)} 自动撤销。`,
      }),
    );
  if (action.can_undo)
    lines.push(
      output.say({
        en: `Take it back with: redoubt respond undo ${safe(action.uid)}`,
        zh: `撤销命令：redoubt respond undo ${safe(action.uid)}`,
      }),
    );
  return lines;
}

/** What an action would do. */
export function planLines({ does, leaves, undo }: ActionPlan, output: Output): string[] {
  return [
    ...does.map(text => `  + ${safe(output.say(text))}`),
    ...leaves.map(text => `  = ${safe(output.say(text))}`),
    `  ${output.say({ en: 'undo: ', zh: '撤销：' })}${safe(output.say(undo))}`,
  ];
}

/** The kinds of actions with their targets. */
export function kindLines(kinds: readonly ActionKindItem[], output: Output): string[] {
  return kinds.flatMap(({ name, title, describe, can_undo }) => [
    `${output.style('bold', safe(name))}  ${safe(output.say(title))}${can_undo ? '' : output.say({ en: ' (cannot be undone)', zh: '（无法撤销）' })}`,
    `  ${safe(output.say(describe))}`,
  ]);
}

/** All playbooks as a table. */
export function playbookTable(playbooks: readonly ListedPlaybook[], output: Output): string[] {
  if (playbooks.length === 0) return [output.say({ en: 'No playbooks here.', zh: '没有剧本。' })];
  const headings = output.say({ en: 'PLAYBOOK|STARTS|STEPS|WHAT', zh: '剧本|启动方式|步骤|说明' }).split('|');
  const columns = headings.map((heading, at) =>
    at === 3 ? { heading, elastic: true as const } : { heading },
  );
  const rows = playbooks.map(({ name, automatic, steps, title }) => [
    safe(name),
    automatic ? output.say({ en: 'by itself', zh: '自动' }) : output.say({ en: 'by hand', zh: '人工' }),
    String(steps.length),
    safe(output.say(title)),
  ]);
  return table(columns, rows, output.columns);
}

/** One playbook in full. */
export function playbookLines(playbook: ListedPlaybook, output: Output): string[] {
  const { name, title, description, when, steps, file } = playbook;
  const say = (en: string, zh: string): string => output.say({ en, zh });
  return [
    `${output.style('bold', safe(name))}  ${safe(output.say(title))}`,
    safe(output.say(description)),
    '',
    `${say('for', '适用于')}  ${safe([...when.techniques, ...when.rules].join(', '))}  ${say('from', '严重度不低于')} ${severityName(when.severity, output)}`,
    `${say('file', '文件')}  ${safe(file)}`,
    '',
    ...steps.map((step, at) => `${at + 1}. ${stepText(step, output)}  ${safe(JSON.stringify(step.target))}`),
  ];
}

interface StepWords {
  readonly name: string;
  readonly action: string;
  readonly lasts?: number;
  readonly approval?: { readonly people: number; readonly within: number };
  readonly optional?: boolean;
}

function stepText({ name, action, lasts, approval, optional = false }: StepWords, output: Output): string {
  const say = (en: string, zh: string): string => output.say({ en, zh });
  const remarks = [
    ...(lasts === undefined ? [] : [say(`for ${span(lasts, 'en')}`, `持续 ${span(lasts, 'zh')}`)]),
    ...(approval === undefined
      ? []
      : [
          say(
            `${approval.people} must approve within ${span(approval.within, 'en')}`,
            `须 ${approval.people} 人在 ${span(approval.within, 'zh')} 内审批`,
          ),
        ]),
    ...(optional ? [say('may fail', '允许失败')] : []),
  ];
  return `${safe(name)}: ${safe(action)}${remarks.length > 0 ? ` (${remarks.join(', ')})` : ''}`;
}

/** What a run would do. */
export function dryLines(steps: readonly DryStep[], output: Output): string[] {
  return steps.flatMap((step, at) => [
    `${at + 1}. ${stepText(step, output)}  ${safe(JSON.stringify(step.target ?? {}))}`,
    ...(step.plan === undefined ? [] : planLines(step.plan, output)),
    ...(step.error === undefined ? [] : [`  ${output.style('red', safe(output.say(step.error)))}`]),
  ]);
}

/** All runs as a table. */
export function runTable(runs: readonly Run[], output: Output): string[] {
  if (runs.length === 0) return [output.say({ en: 'No playbook was run yet.', zh: '尚未运行过剧本。' })];
  const headings = output
    .say({ en: 'RUN|STATUS|PLAYBOOK|FINDING|SINCE|BY', zh: '运行|状态|剧本|告警|自|由' })
    .split('|');
  const rows = runs.map(run => [
    safe(run.uid),
    run.status === 'done' ? output.say({ en: 'done', zh: '完成' }) : statusText(run.status, output),
    safe(run.playbook),
    safe(run.finding),
    dateTime(run.created),
    safe(run.by),
  ]);
  return table(
    headings.map(heading => ({ heading })),
    rows,
    output.columns,
  );
}

/** One run in full. */
export function runLines(run: Run, output: Output): string[] {
  const lines = [
    `${safe(run.uid)}  ${safe(run.playbook)}: ${run.status === 'done' ? output.say({ en: 'done', zh: '完成' }) : statusText(run.status, output)}`,
    ...run.steps.map((step, at) => `${at + 1}. ${runStepText(step, output)}`),
  ];
  if (run.error !== undefined) lines.push(output.style('red', safe(output.say(run.error))));
  if (run.status === 'waiting')
    lines.push(
      output.style(
        'yellow',
        output.say({
          en: `Approve with: redoubt playbook approve ${safe(run.uid)}`,
          zh: `审批命令：redoubt playbook approve ${safe(run.uid)}`,
        }),
      ),
    );
  return lines;
}

function runStepText(step: RunStep, output: Output): string {
  const { status, approvals, approval, error, uid } = step;
  const state = status === 'done' ? output.say({ en: 'done', zh: '完成' }) : statusText(status, output);
  const agreed =
    approval === undefined
      ? ''
      : `  ${approvals.length}/${approval.people} ${safe(approvals.map(({ by }) => by).join(', '))}`;
  const why = error === undefined ? '' : `  ${safe(output.say(error))}`;
  return `${stepText(step, output)}: ${state}${uid === undefined ? '' : `  ${safe(uid)}`}${agreed}${why}`;
}
