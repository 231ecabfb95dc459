/** What a sandbox reports, for a person. */
import type { SandboxReport } from '@redoubt/detect/sandbox';
import type { Output } from './output.ts';
import { safe } from './safe.ts';

const verdicts = {
  clean: { en: 'nothing bad was seen', zh: '未见恶意行为' },
  suspicious: { en: 'suspicious', zh: '可疑' },
  malicious: { en: 'malicious', zh: '恶意' },
} as const;

/** Lines of a report: the verdict, what was done, which rules it met, and how it ended. */
export function sandboxLines(report: SandboxReport, output: Output): string[] {
  const { judged, score, observations, findings, notes, omitted } = report;
  const head = output.say({
    en: `Verdict: ${verdicts[judged].en} (${score} of 100, sandbox: ${report.sandbox})`,
    zh: `结论：${verdicts[judged].zh}（${score}/100，沙箱：${report.sandbox}）`,
  });
  const lines = [head];
  const section = (title: { en: string; zh: string }, items: readonly string[]): void => {
    if (items.length > 0) lines.push('', output.say(title), ...items.map(item => `  ${item}`));
  };
  section(
    { en: 'Rules that it met', zh: '命中的规则' },
    findings.map(one => safe(output.say(one.redoubt.title))),
  );
  section(
    { en: 'What it did', zh: '行为' },
    observations.map(({ text, count }) => `${safe(output.say(text))}${count > 1 ? ` ×${count}` : ''}`),
  );
  section(
    { en: 'Notes', zh: '备注' },
    notes.map(note => safe(output.say(note))),
  );
  if (omitted > 0)
    lines.push('', output.say({ en: `${omitted} more were left out`, zh: `另有 ${omitted} 项未列出` }));
  return lines;
}
