/** The account of a storm as a table. */
import { language } from '../lib/language.ts';
import { terminalTable } from '../lib/table.ts';
import type { AccountLine } from './account.ts';

/** The account as columns for the terminal. */
export function accountTable(lines: readonly AccountLine[]): string {
  const number = (value: number) => value.toLocaleString('en');
  return terminalTable({
    head:
      language === 'zh'
        ? ['事件', '执行', '记录', '缺少', '归属不明', '计为丢失（全机）']
        : ['event', 'performed', 'recorded', 'missing', 'of nobody known', 'counted as lost (whole host)'],
    align: ['left', 'right', 'right', 'right', 'right', 'right'],
    rows: lines.map(({ kind, performed, recorded, unattributed, lost }) => [
      kind,
      number(performed),
      number(recorded),
      number(performed - recorded),
      number(unattributed),
      number(lost),
    ]),
  });
}
