/** Reasons in words: what a rule asked for and what the event had, in Chinese and English. */
import { type Bilingual, type FieldValue, own, type Reason } from '@redoubt/model';
import { type Span, separator } from '../correlate/window.ts';
import type { Correlation, CorrelationType, Expression, Glob, Item, Rule, Test } from '../sigma/ast.ts';
import { type EventReader, everyValue, type FieldResolver } from '../sigma/event.ts';
import { elementsOf } from '../sigma/match/values.ts';
import { evaluate } from '../sigma/reference/evaluate.ts';

/** How fields are called in sentences. */
const labels: Readonly<Record<string, readonly [en: string, zh: string]>> = {
  Image: ['the program', '程序'],
  CommandLine: ['the command line', '命令行'],
  CurrentDirectory: ['the current directory', '当前目录'],
  User: ['the user', '用户'],
  ParentImage: ['the parent program', '父进程程序'],
  ParentCommandLine: ['the parent’s command line', '父进程命令行'],
  AncestorImage: ['a program further up the process tree', '上级进程程序'],
  ImagePackage: ['the package that owns the program', '程序所属软件包'],
  ImageIsMemfd: ['“the program exists only in memory”', '“程序只存在于内存”'],
  ImageIsDeleted: ['“the program’s file is deleted”', '“程序文件已被删除”'],
  TargetFilename: ['the file', '文件'],
  SourceFilename: ['the original file', '原文件'],
  DestinationIp: ['the remote address', '远端地址'],
  DestinationPort: ['the remote port', '远端端口'],
  SourcePort: ['the local port', '本地端口'],
  QueryName: ['the name asked for', '查询的域名'],
  Environment: ['an environment variable', '环境变量'],
  ModeBits: ['the file’s mode', '文件权限位'],
  ContainerId: ['the container', '容器'],
  InContainer: ['“runs in a container”', '“运行在容器中”'],
};

/** Longest text shown of a value. */
const shownLength = 400;
/** Reasons a finding. */
const reasonLimit = 8;

function shown(value: FieldValue): string {
  const text = Array.isArray(value) ? value.map(String).join(', ') : String(value);
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text;
}

function globText(glob: Glob): string {
  return glob
    .map(piece => (typeof piece === 'string' ? piece : piece.wildcard === 'any' ? '*' : '?'))
    .join('');
}

function relation(test: Test): [en: string, zh: string] {
  switch (test.type) {
    case 'glob': {
      const isExact = test.glob.every(piece => typeof piece === 'string');
      return isExact ? ['is', '为'] : [`fits “${globText(test.glob)}”:`, `符合“${globText(test.glob)}”：`];
    }
    case 'regex':
      return [`fits the pattern “${test.source}”:`, `符合模式“${test.source}”：`];
    case 'cidr':
      return ['lies in a listed network:', '位于列出的网段：'];
    case 'compare':
      return [`is ${test.operator} ${test.operand}:`, `满足 ${test.operator} ${test.operand}：`];
    case 'date_part':
      return [`has its ${test.part} in the listed range:`, `时间处于列出的范围：`];
    case 'null':
      return ['has no value', '没有值'];
    case 'exists':
      return [test.expected ? 'is present:' : 'is absent', test.expected ? '存在：' : '不存在'];
    case 'field_reference':
      return [`agrees with ${test.field}:`, `与 ${test.field} 一致：`];
  }
}

/** A sentence in both languages; `{value}` in a rule's own sentence is what the event had. */
function sentence(rule: Rule, field: string, test: Test, value: string): Bilingual {
  const written = own(rule.extension.reasons, field);
  if (written !== undefined) {
    return { en: written.en.replaceAll('{value}', value), zh: written.zh.replaceAll('{value}', value) };
  }
  const [en, zh] = own(labels, field) ?? [field, field];
  const [relationEn, relationZh] = relation(test);
  const capital = en.charAt(0).toUpperCase() + en.slice(1);
  return { en: `${capital} ${relationEn} ${value}`.trim(), zh: `${zh}${relationZh}${value}` };
}

/**
 * Why the event matches the rule: one reason for each line of the rule that holds. Lines below a `not` give
 * none; of alternatives only those that hold do.
 */
export function reasonsOf(rule: Rule, event: EventReader, resolve: FieldResolver): Reason[] {
  const reasons: Reason[] = [];
  explain(rule, rule.expression, event, resolve, reasons);
  return reasons.slice(0, reasonLimit);
}

function explain(
  rule: Rule,
  expression: Expression,
  event: EventReader,
  resolve: FieldResolver,
  into: Reason[],
): void {
  if (expression.type === 'not' || into.length >= reasonLimit || !evaluate(expression, event, resolve))
    return;
  if (expression.type === 'item') explainItem(rule, expression.item, event, resolve, into);
  else for (const operand of expression.operands) explain(rule, operand, event, resolve, into);
}

function explainItem(
  rule: Rule,
  item: Item,
  event: EventReader,
  resolve: FieldResolver,
  into: Reason[],
): void {
  if (item.negated) return;
  const holds = (test: Test, value?: FieldValue): boolean => {
    const one: Item = { ...item, alternatives: [[test]], linking: 'any' };
    const reader = value === undefined ? event : { time: event.time, get: () => value, toEvent: () => value };
    return evaluate(
      { type: 'item', item: one },
      reader,
      value === undefined ? resolve : () => ({ key: '', read: r => r.get('') }),
    );
  };
  const source = item.field === undefined ? undefined : resolve(item.field);
  const values = source === undefined ? everyValue(event) : elementsOf(source.read(event));
  const test = item.alternatives.flat().find(candidate => holds(candidate));
  if (test === undefined) return;
  const perValue = test.type !== 'exists' && test.type !== 'null' && test.type !== 'field_reference';
  const matching = perValue ? values.find(value => holds(test, value)) : values[0];
  const field = item.field ?? 'keywords';
  const value = matching === undefined ? '' : shown(matching);
  into.push({ field: source?.key ?? 'keywords', value, text: sentence(rule, field, test, value) });
}

/** Names of what a correlation measures. */
const measures: Readonly<Record<CorrelationType, readonly [en: string, zh: string]>> = {
  event_count: ['events', '事件数'],
  value_count: ['different values', '不同取值数'],
  temporal: ['different rules', '命中的不同规则数'],
  temporal_ordered: ['steps in the listed order', '按顺序完成的步骤数'],
  value_sum: ['sum', '总和'],
  value_avg: ['mean', '平均值'],
  value_percentile: ['percentile', '百分位数'],
  value_median: ['median', '中位数'],
};

/** Why a correlation is fulfilled: what was measured in which time, for which group. */
export function reasonsOfCorrelation(
  correlation: Correlation,
  group: readonly string[],
  span: Span,
): Reason[] {
  const seconds = Math.round((span.last - span.first) / 100) / 10;
  const [en, zh] = measures[correlation.correlation];
  const bounds = correlation.bounds.map(({ bound, value }) => `${bound} ${value}`).join(', ');
  const measured: Reason = {
    field: correlation.correlation,
    value: String(span.measure),
    text: {
      en: `Within ${seconds} s: ${span.measure} (${en}; the rule asks for ${bounds} within ${correlation.timespan / 1000} s)`,
      zh: `${seconds} 秒内：${span.measure}（${zh}；规则条件为 ${correlation.timespan / 1000} 秒内 ${bounds}）`,
    },
  };
  const grouped = correlation.groupBy.map((name, index): Reason => {
    const value = group[index] ?? '';
    const [labelEn, labelZh] = own(labels, name) ?? [name, name];
    const written = own(correlation.extension.reasons, name);
    return {
      field: name,
      value,
      text: written ?? { en: `All for ${labelEn} ${value}`, zh: `均属于${labelZh} ${value}` },
    };
  });
  return [measured, ...countedIn(correlation, span), ...grouped];
}

/** What was counted, by name. */
function countedIn(
  { correlation, valueFields }: Correlation,
  { counted, measure }: Pick<Span, 'counted' | 'measure'>,
): Reason[] {
  if (counted.length === 0) return [];
  const value = shown(
    `${counted.join(', ').replaceAll(separator, ' ')}${measure > counted.length ? ' …' : ''}`,
  );
  if (correlation !== 'value_count')
    return [
      { field: 'rules', value, text: { en: `Rules that matched: ${value}`, zh: `命中的规则：${value}` } },
    ];
  const field = valueFields.join(', ');
  const [en, zh] = own(labels, field) ?? [field, field];
  return [{ field, value, text: { en: `Values of ${en}: ${value}`, zh: `${zh}的取值：${value}` } }];
}
