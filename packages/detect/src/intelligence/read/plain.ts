/** Plain lists and hosts files: an indicator a line. */

import type { CandidateKind, Sink } from '../kinds.ts';
import { addressWords } from '../value/address.ts';
import { refang } from '../value/defang.ts';
import { kindOfForm, kindOfName } from '../value/guess.ts';
import { comparableName } from '../value/name.ts';
import { type Input, readLines } from './lines.ts';

export interface PlainOptions {
  /** What every line is; undefined leaves it to each line's form. */
  readonly kind?: CandidateKind;
}

/** A comment begins the line, or follows white space. `//` does only at the beginning: URLs have it. */
const comment = /^\s*(?:#|;|\/\/).*|\s[#;].*/s;

/**
 * Reads one indicator a line. Empty lines and comments (`#`, `;`, `//`) are passed over, defanged values are
 * understood, and a line may begin with a type (`domain bad.example`) or be quoted.
 */
export function readPlain(input: Input, sink: Sink, options: PlainOptions = {}): Promise<void> {
  return readLines(input, sink, (line, at) => {
    const text = line.replace(comment, '').trim();
    if (text === '') return;
    const [first = '', second, ...more] = text.replace(/^"(.*)",?$|^'(.*)',?$/, '$1$2').split(/[\s,]+/);
    if (second === undefined) sink.take({ kind: options.kind, value: first }, at);
    else if (more.length === 0 && kindOfName(first) !== undefined && kindOfForm(refang(first)) === undefined)
      sink.take({ kind: kindOfName(first), value: second }, at);
    else sink.refuse('more than one value in the line: read it as CSV', at, text);
  });
}

/** Names that every hosts file has for the host itself. */
const ownNames = new Set([
  'localhost',
  'localhost.localdomain',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  'ip6-localnet',
  'ip6-mcastprefix',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-allhosts',
  '0.0.0.0',
]);

/**
 * Reads a blocking list in the form of hosts(5): an address of nowhere (0.0.0.0, 127.0.0.1, ::) and names. Each
 * name stands for itself only, as a hosts file would have it.
 */
export function readHosts(input: Input, sink: Sink): Promise<void> {
  return readLines(input, sink, (line, at) => {
    const [address = '', ...names] = line.replace(/#.*/s, '').trim().split(/\s+/);
    if (address === '') return;
    const words = addressWords(address.replace(/%.*/, ''));
    if (words === undefined) {
      sink.refuse('does not begin with an IP address', at, line);
      return;
    }
    if (!isNowhere(words)) {
      sink.refuse('gives a name a real address: no blocking list', at, line);
      return;
    }
    if (names.length === 0) {
      sink.refuse('no name after the address', at, line);
      return;
    }
    for (const name of names) {
      const comparable = comparableName(name) ?? name;
      if (ownNames.has(comparable)) sink.ignore('name of the host itself');
      else sink.take({ kind: 'domain', value: name, subdomains: false }, at);
    }
  });
}

function isNowhere(words: readonly number[]): boolean {
  const [first = 0, , , last = 0] = words;
  if (words.length === 1) return first >>> 24 === 0 || first >>> 24 === 127;
  return words.slice(0, 3).every(word => word === 0) && last <= 1;
}
