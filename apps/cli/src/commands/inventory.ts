/** `redoubt inventory`: what starts by itself, and the states of accounts, services, network and kernel, as they are now. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Collector } from '@redoubt/baseline';
import { type InventoryName, inventoryTitles } from '@redoubt/baseline/inventory-titles';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, stateOption } from '../options.ts';
import type { ListedEntry } from '../output/inventory-text.ts';
import { safe } from '../output/safe.ts';

const names = Object.keys(inventoryTitles);

/** The root to look at. @throws CommandError when it is no folder */
function rootOf({ options }: Invocation): string {
  const root = resolve(textOption(options, 'root') ?? '/');
  if (existsSync(root) && statSync(root).isDirectory()) return root;
  throw new CommandError(ExitCode.usage, {
    en: `--root must be a folder that is there, not "${root}"`,
    zh: `--root 必须是存在的目录，而不是“${root}”`,
  });
}

interface Collected {
  readonly entries: ListedEntry[];
  readonly troubles: { readonly key: string; readonly text: { readonly en: string; readonly zh: string } }[];
}

async function collect(collector: Collector, root: string, { output }: Invocation): Promise<Collected> {
  const entries: ListedEntry[] = [];
  const troubles: Collected['troubles'] = [];
  const show = (): void => output.status(`${output.say(collector.title)}  ${entries.length}`);
  for await (const entry of collector.collect({ root, onTrouble: trouble => troubles.push(trouble) })) {
    entries.push(entry);
    if (entries.length % 64 === 0) show();
  }
  output.status('');
  return { entries: entries.sort((a, b) => (a.key < b.key ? -1 : 1)), troubles };
}

function complain(troubles: Collected['troubles'], { output }: Invocation): void {
  const most = 20;
  for (const { key, text } of troubles.slice(0, most))
    output.remark({ en: `${safe(key)}: ${text.en}`, zh: `${safe(key)}：${text.zh}` });
  if (troubles.length > most)
    output.remark({ en: `… and ${troubles.length - most} more`, zh: `……另有 ${troubles.length - most} 项` });
}

async function overview(invocation: Invocation, root: string): Promise<number> {
  const { inventoryCollectors, persistenceSources } = await import('@redoubt/baseline/inventory');
  const { isRemarkable, sourceTable } = await import('../output/inventory-text.ts');
  const { options, output } = invocation;
  const found: Record<string, readonly ListedEntry[]> = {};
  for (const collector of inventoryCollectors) {
    const { entries, troubles } = await collect(collector, root, invocation);
    complain(troubles, invocation);
    found[collector.name] = entries;
    if (flag(options, 'json')) continue;
    const count = entries.filter(entry => collector.name === 'persistence' && isRemarkable(entry)).length;
    const note =
      count === 0
        ? ''
        : output.style('yellow', output.say({ en: `  ${count} remarkable`, zh: `  ${count} 项值得关注` }));
    output.print(
      `${String(entries.length).padStart(6)}  ${output.style('bold', collector.name)}  ${output.say(collector.title)}${note}`,
    );
    if (collector.name === 'persistence') output.print(...sourceTable(persistenceSources, entries, output));
  }
  if (flag(options, 'json')) output.json(found);
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const [name, ...more] = invocation.arguments;
  const root = rootOf(invocation);
  if (name === undefined) return overview(invocation, root);
  if (more.length > 0 || !names.includes(name)) {
    throw new CommandError(ExitCode.usage, {
      en: `Say \`inventory\`, or \`inventory\` and one of: ${names.join(', ')}`,
      zh: `用法：\`inventory\`，或 \`inventory\` 加以下之一：${names.join('、')}`,
    });
  }
  const { inventoryCollector } = await import('@redoubt/baseline/inventory');
  const text = await import('../output/inventory-text.ts');
  const collector = inventoryCollector(name as InventoryName);
  const { entries, troubles } = await collect(collector, root, invocation);
  const kind = textOption(options, 'kind');
  const { withFirstSeen } = await import('../inventory/first-seen.ts');
  const chosen = withFirstSeen(entries, name, root, invocation).filter(
    entry =>
      (kind === undefined || entry.facts['kind'] === kind) &&
      (!flag(options, 'unowned') || entry.facts['package'] === null) &&
      (!flag(options, 'remarkable') || text.isRemarkable(entry)),
  );
  complain(troubles, invocation);
  if (flag(options, 'json')) output.json(chosen);
  else if (chosen.length === 0) output.print(output.say({ en: 'Nothing.', zh: '没有条目。' }));
  else if (name === 'persistence')
    output.print(...text.persistenceTable(chosen, output), ...text.remarkLines(chosen, output));
  else output.print(...text.stateTable(chosen, output));
  return ExitCode.ok;
}

export const inventoryCommand: Command = {
  name: 'inventory',
  summary: {
    en: 'what starts by itself; accounts, services, listeners, privileged files …',
    zh: '自启动项清单，以及账号、服务、监听端口、特权文件等',
  },
  usage: [
    'inventory [--root DIR] [--json]',
    `inventory ${names.join('|')} [--root DIR] [--kind KIND] [--unowned] [--remarkable] [--json]`,
  ],
  details: {
    en: 'Lists what is there now, and changes nothing. With --root the folder is looked at as a root of its own, such as\na mounted image: links are followed inside it only. FIRST SEEN is what a running agent remembers.',
    zh: '列出当前状态，不做更改。给出 --root 时，将该目录（如挂载的镜像）作为独立的根目录检查：链接只在其内部解析。\n“首次发现”来自运行中的代理的记录。',
  },
  options: {
    root: {
      type: 'string',
      value: 'DIR',
      help: { en: 'root to look at (default /)', zh: '要检查的根目录（默认 /）' },
    },
    kind: {
      type: 'string',
      value: 'KIND',
      help: { en: 'only this kind: systemd, cron, ssh-key …', zh: '仅此类型：systemd、cron、ssh-key 等' },
    },
    unowned: { type: 'boolean', help: { en: 'only what no package owns', zh: '仅不属于任何软件包的条目' } },
    remarkable: {
      type: 'boolean',
      help: { en: 'only start-up items that deserve a look', zh: '仅值得关注的自启动项' },
    },
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'inventory persistence --unowned',
      text: { en: 'what no package brought', zh: '非软件包带来的自启动项' },
    },
    {
      line: 'inventory persistence --kind ssh-key',
      text: { en: 'who can come in with which key', zh: '哪些公钥可登录哪些账号' },
    },
    {
      line: 'inventory accounts --root /mnt/image',
      text: { en: 'of a mounted image', zh: '检查挂载的镜像' },
    },
  ],
  run,
};
