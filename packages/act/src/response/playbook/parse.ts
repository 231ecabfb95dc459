/** Reads a playbook; every complaint names the file, the line and the key. */
import type { Bilingual } from '@redoubt/model';
import { parseDuration } from '../../duration.ts';
import { YamlCursor } from '../../yaml/index.ts';
import type { Approval, Playbook, PlaybookStep } from './playbook.ts';

const stepLimit = 50;
const severities = ['unknown', 'info', 'low', 'medium', 'high', 'critical', 'fatal'];
const year = 366 * 86_400_000;
const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;
const keys = ['name', 'title', 'description', 'when', 'automatic', 'on_failure', 'limits', 'steps'] as const;

/**
 * Reads one.
 * @param file its name, for complaints
 * @param actions known kinds of actions
 * @throws YamlError
 */
export function parsePlaybook(text: string, file: string, actions: readonly string[]): Playbook {
  const top = YamlCursor.of(text, file);
  const found = top.entries(keys);
  const need = (key: (typeof keys)[number]): YamlCursor => needed(top, found, key);
  const steps = need('steps');
  const items = steps.items();
  if (items.length === 0 || items.length > stepLimit)
    steps.fail(`must be from 1 to ${stepLimit} steps`, `应为 1 到 ${stepLimit} 步`);
  const read = items.map(step => stepOf(step, actions));
  if (new Set(read.map(({ name }) => name)).size < read.length)
    steps.fail('two steps have the same name', '有两步同名');
  return {
    name: nameOf(need('name')),
    title: bilingualOf(need('title')),
    description: bilingualOf(need('description')),
    when: whenOf(need('when')),
    automatic: found.get('automatic')?.boolean() ?? false,
    onFailure: found.get('on_failure')?.oneOf(['undo', 'keep']) ?? 'undo',
    runsPerHour: found.get('limits')?.entries(['runs_per_hour']).get('runs_per_hour')?.whole(1, 1_000) ?? 5,
    steps: read,
  };
}

function whenOf(when: YamlCursor): Playbook['when'] {
  const found = when.entries(['rules', 'techniques', 'severity']);
  const rules = found.get('rules')?.texts() ?? [];
  const techniques = found.get('techniques')?.texts() ?? [];
  for (const one of techniques)
    if (!/^T\d{4}(\.\d{3})?$/.test(one))
      found.get('techniques')?.fail(`${one} is no ATT&CK technique`, `${one} 不是 ATT&CK 技术编号`);
  if (rules.length + techniques.length === 0)
    when.fail('name rules or techniques that it is for', '请指明适用的规则或技术');
  return {
    rules,
    techniques,
    severity: severities.indexOf(found.get('severity')?.oneOf(severities) ?? 'unknown'),
  };
}

function stepOf(step: YamlCursor, actions: readonly string[]): PlaybookStep {
  const found = step.entries(['name', 'action', 'target', 'for', 'approval', 'optional']);
  const lasts = found.get('for');
  const approval = found.get('approval');
  return {
    name: nameOf(needed(step, found, 'name')),
    action: needed(step, found, 'action').oneOf(actions),
    target: found.get('target')?.plain() ?? {},
    optional: found.get('optional')?.boolean() ?? false,
    ...(lasts !== undefined && { lasts: timeOf(lasts) }),
    ...(approval !== undefined && { approval: approvalOf(approval) }),
  };
}

function approvalOf(approval: YamlCursor): Approval {
  const found = approval.entries(['people', 'within']);
  return {
    people: found.get('people')?.whole(1, 5) ?? 1,
    within: timeOf(needed(approval, found, 'within')),
  };
}

function needed(at: YamlCursor, found: ReadonlyMap<string, YamlCursor>, key: string): YamlCursor {
  return found.get(key) ?? at.fail(`${key} is missing`, `缺少 ${key}`);
}

function nameOf(cursor: YamlCursor): string {
  const text = cursor.text();
  return namePattern.test(text) ? text : cursor.fail('must be of a-z, 0-9 and -', '只能使用 a-z、0-9 和 -');
}

function bilingualOf(cursor: YamlCursor): Bilingual {
  const found = cursor.entries(['en', 'zh']);
  return { en: needed(cursor, found, 'en').text(), zh: needed(cursor, found, 'zh').text() };
}

function timeOf(cursor: YamlCursor): number {
  return (
    spanOf(cursor.text()) ??
    cursor.fail('must be a time such as 90s, 15m, 2h, 7d', '应为 90s、15m、2h、7d 这样的时长')
  );
}

/** Milliseconds of `90s`, `15m`, `2h`, `7d`; undefined for anything else, and for more than a year. */
export function spanOf(text: string): number | undefined {
  const milliseconds = parseDuration(text);
  return milliseconds !== undefined && milliseconds <= year ? milliseconds : undefined;
}
