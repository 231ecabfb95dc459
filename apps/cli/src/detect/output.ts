/** How the result of `redoubt detect` is shown. */
import type { FileReport, InputProblem, OfflineFinding, OfflineResult } from '@redoubt/detect/offline';
import type { Invocation } from '../command.ts';
import { redoubtVersion } from '../commands/version.ts';
import { csvLine } from '../output/csv.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { dateTime, severityName } from '../output/values.ts';

/** Forms that the result can have. */
export type Shape = 'table' | 'json' | 'jsonl' | 'sarif' | 'csv';

/** Levels of rules; the severity of a finding is the place of its level, counted from 1. */
export const levels = ['informational', 'low', 'medium', 'high', 'critical'] as const;

/** Findings that a table or a SARIF log shows; the other outputs stream and have no such bound. */
const shownLimit = 10_000;

/** Writes the result. @returns how many findings there are */
export async function showResult(
  result: OfflineResult,
  problems: readonly InputProblem[],
  shape: Shape,
  severity: number,
  invocation: Invocation,
): Promise<number> {
  const { output, language } = invocation;
  const { gathering, reports, rules } = result;
  const nameOf = ({ place }: OfflineFinding): string => reports[place.file]?.name ?? '';
  const summary = summaryOf(result, problems);
  let found = 0;
  const each = (write: (finding: OfflineFinding) => void): void => {
    for (const finding of gathering.findings(severity)) {
      found += 1;
      write(finding);
    }
  };
  const asData = (one: OfflineFinding) => ({ ...one.finding, source: { ...one.place, file: nameOf(one) } });
  if (shape === 'jsonl') {
    each(one => output.json(asData(one)));
  } else if (shape === 'json') {
    // Written piece by piece: the findings need not fit in memory.
    output.write('{"findings":[');
    each(one => output.write(`${found > 1 ? ',' : ''}\n${JSON.stringify(asData(one))}`));
    output.write(
      `\n],"files":${JSON.stringify(reports)},"summary":${JSON.stringify({ ...summary, found })}}\n`,
    );
  } else if (shape === 'csv') {
    output.print(csvLine(['level', 'count', 'first', 'last', 'rule', 'file', 'line', 'title', 'reasons']));
    each(one => output.print(csvLine(csvCells(one, nameOf(one), language))));
  } else if (shape === 'sarif') {
    const { sarifOf } = await import('@redoubt/detect/offline');
    const version = await redoubtVersion();
    const findings: OfflineFinding[] = [];
    each(one => {
      if (findings.length < shownLimit) findings.push(one);
    });
    output.json(
      sarifOf({ version, language, findings, rules: [...rules.rules, ...rules.correlations], reports }),
    );
  } else showTable(result, severity, invocation, count => (found = count));
  if (shape !== 'table' || found > 0) remarkCut(shape, found, invocation);
  remarks(result, problems, summary, found, invocation);
  return found;
}

function csvCells({ finding, place }: OfflineFinding, file: string, language: 'en' | 'zh') {
  const { analytic, first_seen_time, last_seen_time } = finding.finding_info;
  return [
    levels[finding.severity_id - 1] ?? '',
    finding.count,
    new Date(first_seen_time).toISOString(),
    new Date(last_seen_time).toISOString(),
    analytic.uid,
    file,
    place.line,
    finding.redoubt.title[language],
    finding.redoubt.reasons.map(reason => reason.text[language]).join('; '),
  ];
}

function showTable(
  { gathering, reports }: OfflineResult,
  severity: number,
  { output }: Invocation,
  count: (found: number) => void,
): void {
  const rows: string[][] = [];
  let found = 0;
  for (const { finding, place } of gathering.findings(severity)) {
    found += 1;
    if (rows.length >= shownLimit) continue;
    rows.push([
      severityName(finding.severity_id, output),
      String(finding.count),
      dateTime(finding.finding_info.first_seen_time),
      safe(finding.finding_info.analytic.uid),
      safe(`${reports[place.file]?.name ?? ''}:${place.line}`),
      safe(output.say(finding.redoubt.title)),
    ]);
  }
  count(found);
  if (found === 0) {
    output.print(output.say({ en: 'Nothing found.', zh: '未发现异常。' }));
    return;
  }
  const headings = output
    .say({ en: 'LEVEL|COUNT|FIRST|RULE|WHERE|TITLE', zh: '级别|次数|首次|规则|位置|标题' })
    .split('|');
  const columns = headings.map((heading, index) =>
    index === 5 ? { heading, elastic: true as const } : { heading },
  );
  output.print(...table(columns, rows, output.columns));
}

function remarkCut(shape: Shape, found: number, { output }: Invocation): void {
  if ((shape !== 'table' && shape !== 'sarif') || found <= shownLimit) return;
  output.remark({
    en: `Note: only the ${shownLimit} gravest of ${found} findings are shown; --jsonl gives all.`,
    zh: `注意：共 ${found} 条发现，仅显示最严重的 ${shownLimit} 条；使用 --jsonl 可得到全部。`,
  });
}

function summaryOf({ reports, rules, milliseconds }: OfflineResult, problems: readonly InputProblem[]) {
  const sum = (value: (report: FileReport) => number): number =>
    reports.reduce((total, report) => total + value(report), 0);
  const seconds = milliseconds / 1000;
  const records = sum(report => report.records);
  return {
    files: reports.length,
    skipped: reports.filter(report => report.skipped === true).length,
    records,
    bytes: sum(report => report.bytes),
    damagedPlaces: sum(report => report.damage.count),
    damagedBytes: sum(report => report.damage.bytes),
    unreadable: reports.filter(report => report.error !== undefined).length + problems.length,
    rules: rules.report.loaded,
    refusedRules: rules.report.refused.length,
    milliseconds: Math.round(milliseconds),
    recordsPerSecond: Math.round(records / Math.max(seconds, 0.001)),
  };
}

/** Tells on standard error what was read, what was damaged, and what was left out. */
function remarks(
  { reports, gathering, rules }: OfflineResult,
  problems: readonly InputProblem[],
  summary: ReturnType<typeof summaryOf>,
  found: number,
  { output }: Invocation,
): void {
  for (const { path, reason } of problems) output.remark(same(`${path}: ${reason}`));
  for (const { name, error, damage, skipped } of reports) {
    if (error !== undefined) output.remark(same(error.startsWith(name) ? error : `${name}: ${error}`));
    if (skipped === true) {
      output.remark({
        en: `${safe(name)}: left out, no known log`,
        zh: `${safe(name)}：已跳过，不是已知日志`,
      });
    }
    if (damage.count === 0) continue;
    output.remark({
      en: `${safe(name)}: ${damage.count} damaged places, ${damage.bytes} bytes passed over; first: ${safe(damage.places[0] ?? '')}`,
      zh: `${safe(name)}：${damage.count} 处损坏，跳过 ${damage.bytes} 字节；首处：${safe(damage.places[0] ?? '')}`,
    });
  }
  const { losses } = gathering;
  if (losses.groups + losses.sightings > 0) {
    output.remark({
      en: `Correlations had to let go of ${losses.groups} groups and ${losses.sightings} events`,
      zh: `关联分析因超出上限放弃了 ${losses.groups} 个分组和 ${losses.sightings} 个事件`,
    });
  }
  const { records, files, recordsPerSecond, refusedRules } = summary;
  const refused = rules.report.refused.length > 0;
  output.remark({
    en: `${found} findings in ${records} records of ${files} files by ${summary.rules} rules${refused ? ` (${refusedRules} refused)` : ''}; ${recordsPerSecond} records/s`,
    zh: `${files} 个文件共 ${records} 条记录，${summary.rules} 条规则${refused ? `（${refusedRules} 条被拒绝）` : ''}，发现 ${found} 条；每秒 ${recordsPerSecond} 条记录`,
  });
}

function same(text: string): { en: string; zh: string } {
  return { en: safe(text), zh: safe(text) };
}
