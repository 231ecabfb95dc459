/** `redoubt journal`: who did what to this host's protection, and whether the record of it was tampered with. */
import { writeFileSync } from 'node:fs';
import type { Bilingual, JournalEntry } from '@redoubt/model';
import {
  type Checkpoint,
  checkpointOf,
  journalFolder,
  parseCheckpoint,
  verifyJournal,
} from '@redoubt/prove/journal';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, stateOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import { readNamed } from '../update/keys.ts';

async function folderOf(invocation: Invocation): Promise<string> {
  const { stateDirectory } = await import('../recorder/open.ts');
  return journalFolder(stateDirectory(invocation));
}

/** Verifies the journal; the system's refusal, such as a missing permission, is told with its place. */
async function verified(folder: string, options: Parameters<typeof verifyJournal>[1]) {
  return verifyJournal(folder, options).catch((error: unknown) => {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.unavailable, {
      en: `The journal in ${folder} cannot be read: ${words}`,
      zh: `无法读取 ${folder} 中的日志：${words}`,
    });
  });
}

const outcomes: Readonly<Record<JournalEntry['outcome'], Bilingual>> = {
  begun: { en: 'begun', zh: '开始' },
  done: { en: 'done', zh: '完成' },
  failed: { en: 'failed', zh: '失败' },
  undone: { en: 'undone', zh: '已撤销' },
};

function entryTable(entries: readonly (JournalEntry & { seq: number })[], output: Output): string[] {
  const headings = output
    .say({ en: 'LINE|TIME|WHO|ACTION|OUTCOME|WHAT', zh: '行|时间|操作者|动作|结果|内容' })
    .split('|')
    .map((heading, at) => ({ heading, ...(at === 5 && { elastic: true as const }) }));
  const rows = entries.map(({ seq, time, actor, action, outcome, text }) => [
    String(seq),
    dateTime(time),
    safe(actor),
    safe(action),
    output.say(outcomes[outcome]),
    safe(output.say(text)),
  ]);
  return table(headings, rows, output.columns);
}

async function list(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const most = numberOption(options, 'limit', { min: 1, max: 1_000_000, otherwise: 50 });
  const entries: (JournalEntry & { seq: number })[] = [];
  const { faults } = await verified(await folderOf(invocation), {
    onEntry: (entry, seq) => {
      entries.push({ seq, ...entry });
      if (entries.length > most) entries.shift();
    },
  });
  if (flag(options, 'json')) output.json(entries.toReversed());
  else if (entries.length === 0) output.print(output.say({ en: 'Nothing was done yet.', zh: '尚无记录。' }));
  else output.print(...entryTable(entries.toReversed(), output));
  if (faults.length > 0) {
    output.remark({
      en: `The journal was tampered with or damaged in ${faults.length} places; see: redoubt journal verify`,
      zh: `日志有 ${faults.length} 处被改动或损坏；请查看：redoubt journal verify`,
    });
  }
  return ExitCode.ok;
}

function checkpointsOf({ options }: Invocation): Checkpoint[] {
  return textOptions(options, 'checkpoint').map(file => {
    try {
      return parseCheckpoint(readNamed(file));
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const words = error instanceof Error ? error.message : String(error);
      throw new CommandError(ExitCode.usage, { en: `${file}: ${words}`, zh: `${file}：${words}` });
    }
  });
}

async function verify(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const identity = textOption(options, 'identity');
  const checkpoints = checkpointsOf(invocation);
  const report = await verified(await folderOf(invocation), {
    checkpoints,
    ...(identity !== undefined && { identity }),
  });
  const { journal, entries, head, faults } = report;
  if (flag(options, 'json')) output.json(report);
  else {
    output.print(
      ...faults.map(({ kind, text }) => `${output.style('red', kind)}  ${safe(output.say(text))}`),
      output.say(
        faults.length === 0
          ? {
              en: `The journal holds: ${entries} entries, ${head.seq} lines, ${checkpoints.length} checkpoints. Its identity: ${journal ?? 'none yet'}`,
              zh: `日志完好：${entries} 条记录，${head.seq} 行，${checkpoints.length} 个检查点。标识：${journal ?? '尚无'}`,
            }
          : {
              en: `${faults.length} faults in ${head.seq} lines.`,
              zh: `${head.seq} 行中有 ${faults.length} 处异常。`,
            },
      ),
    );
  }
  return faults.length === 0 ? ExitCode.ok : ExitCode.failed;
}

async function checkpoint(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const folder = await folderOf(invocation);
  const report = await verified(folder, {});
  if (report.journal === undefined || report.faults.length > 0) {
    throw new CommandError(ExitCode.failed, {
      en: 'There is no journal that holds; see: redoubt journal verify',
      zh: '没有可通过校验的日志；请查看：redoubt journal verify',
    });
  }
  const made = `${JSON.stringify(checkpointOf(folder, report, Date.now()))}\n`;
  const file = textOption(options, 'output');
  if (file === undefined) output.write(made);
  else {
    writeFileSync(file, made);
    output.print(
      output.say({
        en: `${safe(file)} says what the journal says up to line ${report.head.seq}. Keep it where this host cannot change it.`,
        zh: `${safe(file)} 记录了截至第 ${report.head.seq} 行的日志状态。请保存在本机无法改动的地方。`,
      }),
    );
  }
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'list', ...more] = invocation.arguments;
  if (more.length === 0) {
    if (action === 'list') return list(invocation);
    if (action === 'verify') return verify(invocation);
    if (action === 'checkpoint') return checkpoint(invocation);
  }
  throw new CommandError(ExitCode.usage, {
    en: 'Say `journal list`, `journal verify` or `journal checkpoint`; see: redoubt help journal',
    zh: '用法：`journal list`、`journal verify` 或 `journal checkpoint`；请查看：redoubt help journal',
  });
}

export const journalCommand: Command = {
  name: 'journal',
  summary: { en: 'who did what to the protection of this host', zh: '谁对本机防护做了什么' },
  usage: [
    'journal [list] [--limit N] [--json]',
    'journal verify [--checkpoint FILE] [--identity HEX] [--json]',
    'journal checkpoint [--output FILE]',
  ],
  details: {
    en: 'Every line is chained to the one before it and signed; the signing key changes at every start and every day and\nthe old one is destroyed, so that nobody can rewrite what was before. Cutting off the end shows only against a\ncheckpoint that was kept elsewhere.',
    zh: '每一行都与前一行链接并签名；签名密钥在每次启动和每天更换，旧密钥随即销毁，此前的记录因此无法改写。\n截去末尾只有对照保存在别处的检查点才能发现。',
  },
  options: {
    limit: {
      type: 'string',
      value: 'N',
      help: { en: 'newest entries shown (default 50)', zh: '显示最新的条数（默认 50）' },
    },
    checkpoint: {
      type: 'string',
      value: 'FILE',
      multiple: true,
      help: { en: 'a checkpoint that was kept elsewhere; may be repeated', zh: '保存在别处的检查点，可重复' },
    },
    identity: {
      type: 'string',
      value: 'HEX',
      help: { en: 'which journal it must be', zh: '日志应有的标识' },
    },
    output: {
      type: 'string',
      value: 'FILE',
      help: { en: 'where the checkpoint is written', zh: '检查点输出文件' },
    },
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: 'journal verify --checkpoint monday.json',
      text: { en: 'is all still there?', zh: '记录是否完整' },
    },
    {
      line: 'journal checkpoint --output today.json',
      text: { en: 'to be kept elsewhere', zh: '生成检查点并异地保存' },
    },
  ],
  run,
};
