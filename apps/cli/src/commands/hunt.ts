/** `redoubt hunt`: questions to the flight recorder. */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type EventKind, isEventKind } from '@redoubt/model';
import type { HuntResult, StoredEvent } from '@redoubt/store';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, stateOption, timeOption } from '../options.ts';
import { csvLine } from '../output/csv.ts';
import { Progress } from '../output/progress.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime } from '../output/values.ts';
import { eventKinds } from './events.ts';

/** The recorder and the rule engine are loaded only when they are used, so that other commands start fast. */
const recorder = () => import('@redoubt/store');
const opening = () => import('../recorder/open.ts');
const saved = () => import('../hunt/saved.ts');

/** A hunt that is wrong or too large, told in both languages. */
function explained(error: unknown): never {
  if (error instanceof Error && 'text' in error && error.name === 'WhereError') {
    throw new CommandError(ExitCode.usage, error.text as { en: string; zh: string }, { cause: error });
  }
  throw error;
}

interface Condition {
  readonly kinds: readonly EventKind[];
  readonly matches: (event: StoredEvent) => boolean;
}

/** The condition of `--sigma`: any of the rules of the files. */
async function sigmaCondition(paths: readonly string[]): Promise<Condition | undefined> {
  if (paths.length === 0) return undefined;
  const [{ RuleSet, describeProblem }, { sigmaFilter }, { readFile }] = await Promise.all([
    import('@redoubt/detect'),
    import('@redoubt/detect/offline'),
    import('node:fs/promises'),
  ]);
  const files = paths.filter(path => !statSync(path, { throwIfNoEntry: false })?.isDirectory());
  const folders = paths.filter(path => !files.includes(path));
  const texts = await Promise.all(
    files.map(async path => ({ name: path, text: await readFile(path, 'utf8') })),
  ).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.usage, {
      en: `The rule cannot be read: ${detail}`,
      zh: `无法读取规则：${detail}`,
    });
  });
  const sets = [RuleSet.of(texts), ...(await Promise.all(folders.map(folder => RuleSet.load(folder))))];
  const refused = sets.flatMap(set => set.report.refused).map(describeProblem);
  if (refused.length > 0) {
    throw new CommandError(ExitCode.usage, {
      en: `A rule cannot be used:\n${refused.join('\n')}`,
      zh: `规则无法使用：\n${refused.join('\n')}`,
    });
  }
  const conditions = sets.map(sigmaFilter);
  const kinds = [...new Set(conditions.flatMap(one => one.kinds))];
  if (kinds.length === 0) {
    throw new CommandError(ExitCode.usage, {
      en: `No rule in ${paths.join(', ')} is about host events; use redoubt detect for rules about logs`,
      zh: `${paths.join('、')} 中没有针对主机事件的规则；日志规则请使用 redoubt detect`,
    });
  }
  return { kinds, matches: event => conditions.some(one => one.matches(event)) };
}

async function hunt(invocation: Invocation, query: string): Promise<number> {
  const { options, output } = invocation;
  const store = await recorder();
  if (flag(options, 'explain')) {
    try {
      output.print(...store.explainHunt(query).map(safe));
    } catch (error) {
      explained(error);
    }
    return ExitCode.ok;
  }
  const now = Date.now();
  const given = eventKinds(textOptions(options, 'kind')).filter(isEventKind);
  const sigma = await sigmaCondition(textOptions(options, 'sigma'));
  const kinds = given.length === 0 ? sigma?.kinds : given.filter(kind => sigma?.kinds.includes(kind) ?? true);
  const seconds = numberOption(options, 'timeout', { min: 1, max: 86_400, otherwise: 300 });
  const request = {
    now,
    from: timeOption(options, 'since', now),
    to: timeOption(options, 'until', now),
    kinds,
    filter: sigma?.matches,
    resultLimit: numberOption(options, 'limit', { min: 1, max: 1_000_000, otherwise: 1000 }),
    timeLimit: seconds * 1000,
  };
  try {
    store.explainHunt(query);
  } catch (error) {
    explained(error);
  }
  const reader = (await opening()).openRecord(invocation);
  const progress = new Progress(output);
  try {
    const result = await store.runHunt(reader, query, {
      ...request,
      onProgress: (scanned, done) =>
        progress.show(done, output.say({ en: `${scanned} events`, zh: `${scanned} 个事件` })),
      onDamage: ({ firstSequence, count, reason }) =>
        output.remark({
          en: `${count} events from number ${firstSequence} on cannot be read: ${reason}`,
          zh: `从编号 ${firstSequence} 起的 ${count} 个事件无法读取：${reason}`,
        }),
    });
    progress.end();
    show(result, invocation);
  } catch (error) {
    progress.end();
    explained(error);
  } finally {
    reader.close();
  }
  return ExitCode.ok;
}

function show(result: HuntResult, { options, output }: Invocation): void {
  const { columns, rows, total, scanned, passed, cut, milliseconds } = result;
  if (flag(options, 'json')) {
    const objects = rows.map(row => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])));
    output.json({ columns, rows: objects, total, scanned, passed, cut, milliseconds });
    return;
  }
  for (const reason of cut) output.remark({ en: `Note: ${reason.en}`, zh: `注意：${reason.zh}` });
  if (flag(options, 'csv')) {
    const iso = (index: number, cell: string | number | null | undefined) =>
      columns[index]?.isTime === true && typeof cell === 'number' ? new Date(cell).toISOString() : cell;
    output.print(
      csvLine(columns.map(({ name }) => name)),
      ...rows.map(row => csvLine(row.map((cell, index) => iso(index, cell)))),
    );
    return;
  }
  const cells = rows.map(row =>
    row.map((cell, index) => {
      if (cell === null) return '';
      return columns[index]?.isTime === true && typeof cell === 'number'
        ? dateTime(cell)
        : safe(String(cell));
    }),
  );
  const elastic = columns.findLastIndex(({ name }) => /cmd_line|path|message/.test(name));
  const headings = columns.map(({ name }, index) =>
    index === elastic ? { heading: name, elastic: true as const } : { heading: name },
  );
  if (rows.length > 0) output.print(...table(headings, cells, output.columns));
  const time = (milliseconds / 1000).toFixed(2);
  output.remark({
    en: `${total} rows; ${passed} of ${scanned} records passed the filter; ${time} s`,
    zh: `${total} 行；${scanned} 条记录中有 ${passed} 条满足条件；用时 ${time} 秒`,
  });
}

async function list({ options, output }: Invocation, state: string): Promise<number> {
  const hunts = (await saved()).savedHunts(state);
  if (flag(options, 'json')) {
    output.json(hunts);
    return ExitCode.ok;
  }
  const headings = output.say({ en: 'NAME|TITLE|QUERY', zh: '名称|标题|查询' }).split('|');
  const columns = headings.map((heading, index) =>
    index === 2 ? { heading, elastic: true as const } : { heading },
  );
  const cells = hunts.map(({ name, title, query }) => [name, output.say(title), query].map(safe));
  output.print(...table(columns, cells, output.columns));
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [action, name, ...more] = invocation.arguments;
  const { output } = invocation;
  const state = resolve((await opening()).stateDirectory(invocation));
  if (action === 'list' && name === undefined) return list(invocation, state);
  if (action === 'run' && name !== undefined && more.length === 0) {
    return hunt(invocation, (await saved()).savedHunt(state, name).query);
  }
  if (action === 'remove' && name !== undefined && more.length === 0) {
    (await saved()).removeHunt(state, name);
    output.print(output.say({ en: `Removed: ${name}`, zh: `已删除：${name}` }));
    return ExitCode.ok;
  }
  const [query, extra] = more;
  if (action === 'save' && name !== undefined && query !== undefined && extra === undefined) {
    try {
      (await recorder()).explainHunt(query);
    } catch (error) {
      explained(error);
    }
    (await saved()).saveHunt(state, name, textOption(invocation.options, 'title'), query);
    output.print(output.say({ en: `Saved: ${name}`, zh: `已保存：${name}` }));
    return ExitCode.ok;
  }
  const bySigma = textOptions(invocation.options, 'sigma').length > 0;
  if (name === undefined && (action !== undefined || bySigma)) return hunt(invocation, action ?? '*');
  throw new CommandError(ExitCode.usage, {
    en: 'Say `hunt "QUERY"`, `hunt list`, `hunt run NAME`, `hunt save NAME "QUERY"` or `hunt remove NAME`',
    zh: '用法：`hunt "查询"`、`hunt list`、`hunt run 名称`、`hunt save 名称 "查询"` 或 `hunt remove 名称`',
  });
}

export const huntCommand: Command = {
  name: 'hunt',
  summary: { en: 'questions to the flight recorder', zh: '查询飞行记录' },
  usage: [
    'hunt "QUERY" [--since TIME] [--until TIME] [--kind KIND]… [--limit N] [--json|--csv]',
    'hunt --sigma RULE.yml… ["| STAGES"]',
    'hunt list | hunt run NAME | hunt save NAME "QUERY" [--title TEXT] | hunt remove NAME',
  ],
  details: {
    en: 'A query is a filter, as of `redoubt events --where`, and stages behind bars: fields, where, count, dcount,\nmin, max, sum, avg (with `by`), distinct, first, last, sort, limit; `time(5m)` is the span that a time lies in.\n`from process` and `from finding` look at those instead of events. See docs/en/hunting.md.',
    zh: '查询由过滤条件（同 `redoubt events --where`）和以竖线分隔的阶段组成：fields、where、count、dcount、min、max、\nsum、avg（可加 by）、distinct、first、last、sort、limit；`time(5m)` 为时间所在的跨度。\n`from process` 与 `from finding` 查询进程与告警。详见 docs/zh/hunting.md。',
  },
  options: {
    sigma: {
      type: 'string',
      value: 'PATH',
      multiple: true,
      help: {
        en: 'only events that match a Sigma rule of this file or folder (may be repeated)',
        zh: '仅匹配该文件或目录中 Sigma 规则的事件（可重复）',
      },
    },
    since: {
      type: 'string',
      short: 's',
      value: 'TIME',
      help: {
        en: 'not before 15m, 2h, 7d ago, or a date and time',
        zh: '不早于 15m、2h、7d 前或某个日期时间',
      },
    },
    until: {
      type: 'string',
      short: 'u',
      value: 'TIME',
      help: { en: 'not after this time', zh: '不晚于该时间' },
    },
    kind: {
      type: 'string',
      short: 'k',
      value: 'KIND',
      multiple: true,
      help: { en: 'only these kinds, e.g. process.exec, file.*', zh: '仅这些类型，如 process.exec、file.*' },
    },
    limit: {
      type: 'string',
      short: 'n',
      value: 'N',
      help: { en: 'rows shown at most (default 1000)', zh: '最多显示行数（默认 1000）' },
    },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      help: { en: 'end the reading after this time (default 300)', zh: '读取的时间上限（秒，默认 300）' },
    },
    csv: { type: 'boolean', help: { en: 'print CSV', zh: '输出 CSV' } },
    explain: {
      type: 'boolean',
      help: { en: 'show the SQL, do not run it', zh: '仅显示 SQL，不执行' },
    },
    title: { type: 'string', value: 'TEXT', help: { en: 'title of a saved hunt', zh: '已保存查询的标题' } },
    ...stateOption,
    ...commonOptions,
  },
  examples: [
    {
      line: `hunt 'kind = process.exec | count by process.file.path | sort count | limit 20'`,
      text: { en: 'the rarest programs', zh: '最少见的程序' },
    },
    { line: 'hunt run rare-parent-child --since 1d', text: { en: 'a hunt that ships', zh: '自带的查询' } },
    {
      line: `hunt --sigma rule.yml '| count by time(1h)'`,
      text: { en: 'how often a rule would have matched', zh: '某规则在历史中命中的频度' },
    },
  ],
  run,
};
