/** A dense table that becomes a list of cards where the screen is narrow. */
import type { ReactNode } from 'react';
import './grid.css';

/** A column: its heading, what it shows, and how it is set. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** `number` stands at the right, `wide` takes the room that is left, `tight` never breaks. */
  readonly kind?: 'number' | 'wide' | 'tight';
}

/** Rows under headings; `label` says what the table is to those who do not see it. */
export function Grid<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
}): ReactNode {
  return (
    <table className="grid" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, kind }) => (
            <th key={title} scope="col" data-kind={kind}>
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <tr key={keyOf(row)}>
            {columns.map(({ title, cell, kind }) => (
              <td key={title} data-kind={kind} data-title={title}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
