/** Lists of names as they are published: zones, hosts files, plain names. Read line by line, with limits. */
import { closeSync, constants, createReadStream, fstatSync, openSync } from 'node:fs';
import { domainToASCII } from 'node:url';
import { type NameAction, ZoneReader, type ZoneRule } from './rpz.ts';

/**
 * `rpz`: a response policy zone. `hosts`: `0.0.0.0 name …`, those names alone. `names`: a name a line, that name alone.
 * `suffixes`: a name a line, with all below it. `indicators`: the file of the indicator library.
 */
export const listFormats = ['rpz', 'hosts', 'names', 'suffixes', 'indicators'] as const;
export type ListFormat = (typeof listFormats)[number];

/** One name of a list. */
export interface ListedName {
  readonly name: string;
  readonly kind: 'exact' | 'below' | 'tree';
  readonly action: NameAction;
  readonly rule?: ZoneRule;
}

/** What was passed over, by why, with the first lines of each kind. */
export interface ListTroubles {
  total: number;
  readonly samples: { readonly line: number; readonly text: string }[];
}

const samplesKept = 20;
const lineLimit = 65_536;
/** Names that hosts files give to the host itself. */
const ownNames = new Set([
  'localhost',
  'localhost.localdomain',
  'local',
  'broadcasthost',
  'ip6-localhost',
  'ip6-loopback',
  '0.0.0.0',
  'ip6-allnodes',
  'ip6-allrouters',
  'ip6-localnet',
  'ip6-mcastprefix',
]);

/**
 * A host name as lists compare it: lower case, ASCII (IDNA), without the final dot.
 * @returns undefined when it is none
 */
export function listName(text: string): string | undefined {
  const bare = text.endsWith('.') ? text.slice(0, -1) : text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is how the ASCII range is written
  const name = /^[\x00-\x7f]*$/.test(bare) ? bare.toLowerCase() : domainToASCII(bare);
  return name.length <= 253 && /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name) ? name : undefined;
}

/** Lines of a regular file. @throws Error naming the file when it is none or cannot be read */
export async function* linesOf(path: string): AsyncGenerator<string> {
  // Not blocking: a FIFO in place of the list would hold us for ever.
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  if (!fstatSync(fd).isFile()) {
    closeSync(fd);
    throw new Error(`${path} is no regular file`);
  }
  let rest = '';
  for await (const chunk of createReadStream(path, { fd, encoding: 'utf8', highWaterMark: 1 << 18 })) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > lineLimit) throw new Error(`${path} has a line longer than ${lineLimit} characters`);
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line;
  }
  if (rest !== '') yield rest;
}

function* namesOfLine(line: string, format: 'hosts' | 'names' | 'suffixes'): Generator<string> {
  const words = line
    .replace(/[#!].*$/, '')
    .trim()
    .split(/\s+/);
  const isHosts = format === 'hosts';
  for (const word of isHosts ? words.slice(1) : words)
    if (word !== '' && !(isHosts && ownNames.has(word))) yield word;
}

/**
 * The names of a list.
 * @param troubles what is passed over is counted here
 * @throws Error naming the file when it cannot be read
 */
export async function* readList(
  path: string,
  format: ListFormat,
  troubles: ListTroubles,
): AsyncGenerator<ListedName> {
  const trouble = (line: number, text: string): void => {
    troubles.total++;
    if (troubles.samples.length < samplesKept) troubles.samples.push({ line, text: text.slice(0, 300) });
  };
  if (format === 'indicators') {
    yield* indicatorNames(path);
    return;
  }
  const zone = format === 'rpz' ? new ZoneReader() : undefined;
  let number = 0;
  for await (const line of linesOf(path)) {
    number++;
    if (zone !== undefined) {
      const found = zone.line(line);
      if (found === undefined) continue;
      if ('line' in found) trouble(found.line, found.text);
      else yield { ...found, rule: found };
      continue;
    }
    for (const word of namesOfLine(line, format as 'hosts')) {
      const isWild = word.startsWith('*.');
      const name = listName(word.replace(/^\*?\./, ''));
      if (name === undefined) trouble(number, `no host name: ${word}`);
      else
        yield { name, kind: isWild ? 'below' : format === 'suffixes' ? 'tree' : 'exact', action: 'nxdomain' };
    }
  }
}

async function* indicatorNames(path: string): AsyncGenerator<ListedName> {
  const { readIndicators } = await import('@redoubt/detect/intelligence');
  const set = await readIndicators(path);
  // Nothing was imported yet.
  if (set === undefined) return;
  for (const hit of set.hits()) {
    if ((hit.kind !== 'domain' && hit.kind !== 'domain_tree') || set.sourceOf(hit)?.held === true) continue;
    const name = listName(set.valueOf(hit).replace(/^\*\./, ''));
    if (name !== undefined)
      yield { name, kind: hit.kind === 'domain' ? 'exact' : 'tree', action: 'nxdomain' };
  }
}
