/** How many characters of the filter stand around the place of an error. */
const around = 30;

/** The part of the filter around an error, with a caret below the column (from 1) where it is. */
export function pointAt(where: string, column: number): string {
  const place = Math.min(Math.max(column, 1), where.length + 1) - 1;
  const start = Math.max(0, place - around);
  const lead = start > 0 ? '…' : '';
  return `${lead}${where.slice(start, place + around)}\n${' '.repeat(lead.length + place - start)}^`;
}
