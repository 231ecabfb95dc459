/** Which language a file is written in, told from its name, its first line and its first bytes. */
import { basename, extname } from 'node:path';

export const scriptLanguages = ['php', 'javascript', 'python', 'shell'] as const;

/** A language that the script judge can read. */
export type ScriptLanguage = (typeof scriptLanguages)[number];

const byExtension: Readonly<Record<string, ScriptLanguage>> = {
  '.php': 'php',
  '.php3': 'php',
  '.php4': 'php',
  '.php5': 'php',
  '.php7': 'php',
  '.phtml': 'php',
  '.pht': 'php',
  '.phar': 'php',
  '.inc': 'php',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.py': 'python',
  '.pyw': 'python',
  '.wsgi': 'python',
  '.sh': 'shell',
  '.bash': 'shell',
  '.ksh': 'shell',
};

const byInterpreter: readonly [RegExp, ScriptLanguage][] = [
  [/\bphp[\d.]*(-cgi)?\b/, 'php'],
  [/\b(node|nodejs|deno|bun)\b/, 'javascript'],
  [/\bpython[\d.]*\b/, 'python'],
  [/\b(sh|bash|dash|ash|ksh|zsh)\b/, 'shell'],
];

/**
 * The language of a script, or undefined where it is none that the judge reads. A `<?php` or `<?=` anywhere in
 * the first 64 KiB makes it PHP, whatever its name says: that is how PHP itself treats an included picture.
 * @param name the file's name or path; may be empty
 * @param text its text, or the beginning of it
 */
export function languageOf(name: string, text: string): ScriptLanguage | undefined {
  const start = text.slice(0, 65_536);
  const [firstLine = ''] = start.slice(0, 256).split('\n', 1);
  if (firstLine.startsWith('#!')) {
    const known = byInterpreter.find(([pattern]) => pattern.test(firstLine));
    if (known !== undefined) return known[1];
  }
  const extension = byExtension[extname(basename(name)).toLowerCase()];
  if (extension !== undefined && extension !== 'php') return extension;
  if (/<\?(php\s|=)/i.test(start)) return 'php';
  return undefined;
}
