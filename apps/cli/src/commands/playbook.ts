/** `redoubt playbook`: several acts in order, with people who agree, limits and a way back. */
import type { Run } from '@redoubt/act/response/playbook';
import type { PlaybookAnswer, PlaybookBody, PlaybooksAnswer } from '@redoubt/agent/response';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';
import { dryLines, playbookLines, playbookTable, runLines, runTable } from '../output/response-text.ts';
import { safe } from '../output/safe.ts';
import { operatorName } from '../protect/ask.ts';
import { setOptions } from '../response/ask.ts';

const path = '/api/response';

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `playbook list`, `playbook show NAME`, `playbook run NAME --finding UID`, `playbook runs`, `playbook approve|undo RUN`; see: redoubt help playbook',
    zh: '用法：`playbook list`、`playbook show 名称`、`playbook run 名称 --finding 编号`、`playbook runs`、`playbook approve|undo 运行编号`；请查看：redoubt help playbook',
  });
}

async function answerOf(invocation: Invocation): Promise<PlaybooksAnswer> {
  const answer = await requireAgent(invocation).get<PlaybooksAnswer>(`${path}/playbooks`);
  for (const { en, zh } of answer.troubles)
    invocation.output.remark({ en: `Left out: ${safe(en)}`, zh: `已忽略：${safe(zh)}` });
  return answer;
}

async function list(invocation: Invocation, what: 'playbooks' | 'runs'): Promise<number> {
  const { options, output } = invocation;
  const answer = await answerOf(invocation);
  if (flag(options, 'json')) output.json({ [what]: answer[what] });
  else if (what === 'runs') output.print(...runTable(answer.runs, output));
  else output.print(...playbookTable(answer.playbooks, output));
  return ExitCode.ok;
}

async function show(invocation: Invocation, name: string): Promise<number> {
  const { options, output } = invocation;
  const { playbooks, runs } = await answerOf(invocation);
  const playbook = playbooks.find(one => one.name === name);
  const run = runs.find(one => one.uid === name);
  const found = playbook ?? run;
  if (found === undefined)
    throw new CommandError(ExitCode.usage, {
      en: `There is no playbook and no run named "${name}"`,
      zh: `没有名为“${name}”的剧本或运行`,
    });
  if (flag(options, 'json')) output.json(found);
  else
    output.print(
      ...(playbook === undefined ? runLines(found as Run, output) : playbookLines(playbook, output)),
    );
  return ExitCode.ok;
}

async function start(invocation: Invocation, name: string): Promise<number> {
  const { options, output, environment } = invocation;
  const finding = textOption(options, 'finding');
  if (finding === undefined)
    throw new CommandError(ExitCode.usage, {
      en: 'Say on which finding: --finding UID (see: redoubt findings)',
      zh: '请指明告警：--finding 编号（见 redoubt findings）',
    });
  const inputs = Object.fromEntries(
    Object.entries(setOptions(options)).map(([key, value]) => [key, String(value)]),
  );
  const body: PlaybookBody = {
    finding,
    inputs,
    operator: operatorName(environment),
    ...(flag(options, 'dry-run') && { dry_run: true }),
  };
  const address = `${path}/playbooks/${encodeURIComponent(name)}/run`;
  const answer = await requireAgent(invocation).post<PlaybookAnswer>(address, body);
  if (flag(options, 'json')) output.json(answer);
  else if (answer.dry_run !== undefined) output.print(...dryLines(answer.dry_run, output));
  const { run, dry_run: dry = [] } = answer;
  if (run !== undefined) return told(invocation, run);
  return dry.some(({ error }) => error !== undefined) ? ExitCode.failed : ExitCode.ok;
}

function told({ options, output }: Invocation, run: Run): number {
  if (!flag(options, 'json')) output.print(...runLines(run, output));
  return run.status === 'failed' || run.status === 'expired' ? ExitCode.failed : ExitCode.ok;
}

async function settle(invocation: Invocation, uid: string, how: 'approve' | 'undo'): Promise<number> {
  const { options, output, environment } = invocation;
  const address = `${path}/runs/${encodeURIComponent(uid)}/${how}`;
  const run = await requireAgent(invocation).post<Run>(address, { operator: operatorName(environment) });
  if (flag(options, 'json')) output.json(run);
  return told(invocation, run);
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', name, ...more] = invocation.arguments;
  if (more.length > 0) throw usageError();
  if (name === undefined && action === 'list') return list(invocation, 'playbooks');
  if (name === undefined && action === 'runs') return list(invocation, 'runs');
  if (name === undefined) throw usageError();
  if (action === 'show') return show(invocation, name);
  if (action === 'run') return start(invocation, name);
  if (action === 'approve' || action === 'undo') return settle(invocation, name, action);
  throw usageError();
}

export const playbookCommand: Command = {
  name: 'playbook',
  summary: {
    en: 'responses in order: steps, approvals, dry run, one undo',
    zh: '处置剧本：步骤、审批、试运行、一键撤销',
  },
  usage: [
    'playbook [list] [--json]',
    'playbook show NAME|RUN [--json]',
    'playbook run NAME --finding UID [--set NAME=VALUE] [--dry-run] [--json]',
    'playbook runs [--json]',
    'playbook approve RUN',
    'playbook undo RUN',
  ],
  details: {
    en: 'Playbooks that ship with Redoubt run only when a person starts them. Your own stand in playbooks/ of the state folder,\nwin over those of the same name, and may say automatic: true.\nStarted twice on the same finding, a playbook runs once; after a crash it goes on.',
    zh: 'Redoubt 自带的剧本仅在人工启动时运行。自有剧本放在状态目录的 playbooks/ 下，同名时优先，可设 automatic: true。\n对同一告警重复启动只运行一次；崩溃后会继续。',
  },
  options: {
    finding: {
      type: 'string',
      value: 'UID',
      help: { en: 'the finding that it is run on', zh: '剧本所针对的告警' },
    },
    set: {
      type: 'string',
      value: 'NAME=VALUE',
      multiple: true,
      help: { en: 'a value that the playbook asks for', zh: '剧本所需的值' },
    },
    'dry-run': { type: 'boolean', help: { en: 'only say what would be done', zh: '只说明将做什么' } },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'playbook run fileless-execution --finding UID --dry-run',
      text: { en: 'what it would do', zh: '查看将执行的步骤' },
    },
    {
      line: 'playbook run ransomware --finding UID --set console=192.0.2.10:443',
      text: { en: 'run it', zh: '运行' },
    },
    { line: 'playbook approve RUN', text: { en: 'agree to the step that waits', zh: '审批等待中的步骤' } },
  ],
  run,
};
