/** How the result of `redoubt scan` is shown. */

import type { JudgedFile, ScanProgress, ScanReport } from '@redoubt/detect/scan';
import type { Finding } from '@redoubt/model';
import type { Invocation } from '../command.ts';
import { redoubtVersion } from '../commands/version.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { bytes } from '../output/values.ts';

/** A judged file with what was made of it. */
export interface ScannedItem {
  readonly file: JudgedFile;
  readonly finding: Finding | undefined;
  /** Id in quarantine, when it was put there. */
  readonly quarantined?: string;
}

const judgedNames = {
  clean: { en: 'clean', zh: '未见异常' },
  suspicious: { en: 'suspicious', zh: '可疑' },
  malicious: { en: 'malicious', zh: '恶意' },
} as const;
/** Notes that a person reads at the end; `--json` gives all. */
const shownNotes = 10;

/** The words of the progress line. */
export function progressText(
  { files, bytes: done, foundFiles, isComplete }: ScanProgress,
  output: Output,
): string {
  return output.say({
    en: `${files} of ${isComplete ? '' : 'at least '}${foundFiles} files, ${bytes(done)}`,
    zh: `${files}/${isComplete ? '' : '至少 '}${foundFiles} 个文件，${bytes(done)}`,
  });
}

/** The part that is done, 0 to 1; 0 as long as it is not known how much there is. */
export function progressPart({ bytes: done, foundBytes, isComplete }: ScanProgress): number {
  return isComplete && foundBytes > 0 ? done / foundBytes : 0;
}

/** Prints the result as JSON: files with something to say, and the counts. */
export function printJson(items: readonly ScannedItem[], report: ScanReport, output: Output): void {
  output.json({
    files: items.map(({ file, quarantined }) => ({
      path: file.path,
      size: file.size,
      ...(file.sha256 !== undefined && { sha256: file.sha256 }),
      cached: file.cached,
      ...file.verdict,
      ...(quarantined !== undefined && { quarantined }),
    })),
    summary: report,
  });
}

/** Prints the findings as SARIF 2.1.0. */
export async function printSarif(
  items: readonly ScannedItem[],
  report: ScanReport,
  { output, language }: Invocation,
): Promise<void> {
  const { sarifOf } = await import('@redoubt/detect/offline');
  const found = items.filter(({ finding }) => finding !== undefined);
  const reports = found.map(({ file }) => ({
    name: file.path,
    format: undefined,
    records: 1,
    bytes: file.size,
    damage: {
      count: 0,
      bytes: 0,
      places: file.verdict.notes.map(note => `${note.where}: ${note.text[language]}`),
    },
  }));
  const problems = report.unreadable.map(({ path, error }) => ({
    name: path,
    format: undefined,
    records: 0,
    bytes: 0,
    damage: { count: 0, bytes: 0, places: [] },
    error,
  }));
  output.json(
    sarifOf({
      version: await redoubtVersion(),
      language,
      rules: [],
      reports: [...reports, ...problems],
      findings: found.flatMap(({ finding }, index) =>
        finding === undefined ? [] : [{ finding, place: { file: index, record: 0, line: 1, offset: 0 } }],
      ),
    }),
  );
}

/** Prints a table of what was found, the notes, and the counts. */
export function printTable(items: readonly ScannedItem[], report: ScanReport, { output }: Invocation): void {
  const found = items.filter(({ file }) => file.verdict.judged !== 'clean');
  if (found.length === 0) output.print(output.say({ en: 'Nothing found.', zh: '未发现异常。' }));
  else {
    const headings = output.say({ en: 'VERDICT|SCORE|WHAT|FILE', zh: '结论|得分|发现|文件' }).split('|');
    const rows = found.map(({ file, quarantined }) => {
      const [first] = file.verdict.findings;
      const kept = quarantined === undefined ? '' : output.say({ en: ' [quarantined]', zh: ' [已隔离]' });
      return [
        output.say(judgedNames[file.verdict.judged]),
        String(file.verdict.score),
        safe(first === undefined ? '' : output.say(first.title)),
        `${safe(first?.where ?? file.path)}${kept}`,
      ];
    });
    output.print(
      ...table(
        headings.map((heading, index) => (index === 2 ? { heading, elastic: true as const } : { heading })),
        rows,
        output.columns,
      ),
    );
    for (const { file } of found.slice(0, shownNotes)) {
      output.print('', `${safe(file.path)}:`);
      for (const { engine, reasons } of file.verdict.findings)
        for (const { text, value } of reasons)
          output.print(`  ${engine}: ${safe(output.say(text))}${value === '' ? '' : ` [${safe(value)}]`}`);
    }
  }
  printNotes(items, report, output);
  output.remark({ en: summary(report, 'en'), zh: summary(report, 'zh') });
}

function printNotes(items: readonly ScannedItem[], report: ScanReport, output: Output): void {
  const notes = items.flatMap(({ file }) => file.verdict.notes);
  const lines = [
    ...notes.map(({ where, text }) => `${safe(where)}: ${safe(output.say(text))}`),
    ...report.unreadable.map(({ path, error }) => `${safe(path)}: ${safe(error)}`),
  ];
  if (lines.length === 0) return;
  output.print('', output.say({ en: 'Not seen in full:', zh: '未能完整检查：' }));
  output.print(...lines.slice(0, shownNotes).map(line => `  ${line}`));
  if (lines.length > shownNotes) {
    const rest = lines.length - shownNotes;
    output.print(
      output.say({
        en: `  … and ${rest} more; --json gives all`,
        zh: `  ……另有 ${rest} 条，--json 给出全部`,
      }),
    );
  }
}

function summary(report: ScanReport, language: 'en' | 'zh'): string {
  const seconds = report.milliseconds / 1_000;
  const engines = report.engines.map(({ name }) => name).join(', ');
  const rate = bytes(Math.round(report.bytes / Math.max(seconds, 0.001)));
  if (language === 'zh')
    return `${report.files} 个文件，${bytes(report.bytes)}，用时 ${seconds.toFixed(1)} 秒（每秒 ${rate}）；其中 ${report.cached} 个与上次扫描相同；恶意 ${report.malicious}，可疑 ${report.suspicious}，未能完整检查 ${report.noted + report.unreadableCount}。引擎：${engines}。`;
  return `${report.files} files, ${bytes(report.bytes)} in ${seconds.toFixed(1)} s (${rate}/s), ${report.cached} of them unchanged since the last scan; malicious ${report.malicious}, suspicious ${report.suspicious}, not seen in full ${report.noted + report.unreadableCount}. Engines: ${engines}.`;
}
