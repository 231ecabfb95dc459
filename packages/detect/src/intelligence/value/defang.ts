/** Indicators written so that no one clicks on them. */

/**
 * Undoes the usual ways of writing an address so that it is no link: `hxxp`, `[.]`, `(dot)`, `[:]`, `[@]`.
 * A text that has none of them comes back as it is.
 */
export function refang(text: string): string {
  const trimmed = text.trim();
  if (!/[[({\\]|^(?:hxx|h\*\*|fxp)/i.test(trimmed)) return trimmed;
  return trimmed
    .replace(/^h(?:xx|\*\*)p(s?)(?=\[?:|\()/i, 'http$1')
    .replace(/^fxp(?=\[?:)/i, 'ftp')
    .replace(/\[:\/\/\]/g, '://')
    .replace(/\[:\]/g, ':')
    .replace(/\s?(?:\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\})\s?/gi, '.')
    .replace(/\\\./g, '.')
    .replace(/\[\.(?=[\w-])|(?<=[\w-])\.\]/g, '.');
}
