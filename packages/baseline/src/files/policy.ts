/** The policy of files: where to look, and what class a path is of. */
import { createRequire } from 'node:module';
import { StateError } from '../state/error.ts';
import type { Trees } from '../state/format.ts';

/** The parser has seventy modules: it is loaded when there is something to read. */
const loadParser = (): typeof import('yaml') => createRequire(import.meta.url)('yaml');

/** What a path is for; the weight of a change depends on it. */
export const fileClasses = ['binaries', 'configuration', 'web', 'logs', 'other', 'ignored'] as const;
export type FileClass = (typeof fileClasses)[number];

/** A policy that has been read. */
export interface FilePolicy extends Trees {
  /** Text that it was read from; its digest stands in the state. */
  readonly text: string;
  classOf(key: string): FileClass;
  /** Of which files copies are kept: those of these classes or paths that are no larger, bytes. */
  readonly copies: { readonly largest: number; wants(key: string, kind: FileClass): boolean };
}

const longestPolicy = 1 << 20;

function wrong(en: string, zh: string): StateError {
  return new StateError('policy', { en: `the policy of files is wrong: ${en}`, zh: `文件策略有误：${zh}` });
}

function listOf(value: unknown, name: string): string[] {
  const good = Array.isArray(value) && value.every(one => typeof one === 'string' && one.startsWith('/'));
  if (!good) throw wrong(`"${name}" must be a list of absolute paths`, `“${name}”应为绝对路径列表`);
  return value as string[];
}

const special = /[\\^$.|+()[\]{}]/g;

/** A glob as a regular expression: `**` any characters, `*` and `?` any but a slash. `X/**` is X, too. */
export function globPattern(glob: string): string {
  const folder = glob.endsWith('/**') ? glob.slice(0, -3) : glob;
  const body = folder
    .split('**')
    .map(part => part.replace(special, '\\$&').replaceAll('*', '[^/]*').replaceAll('?', '[^/]'))
    .join('[^]*');
  return folder === glob ? body : `${body}(?:/[^]*)?`;
}

function matcher(globs: readonly string[]): RegExp {
  return new RegExp(globs.length === 0 ? '(?!)' : `^(?:${globs.map(globPattern).join('|')})$`);
}

/** Paths sorted as keys are, without those inside others. */
export function withoutNested(paths: readonly string[]): string[] {
  const clean = [...new Set(paths.map(path => (path.length > 1 ? path.replace(/\/+$/, '') : path)))];
  const inside = (path: string) =>
    clean.some(one => one !== path && (one === '/' || path.startsWith(`${one}/`)));
  return clean.filter(path => !inside(path)).sort((a, b) => (a < b ? -1 : 1));
}

const longestCopy = 64 << 20;

/** `copies: {classes: […], globs: […], largest: BYTES}`; configuration up to 1 MiB when it says nothing. */
function copiesOf(value: unknown): FilePolicy['copies'] {
  const {
    classes = ['configuration'],
    globs = [],
    largest = 1 << 20,
    ...more
  } = (value ?? {}) as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined)
    throw wrong(`"copies" has an unknown "${unknown}"`, `“copies”中未知的“${unknown}”`);
  if (!Array.isArray(classes) || !classes.every(one => (fileClasses as readonly unknown[]).includes(one)))
    throw wrong('"copies.classes" must be a list of classes', '“copies.classes”应为类别列表');
  if (!Number.isSafeInteger(largest) || (largest as number) < 0 || (largest as number) > longestCopy)
    throw wrong(
      `"copies.largest" must be bytes, at most ${longestCopy}`,
      `“copies.largest”应为字节数，最多 ${longestCopy}`,
    );
  const pattern = matcher(listOf(globs, 'copies.globs'));
  return {
    largest: largest as number,
    wants: (key, kind) => classes.includes(kind) || pattern.test(key),
  };
}

/** Reads a policy. @throws StateError `policy`, naming what is wrong */
export function parsePolicy(text: string): FilePolicy {
  if (text.length > longestPolicy) throw wrong('it is longer than 1 MiB', '长度超过 1 MiB');
  let value: unknown;
  try {
    value = loadParser().parse(text, { maxAliasCount: 0 });
  } catch (error) {
    const words = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw wrong(words, words);
  }
  if (typeof value !== 'object' || value === null) throw wrong('it is empty', '内容为空');
  const { version, paths, classes, copies, ...more } = value as Record<string, unknown>;
  const [unknown] = Object.keys(more);
  if (unknown !== undefined) throw wrong(`"${unknown}" is unknown`, `未知的“${unknown}”`);
  if (version !== 1) throw wrong('"version" must be 1', '“version”应为 1');
  const walked = withoutNested(listOf(paths, 'paths'));
  if (walked.length === 0) throw wrong('"paths" is empty', '“paths”为空');

  const rules: { kind: FileClass; globs: string[]; pattern: RegExp }[] = [];
  if (!Array.isArray(classes)) throw wrong('"classes" must be a list', '“classes”应为列表');
  for (const one of classes as { class?: unknown; globs?: unknown }[]) {
    const kind = fileClasses.find(name => name === one?.class);
    if (kind === undefined) {
      const all = fileClasses.join(', ');
      throw wrong(`a class must be one of ${all}`, `类别应为 ${all} 之一`);
    }
    const globs = listOf(one.globs, 'globs');
    rules.push({ kind, globs, pattern: matcher(globs) });
  }
  // Only what stands first can be pruned: what follows may be overruled by what is before it.
  const first = rules[0]?.kind === 'ignored' ? rules[0].globs : [];
  const pruned = first.filter(glob => /^[^*?]+\/\*\*$/.test(glob)).map(glob => glob.slice(0, -3));
  return {
    text,
    copies: copiesOf(copies),
    paths: walked,
    pruned,
    classOf: key => rules.find(rule => rule.pattern.test(key))?.kind ?? 'other',
  };
}
