/** Domain names in the form that names are compared in. */
import { domainToASCII } from 'node:url';

/** Whether every character is ASCII and fit for a host name; `_` occurs in service names. */
const plainName = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;

/**
 * A domain name in lower case, internationalised names in their ASCII form (UTS 46), without the root's dot.
 * @returns undefined when it is no domain name by RFC 1035's lengths
 */
export function comparableName(text: string): string | undefined {
  let name = text.toLowerCase();
  if (name.endsWith('.')) name = name.slice(0, -1);
  if (!plainName.test(name)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the point is whether it is ASCII
    if (/^[\x00-\x7f]*$/.test(name) || name.length > 253) return undefined;
    name = domainToASCII(name);
    if (!plainName.test(name)) return undefined;
  }
  if (name.length > 253) return undefined;
  for (let from = 0; from < name.length; ) {
    const dot = name.indexOf('.', from);
    const end = dot < 0 ? name.length : dot;
    if (end - from > 63) return undefined;
    from = end + 1;
  }
  return name;
}
