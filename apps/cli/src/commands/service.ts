/** `redoubt service`: the agent as a systemd service. */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions } from '../options.ts';
import { launcher } from '../repository.ts';
import { installUnit, removeUnit, requireSystemd, unitName, unitPlaces } from '../service/install.ts';
import { unitText } from '../service/unit.ts';

const stateDirectory = 'var/lib/redoubt';

/** Asks a person; without one, says how to agree. */
async function agreed({ options, output, language }: Invocation): Promise<boolean> {
  if (flag(options, 'yes')) return true;
  if (!output.interactive || !process.stdin.isTTY) {
    throw new CommandError(ExitCode.usage, {
      en: 'There is no terminal to ask at; add --yes to agree',
      zh: '没有可供询问的终端；加上 --yes 表示同意',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(
      language === 'zh' ? '安装并启动该服务？[y/N] ' : 'Install and start it? [y/N] ',
    );
    return /^\s*(y|yes|是)\s*$/i.test(answer);
  } finally {
    terminal.close();
  }
}

function requireRoot(root: string): void {
  if (root !== '/' || process.geteuid?.() === 0) return;
  throw new CommandError(ExitCode.unavailable, {
    en: 'Only root may install or remove a service',
    zh: '只有 root 可以安装或移除服务',
  });
}

async function install(invocation: Invocation, root: string): Promise<number> {
  const { options, output } = invocation;
  const words = ['port', 'host'].flatMap(name => {
    const value = textOption(options, name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  const text = unitText({ launcher, arguments: words });
  const { unit } = unitPlaces(root);
  if (flag(options, 'dry-run')) {
    if (flag(options, 'json')) output.json({ installed: false, path: unit, unit: text });
    else output.print(text.trimEnd());
    return ExitCode.ok;
  }
  requireSystemd(root);
  requireRoot(root);
  if (!flag(options, 'json')) output.print(`# ${unit}`, text);
  if (!(await agreed(invocation))) return ExitCode.failed;
  await installUnit(root, text);
  if (flag(options, 'json')) output.json({ installed: true, path: unit, unit: text });
  else
    output.print(
      output.say({
        en: `Installed ${unitName}. Undo with: redoubt service remove`,
        zh: `已安装 ${unitName}。撤销：redoubt service remove`,
      }),
    );
  return ExitCode.ok;
}

async function remove({ options, output }: Invocation, root: string): Promise<number> {
  requireSystemd(root);
  requireRoot(root);
  const removed = await removeUnit(root);
  const data = join(root, stateDirectory);
  if (flag(options, 'purge')) await rm(data, { recursive: true, force: true });
  if (flag(options, 'json')) {
    output.json({ removed, purged: flag(options, 'purge') });
    return ExitCode.ok;
  }
  output.print(
    removed
      ? output.say({ en: `Removed ${unitName}.`, zh: `已移除 ${unitName}。` })
      : output.say({ en: `${unitName} was not installed.`, zh: `${unitName} 未安装。` }),
  );
  if (!flag(options, 'purge')) {
    output.print(
      output.say({
        en: `What was recorded stays in ${data}; --purge removes it too.`,
        zh: `记录的数据保留在 ${data}；--purge 会一并删除。`,
      }),
    );
  }
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const root = resolve(textOption(invocation.options, 'root') ?? '/');
  const [action, ...more] = invocation.arguments;
  if (more.length === 0 && action === 'install') return install(invocation, root);
  if (more.length === 0 && action === 'remove') return remove(invocation, root);
  throw new CommandError(ExitCode.usage, {
    en: 'Say `service install` or `service remove`',
    zh: '用法：`service install` 或 `service remove`',
  });
}

export const serviceCommand: Command = {
  name: 'service',
  summary: { en: 'run the agent at boot, under systemd', zh: '作为 systemd 服务开机运行代理' },
  usage: [
    'service install [--port N] [--host ADDRESS] [--yes] [--dry-run] [--root DIR]',
    'service remove [--purge] [--root DIR]',
  ],
  details: {
    en: 'Shows the unit before it installs it. The agent runs from where Redoubt stands now, bounded in memory and\nCPU, and may write nothing but its own state.',
    zh: '安装前先显示单元文件。代理从 Redoubt 当前所在位置运行，内存与 CPU 受限，只能写自己的状态目录。',
  },
  options: {
    yes: { type: 'boolean', short: 'y', help: { en: 'do not ask', zh: '不询问' } },
    'dry-run': {
      type: 'boolean',
      help: { en: 'show the unit and change nothing', zh: '只显示单元文件，不做更改' },
    },
    purge: { type: 'boolean', help: { en: 'remove what was recorded, too', zh: '同时删除已记录的数据' } },
    port: { type: 'string', value: 'N', help: { en: 'port of the page', zh: '页面端口' } },
    host: {
      type: 'string',
      value: 'ADDRESS',
      help: { en: 'loopback address of the page', zh: '页面的回环地址' },
    },
    root: {
      type: 'string',
      value: 'DIR',
      help: { en: 'another root file system, e.g. an image', zh: '另一个根文件系统，例如镜像' },
    },
    ...commonOptions,
  },
  examples: [
    { line: 'service install --dry-run', text: { en: 'look first', zh: '先查看' } },
    { line: 'service install --yes', text: { en: 'install and start', zh: '安装并启动' } },
    { line: 'service remove', text: { en: 'undo', zh: '撤销' } },
  ],
  run,
};
