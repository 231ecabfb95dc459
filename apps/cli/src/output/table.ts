/** Aligned tables. */
import { cut, pad, width } from './width.ts';

/** A column: its heading, and whether it may be cut when the terminal is narrow. */
export interface Column {
  readonly heading: string;
  readonly elastic?: true;
}

const gap = '  ';

/**
 * Lines of a table whose columns stand below each other.
 * @param columns headings; at most one should be elastic
 * @param rows cells, printable as they are (see `safe`), one for each column
 * @param columnsAvailable width of the terminal; undefined means that nothing is cut
 */
export function table(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  columnsAvailable?: number,
): string[] {
  const lines = [columns.map(column => column.heading), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map(line => width(line[index] ?? ''))));
  const elastic = columns.findIndex(column => column.elastic);
  if (columnsAvailable !== undefined && elastic >= 0) {
    const total = widths.reduce((sum, one) => sum + one, 0) + gap.length * (columns.length - 1);
    const over = total - columnsAvailable;
    const now = widths[elastic] ?? 0;
    if (over > 0) widths[elastic] = Math.max(Math.min(now, 10), now - over);
  }
  return lines.map(line =>
    columns
      .map((_, index) => {
        const cell = line[index] ?? '';
        const columnWidth = widths[index] ?? 0;
        const fitted = index === elastic ? cut(cell, columnWidth) : cell;
        return index === columns.length - 1 ? fitted : pad(fitted, columnWidth);
      })
      .join(gap)
      .trimEnd(),
  );
}
