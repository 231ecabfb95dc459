/** Keys of paths that stand in a text, such as a configuration file. */

/** The key of a path in a text: its backslashes doubled, as in the key of the same bytes. */
export function keyOfText(text: string): string {
  return text.replaceAll('\\', '\\\\');
}
