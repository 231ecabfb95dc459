/** Names of error numbers, as in errno(3). */
import { constants } from 'node:os';

const names = new Map<number, string>();
for (const [name, number] of Object.entries(constants.errno)) {
  if (!names.has(number)) names.set(number, name);
}

/** Name of an error number, such as "ENOENT" for 2; "E<number>" when it has none. */
export function errnoName(number: number): string {
  return names.get(number) ?? `E${number}`;
}
