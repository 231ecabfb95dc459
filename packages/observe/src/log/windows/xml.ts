/** A small XML reader for Windows events: elements, attributes, text. No document types, no entities of their own. */

/** An element. Text directly in it is joined. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Text with its character and predefined entity references resolved. */
function unescapeXml(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));/g,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return named[name] ?? whole;
      const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}

const token =
  /<!\[CDATA\[([\s\S]*?)\]\]>|<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<(\/?)([A-Za-z_][\w:.-]{0,127})((?:\s+[A-Za-z_][\w:.-]{0,127}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;
const attribute = /([A-Za-z_][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

interface OpenElement {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlElement[];
  text: string;
}

const local = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Parses a document with one root.
 * @returns the root, or the reason why the text is none
 */
export function parseXml(text: string, depth: number): XmlElement | string {
  const stack: OpenElement[] = [];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) return `malformed XML at character ${at}`;
    at = token.lastIndex;
    const [, cdata, close, name, attributes = '', empty, plain] = match;
    const top = stack.at(-1);
    if (name === undefined) {
      if (top !== undefined) top.text += cdata ?? (plain === undefined ? '' : unescapeXml(plain));
      else if (plain !== undefined && plain.trim() !== '') return 'text outside the XML root';
      continue;
    }
    if (close === '/') {
      const done = stack.pop();
      if (done === undefined || done.name !== name) return `XML element ${name} ends without its start`;
      const parent = stack.at(-1);
      if (parent === undefined) return { ...done, name: local(name) };
      parent.children.push({ ...done, name: local(name) });
      continue;
    }
    if (stack.length >= depth) return `XML nests deeper than ${depth}`;
    const open: OpenElement = { name, attributes: new Map(), children: [], text: '' };
    for (const pair of attributes.matchAll(attribute)) {
      open.attributes.set(pair[1] ?? '', unescapeXml(pair[2] ?? pair[3] ?? ''));
    }
    if (empty !== '/') stack.push(open);
    else if (top === undefined) return { ...open, name: local(name) };
    else top.children.push({ ...open, name: local(name) });
  }
  return 'XML ends within an element';
}
