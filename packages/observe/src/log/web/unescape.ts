/** Undoes what web servers escape in their logs: `\xHH` (nginx, Apache), `\"`, `\\`, `\n` (Apache). */
const escaped = /\\(?:x([0-9a-fA-F]{2})|([\\"nrtbv]))/;
const plain: Readonly<Record<string, number>> = { '\\': 92, '"': 34, n: 10, r: 13, t: 9, b: 8, v: 11 };

/** The text that was logged. Escaped bytes are joined and read as UTF-8. */
export function unescapeWeb(text: string): string {
  if (!text.includes('\\')) return text;
  const parts: Buffer[] = [];
  let rest = text;
  for (let match = escaped.exec(rest); match !== null; match = escaped.exec(rest)) {
    parts.push(Buffer.from(rest.slice(0, match.index)));
    parts.push(
      Buffer.of(match[1] === undefined ? (plain[match[2] ?? ''] ?? 63) : Number.parseInt(match[1], 16)),
    );
    rest = rest.slice(match.index + match[0].length);
  }
  parts.push(Buffer.from(rest));
  return Buffer.concat(parts).toString('utf8');
}
