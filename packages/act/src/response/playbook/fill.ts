/** Fills the target of a step in from the finding and from what the person said who started the run. */
import type { Finding } from '@redoubt/model';
import { ActionError } from '../action.ts';
import { targetFrom } from '../from-finding.ts';
import type { PlaybookStep } from './playbook.ts';

const pathPattern = /^[\w]+(\[\d{1,3}\])?(\.[\w]+(\[\d{1,3}\])?)*$/;

/** The target with its values. @throws ActionError naming the value that is missing */
export function filled(
  { action, target }: PlaybookStep,
  finding: Finding,
  inputs: Readonly<Record<string, string>>,
): object {
  const value = (given: unknown): unknown => {
    if (Array.isArray(given)) return given.map(value);
    if (typeof given !== 'string' || !given.startsWith('$')) return given;
    const [, source = '', path = ''] = /^\$(finding|input)\.(.+)$/.exec(given) ?? [];
    const found =
      source === 'input' ? inputOf(inputs, path) : source === 'finding' ? at(finding, path) : undefined;
    if (found !== undefined) return found;
    throw new ActionError('bad_target', {
      en: source === 'input' ? `say --set ${path}=VALUE` : `the finding has no ${given}`,
      zh: source === 'input' ? `请用 --set ${path}=值 指定` : `该告警没有 ${given}`,
    });
  };
  const given = Object.fromEntries(Object.entries(target).map(([key, one]) => [key, value(one)]));
  return targetFrom(action, finding, given);
}

/** Several values are separated by commas: an isolation may have several consoles. */
function inputOf(inputs: Readonly<Record<string, string>>, name: string): string | string[] | undefined {
  const text = Object.hasOwn(inputs, name) ? inputs[name] : undefined;
  return text?.includes(',') ? text.split(',').map(one => one.trim()) : text;
}

/** The text or number at `evidences[0].process.uid`. */
function at(finding: Finding, path: string): unknown {
  if (!pathPattern.test(path)) return undefined;
  let value: unknown = finding;
  for (const key of path.split(/[.[\]]+/).filter(part => part !== '')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
