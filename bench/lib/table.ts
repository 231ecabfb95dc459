/** Tables for a terminal and for Markdown. */

/** How a column's cells stand. */
export type Align = 'left' | 'right';

/** A table: one head, and rows of as many cells. */
export interface Table {
  head: readonly string[];
  align: readonly Align[];
  rows: readonly (readonly string[])[];
}

/** Columns that a text takes on a terminal: East Asian wide characters (UAX #11) take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xffdc && code !== 0x303f);
    width += wide ? 2 : 1;
  }
  return width;
}

function pad(text: string, width: number, align: Align): string {
  const blank = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'left' ? text + blank : blank + text;
}

/** The table in columns, for a terminal. */
export function terminalTable({ head, align, rows }: Table): string {
  const widths = head.map((title, i) => Math.max(...[title, ...rows.map(r => r[i] ?? '')].map(displayWidth)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => pad(cell, widths[i] ?? 0, align[i] ?? 'left'))
      .join('  ')
      .trimEnd();
  return [line(head), widths.map(width => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** The table in Markdown (GitHub's). */
export function markdownTable({ head, align, rows }: Table): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = `|${align.map(side => (side === 'right' ? '---:' : '---')).join('|')}|`;
  return [line(head), rule, ...rows.map(line)].join('\n');
}
