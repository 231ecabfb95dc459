/** YARA rules over the memory of processes: the engine of the scan, handed to the check of memory. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { MemoryMatcher } from '@redoubt/baseline/memory';
import { flag, type Invocation, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { repository } from '../repository.ts';

/** Severities of what a rule judges (OCSF `severity_id`). */
const severities = { malicious: 5, suspicious: 3 } as const;

/** The rules of `--yara` and `--rules`; undefined when neither is asked for. @throws CommandError when they are wrong */
export async function rulesMatcher({ options }: Invocation): Promise<MemoryMatcher | undefined> {
  const named = textOptions(options, 'rules').map(path => resolve(path));
  if (!flag(options, 'yara') && named.length === 0) return undefined;
  const missing = named.find(path => !existsSync(path));
  if (missing !== undefined)
    throw new CommandError(ExitCode.usage, {
      en: `There are no rules at ${missing}`,
      zh: `${missing} 处没有规则`,
    });
  const shipped = flag(options, 'yara') ? [join(repository, 'content/yara')] : [];
  const { BytesSubject, defaultLimits, makeEngines } = await import('@redoubt/detect/scan');
  const [engine] = await makeEngines({ yaraRules: [...shipped, ...named], only: ['yara-x'] }).catch(error => {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.usage, {
      en: `The rules cannot be used: ${words}`,
      zh: `无法使用规则：${words}`,
    });
  });
  if (engine === undefined) return undefined;
  return async piece => {
    const found = await engine.scan(new BytesSubject('/memory', [], piece), defaultLimits);
    return found.map(({ signature, judgement }) => ({ rule: signature, severity: severities[judgement] }));
  };
}
