/** A policy as YAML: complaints name file, line and key. */
import { isNode, LineCounter, parseDocument } from 'yaml';
import { readPolicy, type SegmentationPolicy } from './policy.ts';
import { type Place, PolicyError } from './reading.ts';

/** Characters; longer is refused. */
const lengthLimit = 4_000_000;

/**
 * Reads a policy from YAML (and so JSON).
 * @param file name for complaints
 * @throws PolicyError
 */
export function parsePolicyText(text: string, file = 'policy'): SegmentationPolicy {
  if (text.length > lengthLimit)
    throw new PolicyError(
      [],
      { en: `longer than ${lengthLimit} characters`, zh: `超过 ${lengthLimit} 个字符` },
      `${file}: `,
    );
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, logLevel: 'silent' });
  const place = (offset: number): string => `${file}:${Math.max(lineCounter.linePos(offset).line, 1)}: `;
  const [trouble] = document.errors;
  if (trouble !== undefined) {
    const words = trouble.message.split(/ at line \d+|\n/)[0] ?? '';
    throw new PolicyError([], { en: `not YAML: ${words}`, zh: `不是 YAML：${words}` }, place(trouble.pos[0]));
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new PolicyError([], { en: words, zh: words }, `${file}: `);
  }
  try {
    return readPolicy(value);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    throw error.at(place(offsetOf(document, error.place)));
  }
}

/** Where the value at a place stands; where it is absent, what should have held it. */
function offsetOf(document: ReturnType<typeof parseDocument>, place: Place): number {
  for (let length = place.length; length >= 0; length--) {
    try {
      const node = length === 0 ? document.contents : document.getIn(place.slice(0, length), true);
      if (isNode(node) && node.range) return node.range[0];
    } catch {
      // A place below a value that holds nothing.
    }
  }
  return 0;
}
