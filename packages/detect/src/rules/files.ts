/** Finding rule files. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** A file of rules. */
export interface RuleFile {
  /** Name for people, relative to the directory that was read. */
  readonly name: string;
  readonly text: string;
}

const isRules = (name: string): boolean => /\.ya?ml$/.test(name) && !/\.test\.ya?ml$/.test(name);
const isTests = (name: string): boolean => /\.test\.ya?ml$/.test(name);

/** Rule files below a directory, in the order of their names. */
export function readRuleFiles(directory: string): Promise<RuleFile[]> {
  return readFiles(directory, isRules);
}

/** Files with test data of rules below a directory, in the order of their names. */
export function readTestFiles(directory: string): Promise<RuleFile[]> {
  return readFiles(directory, isTests);
}

async function readFiles(directory: string, wanted: (name: string) => boolean): Promise<RuleFile[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter(entry => entry.isFile() && wanted(entry.name))
    .map(entry => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async path => ({ name: relative(directory, path), text: await readFile(path, 'utf8') })),
  );
}
