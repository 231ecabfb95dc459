/** Drift findings as lines for people. */
import type { Finding, Reason } from '@redoubt/model';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { severityName } from '../output/values.ts';

/** How a key differs. */
export const kindNames = {
  added: { en: 'added', zh: '新增' },
  removed: { en: 'removed', zh: '消失' },
  changed: { en: 'changed', zh: '更改' },
} as const;

/** A line of a difference: what went in red, what came in green. */
export function differenceLine(line: string, output: Output): string {
  const sign = line.slice(0, 1);
  const text = safe(line);
  return sign === '-' ? output.style('red', text) : sign === '+' ? output.style('green', text) : text;
}

function reasonLines({ field, value, text }: Reason, output: Output): string[] {
  if (field === 'lines')
    return [
      `    ${output.say(text)}:`,
      ...value.split('\n').map(line => `      ${differenceLine(line, output)}`),
    ];
  return [`    ${safe(`${field} = ${value}: ${output.say(text)}`)}`];
}

/** Severity and title, what happened, and each reason. */
export function findingLines(finding: Finding, output: Output): string[] {
  const { title, description, reasons } = finding.redoubt;
  return [
    `${severityName(finding.severity_id, output)}  ${safe(output.say(title))}`,
    `    ${safe(output.say(description))}`,
    ...reasons.flatMap(reason => reasonLines(reason, output)),
  ];
}
