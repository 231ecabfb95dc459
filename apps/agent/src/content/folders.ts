/** Which rules and other content an agent works with: what was shipped, or the release that an update put in force. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InstalledContent } from '@redoubt/act/update';
import { type AgentOptions, shippedContent, shippedRules } from '../options.ts';

/** The folder of one kind of content (`rules`, `yara`, `hunts`): the installed release's, else the shipped one. */
export function contentFolder(stateDirectory: string, name: string): string {
  const installed = new InstalledContent(stateDirectory).current;
  const folder = installed === undefined ? undefined : join(installed, name);
  return folder !== undefined && existsSync(folder) ? folder : join(shippedContent, name);
}

/** The folders of rules that an agent with these options loads now. */
export function ruleFolders({
  rules,
  stateDirectory,
}: Pick<AgentOptions, 'rules' | 'stateDirectory'>): string[] {
  return rules.map(folder => (folder === shippedRules ? contentFolder(stateDirectory, 'rules') : folder));
}
