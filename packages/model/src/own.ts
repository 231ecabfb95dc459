/** Tables that are asked for names which others chose. */

/** The entry of a table, never what every object inherits (`constructor`, `__proto__`). */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
