/** Comma-separated values (RFC 4180). */

type Value = string | number | boolean | null | undefined;

/**
 * One line of CSV. A text that a spreadsheet would run as a formula gets an apostrophe in front: the data come
 * from attackers, and people open such files.
 */
export function csvLine(values: readonly Value[]): string {
  return values.map(csvCell).join(',');
}

function csvCell(value: Value): string {
  if (typeof value !== 'string') return value === null || value === undefined ? '' : String(value);
  const plain = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
