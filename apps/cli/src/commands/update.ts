/** `redoubt update`: signed content, from a server or carried in by hand, and the way back. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import {
  beginTrust,
  InstalledContent,
  openSource,
  trustedRoot,
  type UpdateReport,
  type UpdateSource,
  update,
} from '@redoubt/act/update';
import type { ContentAnswer, UpdateSettings } from '@redoubt/agent/content';
import { findAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption } from '../options.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { bytes, dateTime } from '../output/values.ts';
import { explained } from '../update/explained.ts';
import { readNamed } from '../update/keys.ts';

/** The rule engine is loaded only when a release is tried. */
const agentContent = () => import('@redoubt/agent/content');

/** The folder that content is installed into: the named one, that of the named agent, or the usual one. */
async function stateOf(invocation: Invocation): Promise<string> {
  const { options, environment } = invocation;
  const isStateNamed = (textOption(options, 'state') ?? environment['REDOUBT_STATE']) !== undefined;
  const isAgentNamed = (textOption(options, 'socket') ?? environment['REDOUBT_SOCKET']) !== undefined;
  if (isAgentNamed && !isStateNamed) {
    const answer = await findAgent(invocation)?.get<ContentAnswer>('/api/content');
    if (answer !== undefined) return answer.state_directory;
  }
  const { stateDirectory } = await import('../recorder/open.ts');
  return resolve(stateDirectory(invocation));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function machineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim() || hostname();
  } catch {
    return hostname();
  }
}

async function trust(invocation: Invocation, rootFile: string): Promise<number> {
  const { options, output } = invocation;
  const fingerprint = textOption(options, 'fingerprint');
  const from = textOption(options, 'from');
  if (fingerprint === undefined || from === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: 'Name where updates come from with --from, and the root’s fingerprint, as its publisher told you, with --fingerprint',
      zh: '请用 --from 指定更新来源，并用 --fingerprint 给出发布者告知的根指纹',
    });
  }
  const state = await stateOf(invocation);
  const content = new InstalledContent(state);
  const root = await explained(() =>
    beginTrust(Buffer.from(readNamed(rootFile)), fingerprint, content, Date.now()),
  );
  const { updateSettingsPath } = await agentContent();
  const settings: UpdateSettings = {
    from: /^https:/.test(from) ? from : resolve(from),
    group: textOption(options, 'group') ?? '',
    everyHours: numberOption(options, 'every', { min: 0, max: 8760, otherwise: 0 }),
  };
  mkdirSync(dirname(updateSettingsPath(state)), { recursive: true });
  writeFileSync(updateSettingsPath(state), `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  if (flag(options, 'json')) output.json({ repository: root.repository, version: root.version, ...settings });
  else {
    output.print(
      output.say({
        en: `${safe(root.repository)} is trusted. Fetch its content with: redoubt update`,
        zh: `已信任 ${safe(root.repository)}。获取内容：redoubt update`,
      }),
    );
  }
  return ExitCode.ok;
}

async function sourceOf(
  { options }: Invocation,
  settings: UpdateSettings | undefined,
): Promise<UpdateSource> {
  const place = textOption(options, 'offline') ?? textOption(options, 'from') ?? settings?.from;
  if (place === undefined) {
    throw new CommandError(ExitCode.usage, {
      en: 'No source of updates is trusted yet: redoubt update trust ROOT.json --fingerprint HEX --from URL|DIR|FILE',
      zh: '尚未信任任何更新来源：redoubt update trust 根文件 --fingerprint 指纹 --from 地址|目录|文件',
    });
  }
  return openSource(place, isFolder);
}

async function install(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const state = await stateOf(invocation);
  const { readUpdateSettings, tryOutContent } = await agentContent();
  const settings = readUpdateSettings(state);
  const progress = new Progress(output);
  const report = await explained(async () => {
    const source = await sourceOf(invocation, settings);
    try {
      return await update(source, new InstalledContent(state), {
        place: { host: machineId(), group: textOption(options, 'group') ?? settings?.group ?? '' },
        force: flag(options, 'force'),
        checkOnly: flag(options, 'check'),
        tryOut: folder => {
          output.status(output.say({ en: 'trying the rules', zh: '正在试运行规则' }));
          return tryOutContent(folder);
        },
        onProgress: ({ files, of, bytes: done, ofBytes }) =>
          progress.show(ofBytes === 0 ? 1 : done / ofBytes, `${files}/${of}  ${bytes(done)}`),
      });
    } finally {
      output.status('');
      await source.close();
    }
  });
  if (report.outcome === 'installed') await tellAgent(invocation);
  if (flag(options, 'json')) output.json(report);
  else output.print(...reportLines(report, invocation));
  return ExitCode.ok;
}

/** Has a running agent load the rules anew. Without one they are loaded at its next start. */
async function tellAgent(invocation: Invocation): Promise<void> {
  await findAgent(invocation)
    ?.post('/api/content/reload', {})
    .catch((error: unknown) => {
      const words = error instanceof Error ? error.message : String(error);
      invocation.output.remark({
        en: `The agent did not load the new rules; it will at its next start. ${words}`,
        zh: `代理未能加载新规则，将在下次启动时加载。${words}`,
      });
    });
}

function reportLines(report: UpdateReport, { output }: Invocation): string[] {
  const { outcome, repository, version, before, changed, fetchedBytes, notes } = report;
  const name = `${safe(repository)} ${version}`;
  const size = bytes(fetchedBytes);
  const sentence = {
    installed: {
      en: `${name} is installed (before: ${before ?? 'as shipped'}): ${changed} files new or changed, ${size} fetched.`,
      zh: `已安装 ${name}（之前：${before ?? '出厂内容'}）：新增或变更 ${changed} 个文件，下载 ${size}。`,
    },
    up_to_date: {
      en: `${name} is installed; there is nothing newer.`,
      zh: `已安装 ${name}，没有更新的版本。`,
    },
    available: {
      en: `${name} is there: ${changed} files new or changed.`,
      zh: `有新版本 ${name}：新增或变更 ${changed} 个文件。`,
    },
    not_due: {
      en: `${name} is there; by its roll-out it is not this host’s turn yet (--force takes it now).`,
      zh: `有新版本 ${name}；按分批计划尚未轮到本机（--force 可立即安装）。`,
    },
  }[outcome];
  const isNews = outcome !== 'up_to_date' && notes.en !== '';
  return [output.say(sentence), ...(isNews ? [safe(output.say(notes))] : [])];
}

async function rollBack(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const content = new InstalledContent(await stateOf(invocation));
  const { version } = content;
  if (version === undefined) {
    throw new CommandError(ExitCode.failed, {
      en: 'No update is installed; what was shipped is in force',
      zh: '没有已安装的更新，当前使用出厂内容',
    });
  }
  const reason = textOption(options, 'reason') ?? '';
  const now = content.rollBack(Date.now(), {
    en: `by hand${reason && `: ${reason}`}`,
    zh: `人工撤回${reason && `：${reason}`}`,
  });
  await tellAgent(invocation);
  if (flag(options, 'json')) output.json({ taken_back: version, in_force: now ?? null });
  else {
    output.print(
      output.say({
        en: `Release ${version} is taken back; in force: ${now ?? 'what was shipped'}.`,
        zh: `已撤回版本 ${version}；当前生效：${now ?? '出厂内容'}。`,
      }),
    );
  }
  return ExitCode.ok;
}

async function status(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const state = await stateOf(invocation);
  const content = new InstalledContent(state);
  const settings = (await agentContent()).readUpdateSettings(state);
  const root = content.read('root') === undefined ? undefined : trustedRoot(content);
  const { version = null, history, withdrawn } = content;
  if (flag(options, 'json')) {
    output.json({ repository: root?.repository ?? null, root, settings, version, withdrawn, history });
    return ExitCode.ok;
  }
  const shipped = output.say({ en: 'as shipped', zh: '出厂内容' });
  const never = output.say({ en: 'none', zh: '无' });
  const rows: [string, string][] = [
    [output.say({ en: 'in force', zh: '当前版本' }), String(version ?? shipped)],
    [output.say({ en: 'repository', zh: '更新仓库' }), safe(root?.repository ?? never)],
    [output.say({ en: 'from', zh: '来源' }), safe(settings?.from ?? never)],
    [output.say({ en: 'group', zh: '分组' }), safe(settings?.group || never)],
    [output.say({ en: 'taken back here', zh: '本机已撤回' }), withdrawn.join(', ') || never],
  ];
  output.print(...table([{ heading: '' }, { heading: '' }], rows, output.columns).slice(1));
  if (history.length === 0) return ExitCode.ok;
  const steps = {
    installed: output.say({ en: 'installed', zh: '安装' }),
    rolled_back: output.say({ en: 'taken back', zh: '撤回' }),
  };
  const [time = '', step = '', which = '', why = ''] = output
    .say({ en: 'TIME|STEP|VERSION|FROM OR WHY', zh: '时间|步骤|版本|来源或原因' })
    .split('|');
  output.print(
    '',
    ...table(
      [{ heading: time }, { heading: step }, { heading: which }, { heading: why, elastic: true }],
      history
        .toReversed()
        .map(one => [dateTime(one.time), steps[one.step], String(one.version), safe(output.say(one.text))]),
      output.columns,
    ),
  );
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, what, ...more] = invocation.arguments;
  if (action === undefined) return install(invocation);
  if (action === 'trust' && what !== undefined && more.length === 0) return trust(invocation, what);
  if (action === 'status' && what === undefined) return status(invocation);
  if (action === 'rollback' && what === undefined) return rollBack(invocation);
  throw new CommandError(ExitCode.usage, {
    en: 'Say `update`, `update status`, `update rollback` or `update trust ROOT.json …`; see: redoubt help update',
    zh: '用法：`update`、`update status`、`update rollback` 或 `update trust 根文件 …`；请查看：redoubt help update',
  });
}

const option = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const updateCommand: Command = {
  name: 'update',
  summary: { en: 'signed updates of rules and other content', zh: '规则等内容的签名更新' },
  usage: [
    'update [--check] [--force] [--group NAME] [--json]',
    'update --offline FILE',
    'update trust ROOT.json --fingerprint HEX --from URL|DIR|FILE [--group NAME] [--every HOURS]',
    'update status [--json]',
    'update rollback [--reason TEXT]',
  ],
  details: {
    en: 'Everything is verified before it counts: signatures by enough trusted keys, expiry, versions that only grow,\nhashes, then whether its rules load and find what their tests say. What is refused changes nothing.',
    zh: '内容生效前逐项校验：足够数量的受信任签名、有效期、版本只增不减、哈希，并试运行规则及其测试。\n被拒绝的更新不改变任何内容。',
  },
  options: {
    check: { type: 'boolean', help: { en: 'only say what is there', zh: '只查看，不安装' } },
    force: {
      type: 'boolean',
      help: {
        en: 'before this host’s turn, or again what was taken back',
        zh: '不等轮到本机，或重新安装已撤回的版本',
      },
    },
    offline: option(
      'FILE',
      'a file made by `redoubt publish export`',
      '由 `redoubt publish export` 生成的文件',
    ),
    from: option('URL|DIR|FILE', 'where updates come from', '更新来源'),
    fingerprint: option('HEX', 'SHA-256 of the root, from its publisher', '发布者告知的根 SHA-256 指纹'),
    group: option('NAME', 'group of this host in staged roll-outs', '本机所属的分批分组'),
    every: option(
      'HOURS',
      'have the agent look by itself (default: 0, never)',
      '代理自动检查的间隔小时数（默认 0：不检查）',
    ),
    reason: option('TEXT', 'why it is taken back', '撤回原因'),
    ...stateOption,
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'update --check', text: { en: 'is there something newer?', zh: '是否有新版本' } },
    {
      line: 'update --offline redoubt-content.tar',
      text: { en: 'on a host without network', zh: '隔离网络中的离线更新' },
    },
    { line: 'update rollback', text: { en: 'back to the release before', zh: '回到上一版本' } },
  ],
  run,
};
