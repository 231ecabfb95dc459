/** `redoubt respond`: acting against an attack, each act with its plan and its way back. */
import type { PlanAnswer, PlanBody, ResponseAnswer, RunBody } from '@redoubt/agent/response';
import type { Action } from '@redoubt/model';
import { requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, socketOption } from '../options.ts';
import { actionLines, actionTable, kindLines, planLines } from '../output/response-text.ts';
import { safe } from '../output/safe.ts';
import { operatorName } from '../protect/ask.ts';
import { secondsOption, setOptions, wantedByPerson } from '../response/ask.ts';

const path = '/api/response';

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `respond list`, `respond kinds`, `respond plan|run KIND …`, `respond undo|extend UID`; see: redoubt help respond',
    zh: '用法：`respond list`、`respond kinds`、`respond plan|run 操作 …`、`respond undo|extend 编号`；请查看：redoubt help respond',
  });
}

/** Options that stand for a member of the target, and may be given several times where it is a list. */
const members = [
  'console',
  'allow',
  'process',
  'address',
  'domain',
  'sha256',
  'path',
  'user',
  'container',
  'unit',
];
const lists = ['console', 'allow'];

function wanted({ options }: Invocation, kind: string): PlanBody {
  const finding = textOption(options, 'finding');
  const target: Record<string, unknown> = setOptions(options);
  for (const name of members) {
    const values = textOptions(options, name);
    const [first] = values;
    if (first !== undefined) target[name] = lists.includes(name) ? values : first;
  }
  const fingerprints = textOptions(options, 'key');
  if (fingerprints.length > 0) target['fingerprints'] = fingerprints;
  return { kind, target, ...(finding !== undefined && { finding }) };
}

async function list(invocation: Invocation, what: 'actions' | 'kinds'): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).get<ResponseAnswer>(path);
  if (flag(options, 'json')) output.json({ [what]: answer[what] });
  else if (what === 'kinds') output.print(...kindLines(answer.kinds, output));
  else output.print(...actionTable(answer.actions, output, Date.now()));
  return ExitCode.ok;
}

async function plan(invocation: Invocation, kind: string): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).post<PlanAnswer>(`${path}/plan`, wanted(invocation, kind));
  if (flag(options, 'json')) output.json(answer);
  else output.print(...planLines(answer.plan, output));
  return ExitCode.ok;
}

/** Shows the plan, asks for a yes, acts. */
async function act(invocation: Invocation, kind: string): Promise<number> {
  const { options, output, environment } = invocation;
  const agent = requireAgent(invocation);
  const lasts = secondsOption(options, 'for');
  const asked = wanted(invocation, kind);
  const shown = await agent.post<PlanAnswer>(`${path}/plan`, asked);
  const isJson = flag(options, 'json');
  if (!isJson) output.print(...planLines(shown.plan, output));
  const question = { en: 'Do this? [y/N] ', zh: '执行？[y/N] ' };
  if (!flag(options, 'yes') && !(await wantedByPerson(question, output))) return ExitCode.failed;
  const why =
    textOption(options, 'why') ?? (asked.finding === undefined ? undefined : `finding ${asked.finding}`);
  const body: RunBody = {
    kind,
    target: shown.target as Record<string, unknown>,
    operator: operatorName(environment),
    ...(lasts !== undefined && { lasts }),
    ...(why !== undefined && { why }),
  };
  const action = await agent.post<Action>(`${path}/run`, body);
  if (isJson) output.json(action);
  else output.print(...actionLines(action, output));
  return ExitCode.ok;
}

async function settle(invocation: Invocation, uid: string, how: 'undo' | 'extend'): Promise<number> {
  const { options, output, environment } = invocation;
  const lasts = how === 'extend' ? secondsOption(options, 'for') : undefined;
  const body = { operator: operatorName(environment), ...(lasts !== undefined && { lasts }) };
  const address = `${path}/actions/${encodeURIComponent(uid)}/${how}`;
  const action = await requireAgent(invocation).post<Action>(address, body);
  if (flag(options, 'json')) output.json(action);
  else if (how === 'extend') output.print(...actionLines(action, output));
  else
    output.print(
      output.say({ en: `Undone: ${safe(action.text.en)}`, zh: `已撤销：${safe(action.text.zh)}` }),
    );
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', name, ...more] = invocation.arguments;
  if (more.length > 0) throw usageError();
  if (action === 'list' && name === undefined) return list(invocation, 'actions');
  if (action === 'kinds' && name === undefined) return list(invocation, 'kinds');
  if (name === undefined) throw usageError();
  if (action === 'plan') return plan(invocation, name);
  if (action === 'run') return act(invocation, name);
  if (action === 'undo' || action === 'extend') return settle(invocation, name, action);
  throw usageError();
}

const option = (value: string, en: string, zh: string, multiple = false) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
  ...(multiple && { multiple }),
});
const member = (value: string, en: string, zh: string) => option(value, en, zh, true);

export const respondCommand: Command = {
  name: 'respond',
  summary: {
    en: 'act against an attack: isolate, block, suspend, end, freeze, stop, quarantine, restore, disable',
    zh: '处置攻击：隔离、封禁、挂起、终止、冻结、停止、隔离或恢复文件、禁用账户',
  },
  usage: [
    'respond [list] [--json]',
    'respond kinds [--json]',
    'respond plan KIND [--finding UID] [target options] [--json]',
    'respond run KIND [--finding UID] [target options] [--for 1h] [--why TEXT] [--yes] [--json]',
    'respond extend UID [--for 2h]',
    'respond undo UID',
  ],
  details: {
    en: 'Each act says first what it would do, what stays open and how it is undone.\nWith --for it is undone by itself; an isolation also when the console does not answer for a minute.\nWith --finding the target is what the finding names: its process, address, domain, file, digest, user or container.',
    zh: '每个操作都会先说明：将做什么、哪些保持放行、如何撤销。\n加 --for 到时自动撤销；主机隔离在控制端一分钟无应答时也会自动撤销。\n加 --finding 则以告警中的进程、地址、域名、文件、摘要、用户或容器为目标。',
  },
  options: {
    finding: option('UID', 'take the target from this finding', '从该告警取得目标'),
    console: member('ADDRESS[:PORT]', 'isolate-host: keeps its channel', 'isolate-host：保持连通的控制端'),
    allow: member('ADDRESS', 'isolate-host: stays reachable, too', 'isolate-host：其他放行地址'),
    address: member('ADDRESS', 'block-address: address or network', 'block-address：地址或网段'),
    domain: member('NAME', 'block-domain', 'block-domain：域名'),
    sha256: member('DIGEST', 'block-hash: content of a program', 'block-hash：程序内容的摘要'),
    process: member('PID:START', 'kill-tree, suspend-tree', 'kill-tree、suspend-tree：进程'),
    path: member(
      'PATH',
      'quarantine-file, restore-file, snapshot',
      'quarantine-file、restore-file、snapshot：路径',
    ),
    user: member('NAME', 'disable-account, revoke-keys', 'disable-account、revoke-keys：账户'),
    key: member('SHA256:…', 'revoke-keys: only this key', 'revoke-keys：仅此密钥'),
    container: member('ID', 'freeze-container, stop-container', 'freeze-container、stop-container：容器编号'),
    unit: member('NAME', 'freeze-unit, stop-unit', 'freeze-unit、stop-unit：服务单元'),
    set: member(
      'NAME=VALUE',
      'another member of the target, e.g. dns=false',
      '目标的其他成员，例如 dns=false',
    ),
    for: option('TIME', 'undo it by itself after this time, e.g. 1h', '多久后自动撤销，例如 1h'),
    why: option('TEXT', 'why, for the journal', '原因，记入日志'),
    yes: { type: 'boolean', help: { en: 'do not ask', zh: '不再询问' } },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'respond run isolate-host --console 192.0.2.10:443 --for 1h',
      text: { en: 'only the console reaches this host, for an hour', zh: '一小时内只有控制端能连通本机' },
    },
    {
      line: 'respond run kill-tree --finding UID',
      text: {
        en: 'end the process of a finding with all that came from it',
        zh: '终止告警中的进程及其派生的全部进程',
      },
    },
    { line: 'respond undo UID', text: { en: 'take it back', zh: '撤销' } },
  ],
  run,
};
