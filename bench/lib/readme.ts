/** What a benchmark measured, kept as JSON and shown in both READMEs. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Language, Text } from './language.ts';
import { repository } from './workplace.ts';

const readmes: Readonly<Record<Language, string>> = { en: 'README.md', zh: 'README.zh.md' };

/** The file that keeps a benchmark's result. */
export function resultFile(name: string): string {
  return join(repository, 'bench/results', `${name}.json`);
}

/** Keeps a result. */
export function writeResult(name: string, result: unknown): void {
  mkdirSync(join(repository, 'bench/results'), { recursive: true });
  writeFileSync(resultFile(name), `${JSON.stringify(result, undefined, 2)}\n`);
}

/**
 * A text with what stands between `<!-- bench:NAME -->` and `<!-- /bench:NAME -->` replaced; where the second mark
 * is missing, it is put behind.
 * @throws Error if the first mark is missing
 */
export function withSection(text: string, name: string, section: string): string {
  const begin = `<!-- bench:${name} -->`;
  const end = `<!-- /bench:${name} -->`;
  const from = text.indexOf(begin);
  if (from < 0) throw new Error(`there is no ${begin}`);
  const behind = from + begin.length;
  const to = text.indexOf(end, behind);
  const rest = to < 0 ? text.slice(behind) : text.slice(to + end.length);
  return `${text.slice(0, behind)}\n\n${section.trim()}\n\n${end}${rest}`;
}

/** Shows a result in both READMEs, at the marks of that benchmark. */
export function writeSections(name: string, sections: Text): void {
  for (const language of ['en', 'zh'] as const) {
    const path = join(repository, readmes[language]);
    writeFileSync(path, withSection(readFileSync(path, 'utf8'), name, sections[language]));
  }
}
