/** A finding in full, for a person. */
import type { FindingTree } from '@redoubt/agent/contract';
import type { Finding } from '@redoubt/model';
import { actorName } from './event-line.ts';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { treeLines } from './tree.ts';
import { dateTime, severityName, statusName } from './values.ts';
import { pad, width } from './width.ts';

/** Lines of `name  value` with the values below each other. */
function facts(rows: readonly (readonly [name: string, value: string])[]): string[] {
  const widest = Math.max(...rows.map(([name]) => width(name)));
  return rows.filter(([, value]) => value !== '').map(([name, value]) => `  ${pad(name, widest)}  ${value}`);
}

function heading(output: Output, en: string, zh: string): string[] {
  return ['', output.style('bold', output.say({ en, zh }))];
}

function evidence(finding: Finding, output: Output): string[] {
  const say = (en: string, zh: string) => output.say({ en, zh });
  return finding.evidences.flatMap(({ process, file, dst_endpoint }) => {
    const hash = process?.file?.hashes?.find(one => one.algorithm_id === 3)?.value ?? '';
    return facts([
      [say('process', '进程'), safe(actorName(process))],
      [say('command line', '命令行'), safe(process?.cmd_line ?? '')],
      [say('program', '程序'), safe(process?.file?.path ?? '')],
      ['SHA-256', safe(hash)],
      [say('package', '软件包'), safe(process?.file?.package?.name ?? '')],
      [say('user', '用户'), safe(process?.user?.name ?? process?.user?.uid ?? '')],
      [say('container', '容器'), safe(process?.container?.name ?? process?.container?.uid ?? '')],
      [say('file', '文件'), safe(file?.path ?? '')],
      [say('peer', '对端'), safe(dst_endpoint?.ip ? `${dst_endpoint.ip}:${dst_endpoint.port ?? ''}` : '')],
    ]);
  });
}

/** Lines about a finding: what, why, on what evidence, and what to do. */
export function findingLines(finding: Finding, tree: FindingTree | undefined, output: Output): string[] {
  const { finding_info: info, redoubt } = finding;
  const say = (en: string, zh: string) => output.say({ en, zh });
  const attacks = info.attacks.map(({ tactic, technique }) =>
    technique ? `${technique.uid} ${technique.name} (${tactic.name})` : tactic.name,
  );
  const lines = [
    `${severityName(finding.severity_id, output)}  ${output.style('bold', safe(output.say(redoubt.title)))}`,
    safe(output.say(redoubt.description)),
    '',
    ...facts([
      [say('id', '编号'), safe(info.uid)],
      [say('rule', '规则'), safe(info.analytic.uid)],
      ['ATT&CK', safe(attacks.join(', '))],
      [say('status', '状态'), statusName(finding.status_id, output)],
      [say('first seen', '首次发生'), dateTime(info.first_seen_time)],
      [say('last seen', '最近发生'), dateTime(info.last_seen_time)],
      [say('count', '次数'), String(finding.count)],
    ]),
    ...heading(output, 'Reasons', '理由'),
    ...redoubt.reasons.map(
      reason => `  • ${safe(output.say(reason.text))}  [${safe(reason.field)} = ${safe(reason.value)}]`,
    ),
    ...heading(output, 'Evidence', '证据'),
    ...evidence(finding, output),
  ];
  if (tree && tree.processes.length > 0)
    lines.push(
      ...heading(output, 'Process tree', '进程树'),
      ...treeLines(tree.processes, output, tree.focus),
    );
  if (redoubt.advice)
    lines.push(...heading(output, 'What to do', '处置建议'), `  ${safe(output.say(redoubt.advice))}`);
  if (redoubt.false_positives)
    lines.push(
      ...heading(output, 'When this is harmless', '何时属于误报'),
      `  ${safe(output.say(redoubt.false_positives))}`,
    );
  return lines;
}
