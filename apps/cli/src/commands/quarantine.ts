/** `redoubt quarantine`: files that were taken out of their place, sealed, and can come back. */
import { join, resolve } from 'node:path';
import type { Quarantine, QuarantineEntry } from '@redoubt/act/quarantine';
import { defaultStateDirectory } from '@redoubt/agent/options';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, stateOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { bytes, dateTime } from '../output/values.ts';

const actions = ['list', 'show', 'add', 'restore', 'delete'] as const;

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `quarantine list`, `show ID`, `add PATH…`, `restore ID [--to PATH]` or `delete ID --yes`; see: redoubt help quarantine',
    zh: '用法：`quarantine list`、`show 编号`、`add 路径…`、`restore 编号 [--to 路径]` 或 `delete 编号 --yes`；请查看：redoubt help quarantine',
  });
}

/** Opens the vault below the state folder, and ends what was interrupted. @throws CommandError naming what is wrong */
export async function openQuarantine({ options, output }: Invocation): Promise<Quarantine> {
  const { Quarantine: Vault } = await import('@redoubt/act/quarantine');
  const folder = join(textOption(options, 'state') ?? defaultStateDirectory(), 'quarantine');
  try {
    const quarantine = Vault.open(folder);
    const { finished } = quarantine.recover();
    if (finished.length > 0)
      output.remark({
        en: `Finished what had been interrupted: ${finished.join(', ')}`,
        zh: `已完成此前中断的隔离：${finished.join('、')}`,
      });
    return quarantine;
  } catch (error) {
    throw failed(error);
  }
}

function failed(error: unknown): CommandError {
  const words = error instanceof Error ? error.message : String(error);
  return new CommandError(
    ExitCode.failed,
    { en: `Quarantine: ${words}`, zh: `隔离区：${words}` },
    { cause: error },
  );
}

async function run(invocation: Invocation): Promise<number> {
  const [word = 'list', ...rest] = invocation.arguments;
  const action = actions.find(one => one === word);
  if (action === undefined || (action === 'list') !== (rest.length === 0)) throw usageError();
  const quarantine = await openQuarantine(invocation);
  if (action === 'list') return list(quarantine, invocation);
  try {
    if (action === 'add') return add(quarantine, rest, invocation);
    const [id = '', another] = rest;
    if (another !== undefined) throw usageError();
    if (action === 'show') return show(quarantine.entry(id), invocation);
    if (action === 'restore') return restore(quarantine, id, invocation);
    return remove(quarantine, id, invocation);
  } catch (error) {
    throw error instanceof CommandError ? error : failed(error);
  }
}

function list(quarantine: Quarantine, { options, output }: Invocation): number {
  const { entries, damaged } = quarantine.list();
  if (flag(options, 'json')) output.json({ items: entries, damaged });
  else if (entries.length === 0)
    output.print(output.say({ en: 'Nothing is in quarantine.', zh: '隔离区为空。' }));
  else {
    const headings = output.say({ en: 'ID|SINCE|SIZE|BY|PATH', zh: '编号|时间|大小|来源|路径' }).split('|');
    const rows = entries.map(({ id, time, size, cause, path }) => [
      id,
      dateTime(time),
      bytes(size),
      safe(cause.by),
      safe(path),
    ]);
    output.print(
      ...table(
        headings.map((heading, index) => (index === 4 ? { heading, elastic: true as const } : { heading })),
        rows,
        output.columns,
      ),
    );
  }
  if (damaged.length > 0)
    output.remark({ en: `Damaged entries: ${damaged.join(', ')}`, zh: `损坏的条目：${damaged.join('、')}` });
  return damaged.length > 0 ? ExitCode.failed : ExitCode.ok;
}

function show(entry: QuarantineEntry, { options, output }: Invocation): number {
  if (flag(options, 'json')) output.json(entry);
  else output.print(...entryLines(entry, output));
  return ExitCode.ok;
}

function entryLines(
  { id, path, size, sha256, attributes, time, cause, otherLinks }: QuarantineEntry,
  output: Output,
): string[] {
  const line = (en: string, zh: string, value: string): string => `${output.say({ en, zh })}: ${safe(value)}`;
  return [
    line('id', '编号', id),
    line('path', '路径', path),
    line('size', '大小', bytes(size)),
    line('SHA-256', 'SHA-256', sha256),
    line('mode', '权限', attributes.mode.toString(8)),
    line('owner', '属主', `${attributes.uid}:${attributes.gid}`),
    line('attributes', '扩展属性', Object.keys(attributes.extended).join(', ') || '-'),
    line('since', '隔离时间', dateTime(time)),
    line('by', '来源', cause.by),
    ...(cause.reason === undefined ? [] : [line('reason', '原因', cause.reason)]),
    ...(cause.findings === undefined ? [] : [line('findings', '发现', cause.findings.join(', '))]),
    ...(cause.process === undefined
      ? []
      : [line('process', '进程', `${cause.process.pid} ${cause.process.path ?? ''}`)]),
    ...(otherLinks > 0
      ? [
          output.say({
            en: `note: it had ${otherLinks} other name(s) (hard links), which still lead to the content`,
            zh: `注意：该文件另有 ${otherLinks} 个硬链接，仍可访问其内容`,
          }),
        ]
      : []),
  ];
}

function add(
  quarantine: Quarantine,
  paths: readonly string[],
  { options, output, environment }: Invocation,
): number {
  const reason = textOption(options, 'reason');
  const by = environment['SUDO_USER'] ?? environment['USER'] ?? `uid ${process.getuid?.() ?? 0}`;
  const entries = paths.map(path =>
    quarantine.add(resolve(path), { by, ...(reason !== undefined && { reason }) }),
  );
  if (flag(options, 'json')) output.json({ items: entries });
  else
    for (const { id, path, otherLinks } of entries) {
      output.print(`${id}  ${safe(path)}`);
      if (otherLinks > 0)
        output.remark({
          en: `${safe(path)} had ${otherLinks} other name(s) (hard links), which still lead to the content`,
          zh: `${safe(path)} 另有 ${otherLinks} 个硬链接，仍可访问其内容`,
        });
    }
  return ExitCode.ok;
}

function restore(quarantine: Quarantine, id: string, { options, output }: Invocation): number {
  const to = textOption(options, 'to');
  const path = quarantine.restore(id, to === undefined ? undefined : resolve(to));
  if (flag(options, 'json')) output.json({ id, path });
  else output.print(output.say({ en: `${safe(path)} is back as it was.`, zh: `${safe(path)} 已原样恢复。` }));
  return ExitCode.ok;
}

function remove(quarantine: Quarantine, id: string, { options, output }: Invocation): number {
  const entry = quarantine.entry(id);
  if (!flag(options, 'yes')) {
    throw new CommandError(ExitCode.usage, {
      en: `This deletes ${safe(entry.path)} for good; add --yes to agree`,
      zh: `此操作将永久删除 ${safe(entry.path)}；加上 --yes 表示同意`,
    });
  }
  quarantine.delete(id);
  if (flag(options, 'json')) output.json({ id, path: entry.path });
  else
    output.print(output.say({ en: `${safe(entry.path)} is deleted.`, zh: `${safe(entry.path)} 已删除。` }));
  return ExitCode.ok;
}

export const quarantineCommand: Command = {
  name: 'quarantine',
  summary: { en: 'take files out of their place, and bring them back', zh: '隔离文件，或将其原样恢复' },
  usage: [
    'quarantine [list]',
    'quarantine show ID',
    'quarantine add PATH… [--reason TEXT]',
    'quarantine restore ID [--to PATH]',
    'quarantine delete ID --yes',
  ],
  details: {
    en: 'Files are sealed (AES-256-GCM) in a folder that only root can read, with owner, mode, times, ACL and attributes;\na restore brings everything back. See docs/en/scan.md.',
    zh: '文件以 AES-256-GCM 加密存放在仅 root 可读的目录中，连同属主、权限、时间、ACL 与扩展属性；恢复时一切如旧。\n详见 docs/zh/scan.md。',
  },
  options: {
    to: { type: 'string', value: 'PATH', help: { en: 'restore to another place', zh: '恢复到其他位置' } },
    reason: { type: 'string', value: 'TEXT', help: { en: 'why, for the record', zh: '隔离原因' } },
    yes: { type: 'boolean', help: { en: 'agree to the deletion', zh: '同意删除' } },
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    { line: 'quarantine add /srv/www/x.php', text: { en: 'take a file away', zh: '隔离一个文件' } },
    { line: 'quarantine restore 20260101-0123456789ab', text: { en: 'bring it back', zh: '恢复文件' } },
  ],
  run,
};
