/** The file `logs.yml` in the state directory: what it says, and changing it. */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { YamlError as LogsConfigError } from '@redoubt/act/yaml';
import { type Document, isMap, isScalar, isSeq, parseDocument, YAMLSeq } from 'yaml';
import { defaultSources } from './defaults.ts';
import { parseLogsConfig } from './parse.ts';
import type { LogSourceConfig, LogsConfig } from './types.ts';

const header = `# Logs that the agent follows, beside those that it finds on this host. See docs/en/logs.md or docs/zh/logs.md.
# 代理跟踪的日志（除本机自动发现的之外）。说明见 docs/zh/logs.md。
defaults: true
`;

/** Where the configuration of an agent stands. */
export function logsConfigPath(stateDirectory: string): string {
  return join(stateDirectory, 'logs.yml');
}

/**
 * Reads the configuration; without a file, what is found on this host.
 * @throws LogsConfigError naming the line and the key; the system's error when the file cannot be read
 */
export function readLogsConfig(stateDirectory: string): LogsConfig {
  const path = logsConfigPath(stateDirectory);
  if (!existsSync(path)) return { defaults: true, except: [], sources: [] };
  return parseLogsConfig(readFileSync(path, 'utf8'), path);
}

/** The sources that a configuration comes to; one of its own replaces a found one of the same name. */
export function effectiveSources(config: LogsConfig, found = defaultSources): LogSourceConfig[] {
  const named = new Set([...config.except, ...config.sources.map(source => source.name)]);
  const defaults = config.defaults ? found().filter(source => !named.has(source.name)) : [];
  return [...defaults, ...config.sources];
}

/** Settings of one source under the names that the file uses. */
export type SourceSettings = Readonly<Record<string, unknown>> & { readonly name: string };

/**
 * Adds a source. Comments and order of the file stay.
 * @throws LogsConfigError when the file with it would not be valid, or the name is taken
 */
export function addLogSource(stateDirectory: string, settings: SourceSettings): void {
  edit(stateDirectory, document => {
    listIn(document, 'sources').add(document.createNode(settings));
    const except = document.get('except');
    if (isSeq(except)) removeFrom(except, item => isScalar(item) && item.value === settings.name);
  });
}

/**
 * Removes a source; one that is found on this host is left out from now on.
 * @returns whether there was such a source
 */
export function removeLogSource(stateDirectory: string, name: string, found = defaultSources): boolean {
  const config = readLogsConfig(stateDirectory);
  if (!effectiveSources(config, found).some(source => source.name === name)) return false;
  edit(stateDirectory, document => {
    const sources = document.get('sources');
    if (isSeq(sources)) removeFrom(sources, item => isMap(item) && item.get('name') === name);
    if (config.defaults && found().some(source => source.name === name)) {
      listIn(document, 'except').add(document.createNode(name));
    }
  });
  return true;
}

function edit(stateDirectory: string, change: (document: Document) => void): void {
  const path = logsConfigPath(stateDirectory);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : header;
  parseLogsConfig(before, path);
  const document = parseDocument(before);
  change(document);
  const text = document.toString({ lineWidth: 110 });
  parseLogsConfig(text, path);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

function listIn(document: Document, key: string): YAMLSeq {
  const existing = document.get(key);
  if (isSeq(existing)) return existing as YAMLSeq;
  const list = new YAMLSeq();
  document.set(key, list);
  return list;
}

function removeFrom(list: { items: unknown[] }, matches: (item: unknown) => boolean): void {
  list.items = list.items.filter(item => !matches(item));
}

export { LogsConfigError };
