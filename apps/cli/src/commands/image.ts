/** `redoubt image`: golden states of images, and hosts and guests beside them. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ImageComparison } from '@redoubt/baseline/image';
import type { StateChange } from '@redoubt/model';
import { deliverFindings } from '../agent/deliver.ts';
import { goldenFileOptions } from '../baseline/golden-options.ts';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption } from '../options.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { repository } from '../repository.ts';

const image = () => import('@redoubt/baseline/image');
const goldenFiles = () => import('../baseline/golden-file.ts');
/** Differences that are shown; all are counted. */
const maxShown = 200;

async function explained<T>(work: () => Promise<T>): Promise<T> {
  const { ImageError } = await image();
  const { refusalsAsFailures } = await import('../baseline/context.ts');
  try {
    return await refusalsAsFailures(work);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (error instanceof ImageError) {
      throw new CommandError(
        ExitCode.unavailable,
        { en: error.message, zh: `无法读取镜像：${error.message}` },
        { cause: error },
      );
    }
    if (error instanceof Error && 'code' in error) {
      throw new CommandError(
        ExitCode.unavailable,
        { en: error.message, zh: `失败：${error.message}` },
        { cause: error },
      );
    }
    throw error;
  }
}

/** How a source is read: progress, partition, and troubles that are told and counted. */
function reading(invocation: Invocation) {
  const progress = new Progress(invocation.output);
  const partition =
    textOption(invocation.options, 'partition') === undefined
      ? undefined
      : numberOption(invocation.options, 'partition', { min: 1, max: 128, otherwise: 1 });
  const work = textOption(invocation.options, 'work');
  const told = { troubles: 0 };
  return {
    progress,
    told,
    options: {
      ...(partition !== undefined && { partition }),
      ...(work !== undefined && { work }),
      onProgress: (done: number, total?: number) =>
        progress.show(total === undefined ? 0 : done / total, String(done)),
      onTrouble: ({ key, text }: { key: string; text: { en: string; zh: string } }) => {
        told.troubles++;
        if (told.troubles <= 20)
          invocation.output.remark({ en: safe(`${key}: ${text.en}`), zh: safe(`${key}：${text.zh}`) });
      },
    },
  };
}

async function state(invocation: Invocation, source: string): Promise<number> {
  const { withImage, writeState } = await image();
  const file = textOption(invocation.options, 'output');
  if (file === undefined)
    throw new CommandError(ExitCode.usage, {
      en: 'Say where to: --output FILE',
      zh: '请用 --output 指定文件',
    });
  const { decisionFor, signFile } = await goldenFiles();
  const decision = await decisionFor(invocation, file);
  const { progress, told, options } = reading(invocation);
  const report = await withImage(resolve(source), options, entries =>
    writeState(file, resolve(source), entries, decision),
  ).finally(() => progress.end());
  const { output } = invocation;
  const sha256 = await signFile(invocation, file);
  const { entries } = report;
  if (flag(invocation.options, 'json'))
    output.json({ file, entries, unread: told.troubles, signed: true, sha256 });
  else
    output.print(
      output.say({
        en: `${entries} entries kept in ${safe(file)}, signed; ${told.troubles} could not be read`,
        zh: `${entries} 项已保存到 ${safe(file)}，已签名；${told.troubles} 项无法读取`,
      }),
    );
  return ExitCode.ok;
}

function changeLine(change: StateChange, invocation: Invocation): string {
  const { output } = invocation;
  const { key, kind } = change;
  if (kind === 'changed') {
    const facts = change.fields.map(
      name => `${name} ${change.before.facts[name]} → ${change.after.facts[name]}`,
    );
    return `${output.style('yellow', '~')} ${safe(key)}  ${safe(facts.join(', '))}`;
  }
  return kind === 'added'
    ? `${output.style('red', '+')} ${safe(key)}`
    : `${output.style('red', '-')} ${safe(key)}`;
}

/** Compares a source with a golden state; returns how many entries differ. */
async function differences(
  invocation: Invocation,
  golden: string,
  source: string,
  show: (change: StateChange) => void,
): Promise<number> {
  const { compareImage, readState, withImage } = await image();
  const { progress, options } = reading(invocation);
  await (await goldenFiles()).requireSigned(invocation, golden);
  const before = await readState(golden);
  let count = 0;
  await withImage(source, options, async entries => {
    for await (const change of compareImage(before, entries, flag(invocation.options, 'all'))) {
      count++;
      show(change);
    }
  }).finally(() => progress.end());
  return count;
}

/** Puts what differs onto the page, where an agent runs. */
async function tell(invocation: Invocation, comparison: ImageComparison): Promise<void> {
  const { imageFinding } = await image();
  if (comparison.count > 0) await deliverFindings([imageFinding(comparison)], invocation);
}

async function compare(invocation: Invocation, golden: string, source: string): Promise<number> {
  const { output, options } = invocation;
  const shown: StateChange[] = [];
  const count = await differences(invocation, golden, resolve(source), change => {
    if (flag(options, 'json')) output.json(change);
    if (shown.length < maxShown) shown.push(change);
  });
  await tell(invocation, { subject: resolve(source), golden: resolve(golden), count, first: shown });
  if (!flag(options, 'json')) {
    output.print(
      ...shown.map(change => changeLine(change, invocation)),
      output.say({
        en: `${count} entries differ${count > shown.length ? ` (the first ${shown.length} are shown; all with --json)` : ''}`,
        zh: `${count} 项不同${count > shown.length ? `（仅显示前 ${shown.length} 项，全部见 --json）` : ''}`,
      }),
    );
  }
  return count > 0 ? ExitCode.failed : ExitCode.ok;
}

/** Only a golden state that was tampered with holds a guest back; one that has no signature or no key here does not. */
async function unlessTampered(error: unknown): Promise<never> {
  const { StateError } = await import('@redoubt/baseline');
  if (!(error instanceof StateError) || ['digest', 'signature'].includes(error.code)) throw error;
  throw new CommandError(ExitCode.unavailable, error.text, { cause: error });
}

/** What the hook of libvirt calls: 0 when the guest may start, 1 when its disk differs or its golden state was altered. */
async function runHook(invocation: Invocation, guest: string): Promise<number> {
  const { disksOf, guestStates, stateOfGuest } = await image();
  const { output } = invocation;
  const golden = stateOfGuest(guest, textOption(invocation.options, 'states') ?? guestStates);
  if (golden === undefined) return ExitCode.ok;
  const [disk] = disksOf(readFileSync(0, 'utf8'));
  if (disk === undefined) return ExitCode.ok;
  const first: StateChange[] = [];
  const count = await differences(invocation, golden, disk, change => {
    if (first.length < maxShown) first.push(change);
  }).catch(unlessTampered);
  if (count === 0) return ExitCode.ok;
  await tell(invocation, { subject: guest, golden, count, first });
  output.remark({
    en: `The disk of guest ${safe(guest)} differs from its golden state in ${count} entries, such as ${safe(first[0]?.key ?? '')}`,
    zh: `虚拟机 ${safe(guest)} 的磁盘与黄金状态有 ${count} 项不同，例如 ${safe(first[0]?.key ?? '')}`,
  });
  return ExitCode.failed;
}

async function hook(
  invocation: Invocation,
  action: string | undefined,
  guest: string | undefined,
): Promise<number> {
  const { guestStates, hookPath, hookScript, installHook, removeHook } = await image();
  const { output, options } = invocation;
  const path = textOption(options, 'hook') ?? hookPath;
  if (action === 'run' && guest !== undefined) return runHook(invocation, guest);
  if (action === 'remove') {
    const gone = removeHook(path);
    output.print(
      gone
        ? output.say({ en: `Removed ${safe(path)}.`, zh: `已移除 ${safe(path)}。` })
        : output.say({ en: 'There is no hook.', zh: '没有安装钩子。' }),
    );
    return ExitCode.ok;
  }
  if (action !== 'install') {
    throw new CommandError(ExitCode.usage, {
      en: 'Say `image hook install` or `image hook remove`',
      zh: '用法：`image hook install` 或 `image hook remove`',
    });
  }
  const states = textOption(options, 'states') ?? guestStates;
  const script = hookScript(
    join(repository, 'redoubt'),
    flag(options, 'enforce'),
    states,
    textOption(options, 'vault'),
  );
  if (flag(options, 'dry-run')) {
    output.print(`# ${safe(path)}`, script.trimEnd());
    return ExitCode.ok;
  }
  installHook(script, path);
  output.print(
    output.say({
      en: `${safe(path)} is in place: guests with a golden state ${safe(join(states, 'NAME.state'))} are checked before they start${flag(options, 'enforce') ? ' and do not start when they differ' : '; a difference is only told'}. Undo: redoubt image hook remove`,
      zh: `已写入 ${safe(path)}：存在黄金状态 ${safe(join(states, '名称.state'))} 的虚拟机会在启动前检查${flag(options, 'enforce') ? '，不一致则不启动' : '，不一致仅提示'}。撤销：redoubt image hook remove`,
    }),
  );
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, first, second, ...more] = invocation.arguments;
  if (action === 'state' && first !== undefined && second === undefined)
    return explained(() => state(invocation, first));
  if (action === 'compare' && first !== undefined && second !== undefined && more.length === 0)
    return explained(() => compare(invocation, first, second));
  if (action === 'hook' && more.length === 0) return explained(() => hook(invocation, first, second));
  throw new CommandError(ExitCode.usage, {
    en: 'Say `image state SOURCE --output FILE`, `image compare FILE SOURCE` or `image hook install|remove`',
    zh: '用法：`image state 来源 --output 文件`、`image compare 文件 来源` 或 `image hook install|remove`',
  });
}

const text = (value: string, en: string, zh: string) => ({
  type: 'string' as const,
  value,
  help: { en, zh },
});

export const imageCommand: Command = {
  name: 'image',
  summary: { en: 'golden states of images, hosts and guests', zh: '镜像、主机与虚拟机的黄金状态' },
  usage: [
    'image state SOURCE --output FILE [--replace --why TEXT] [--partition N] [--key FILE] [--json]',
    'image compare FILE SOURCE [--all] [--partition N] [--json]',
    'image hook install [--enforce] [--dry-run] | image hook remove',
  ],
  details: {
    en: 'SOURCE is a folder (`/` for this host), a raw or qcow2 disk, an OCI layout, or an archive of `docker save`.\nDisks are mounted read-only. Without --all, what lies below /usr, /bin, /sbin, /lib*, /boot, /etc and /opt is compared.\nThe hook checks guests before libvirt starts them. Exits with 1 when something differs.',
    zh: '来源可以是目录（`/` 表示本机）、raw 或 qcow2 磁盘、OCI 布局，或 `docker save` 的归档。\n磁盘以只读方式挂载。不加 --all 时，只比较 /usr、/bin、/sbin、/lib*、/boot、/etc 与 /opt 之下的内容。\n钩子会在 libvirt 启动虚拟机之前进行检查。有差异时以 1 退出。',
  },
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: { en: 'file to write', zh: '要写入的文件' } },
    all: { type: 'boolean', short: 'a', help: { en: 'compare everything', zh: '比较全部内容' } },
    partition: text(
      'N',
      'partition of a disk (default: the first with a system)',
      '磁盘分区（默认为首个含系统的分区）',
    ),
    work: text(
      'DIR',
      'where a qcow2 disk is written out (default: the temporary folder)',
      'qcow2 展开的位置（默认临时目录）',
    ),
    enforce: {
      type: 'boolean',
      help: { en: 'a guest that differs does not start', zh: '不一致的虚拟机不启动' },
    },
    'dry-run': { type: 'boolean', help: { en: 'show what would be written', zh: '仅显示将写入的内容' } },
    states: text('DIR', 'golden states of guests, NAME.state', '虚拟机黄金状态目录（名称.state）'),
    hook: text('PATH', 'where libvirt looks for the hook', 'libvirt 钩子的位置'),
    ...goldenFileOptions,
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'image state ./web.qcow2 --output web.state',
      text: { en: 'this disk is good', zh: '将该磁盘记为正常' },
    },
    {
      line: 'image compare web.state /',
      text: { en: 'does this host still equal it?', zh: '本机是否仍与之一致' },
    },
  ],
  run,
};
