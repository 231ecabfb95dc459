/** Reads a playbook; every complaint names the file, the line and the key. */
import type { Bilingual } from '@redoubt/model';
import { isNode, LineCounter, parseDocument } from 'yaml';
import type { Approval, Playbook, PlaybookStep } from './playbook.ts';

/** A playbook that cannot be used, with the place where it is wrong. */
export class PlaybookError extends Error {
  override readonly name = 'PlaybookError';
  readonly text: Bilingual;

  constructor(text: Bilingual) {
    super(text.en);
    this.text = text;
  }
}

type Path = readonly (string | number)[];
type Fail = (path: Path, en: string, zh: string) => never;

/** Longest file that is read, characters. */
const lengthLimit = 200_000;
const stepLimit = 50;
const severities = ['unknown', 'info', 'low', 'medium', 'high', 'critical', 'fatal'];
const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * Reads one.
 * @param file its name, for complaints
 * @param actions known kinds of actions
 * @throws PlaybookError
 */
export function parsePlaybook(text: string, file: string, actions: readonly string[]): Playbook {
  const lines = new LineCounter();
  const complain = (line: number, en: string, zh: string): never => {
    throw new PlaybookError({ en: `${file}:${line}: ${en}`, zh: `${file}:${line}：${zh}` });
  };
  if (text.length > lengthLimit)
    complain(1, `is longer than ${lengthLimit} characters`, `超过 ${lengthLimit} 个字符`);
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const words = error.message.split(/ at line \d+|\n/)[0] ?? '';
    complain(Math.max(lines.linePos(error.pos[0]).line, 1), `not YAML: ${words}`, `不是 YAML：${words}`);
  }
  const fail: Fail = (path, en, zh) => {
    // The nearest node that is there: a missing key is told at its mapping.
    for (let length = path.length; length >= 0; length--) {
      const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
      if (!isNode(node)) continue;
      const { line } = lines.linePos(node.range?.[0] ?? 0);
      return complain(Math.max(line, 1), `${path.join('.')}: ${en}`, `${path.join('.')}：${zh}`);
    }
    return complain(1, `${path.join('.')}: ${en}`, `${path.join('.')}：${zh}`);
  };
  let data: unknown;
  try {
    data = document.toJS({ maxAliasCount: 20 });
  } catch (trouble) {
    complain(1, `not YAML: ${String(trouble)}`, `不是 YAML：${String(trouble)}`);
  }
  return playbookOf(new Mapping(data, [], fail), actions);
}

function playbookOf(top: Mapping, actions: readonly string[]): Playbook {
  top.only(['name', 'title', 'description', 'when', 'automatic', 'on_failure', 'limits', 'steps']);
  const when = top.mapping('when');
  when.only(['rules', 'techniques', 'severity']);
  const rules = when.texts('rules');
  const techniques = when.texts('techniques');
  for (const one of techniques)
    if (!/^T\d{4}(\.\d{3})?$/.test(one))
      when.fail('techniques', `${one} is no ATT&CK technique`, `${one} 不是 ATT&CK 技术编号`);
  if (rules.length + techniques.length === 0)
    when.fail('rules', 'name rules or techniques that it is for', '请指明适用的规则或技术');
  const limits = top.mapping('limits');
  limits.only(['runs_per_hour']);
  const steps = top.mappings('steps').map(step => stepOf(step, actions));
  if (steps.length === 0 || steps.length > stepLimit)
    top.fail('steps', `must be from 1 to ${stepLimit} steps`, `应为 1 到 ${stepLimit} 步`);
  if (new Set(steps.map(({ name }) => name)).size < steps.length)
    top.fail('steps', 'two steps have the same name', '有两步同名');
  return {
    name: top.name('name'),
    title: top.bilingual('title'),
    description: top.bilingual('description'),
    when: { rules, techniques, severity: severities.indexOf(when.oneOf('severity', severities, 'unknown')) },
    automatic: top.boolean('automatic', false),
    onFailure: top.oneOf('on_failure', ['undo', 'keep'], 'undo') as Playbook['onFailure'],
    runsPerHour: limits.integer('runs_per_hour', 1, 1_000, 5),
    steps,
  };
}

function stepOf(step: Mapping, actions: readonly string[]): PlaybookStep {
  step.only(['name', 'action', 'target', 'for', 'approval', 'optional']);
  const lasts = step.span('for');
  const approval = step.has('approval') ? approvalOf(step.mapping('approval')) : undefined;
  return {
    name: step.name('name'),
    action: step.oneOf('action', actions),
    target: step.mapping('target').plain,
    optional: step.boolean('optional', false),
    ...(lasts !== undefined && { lasts }),
    ...(approval !== undefined && { approval }),
  };
}

function approvalOf(approval: Mapping): Approval {
  approval.only(['people', 'within']);
  const within = approval.span('within');
  if (within === undefined)
    return approval.fail('within', 'must say how long, such as 15m', '应写明时限，例如 15m');
  return { people: approval.integer('people', 1, 5, 1), within };
}

/** A mapping of the file, and where it stands. */
class Mapping {
  readonly plain: Readonly<Record<string, unknown>>;
  readonly #path: Path;
  readonly #fail: Fail;

  constructor(value: unknown, path: Path, fail: Fail) {
    this.#path = path;
    this.#fail = fail;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      fail(path, 'must be a mapping of keys', '必须是键值映射');
    this.plain = value as Record<string, unknown>;
  }

  fail(key: string, en: string, zh: string): never {
    return this.#fail([...this.#path, key], en, zh);
  }

  /** Keys outside these are refused: a misspelt one must not pass unheard. */
  only(known: readonly string[]): void {
    for (const key of Object.keys(this.plain))
      if (!known.includes(key))
        this.fail(
          key,
          `is not a known key; known are ${known.join(', ')}`,
          `是未知的键；可用：${known.join('、')}`,
        );
  }

  has(key: string): boolean {
    return Object.hasOwn(this.plain, key);
  }

  mapping(key: string): Mapping {
    return new Mapping(this.has(key) ? this.plain[key] : {}, [...this.#path, key], this.#fail);
  }

  mappings(key: string): Mapping[] {
    const list = this.plain[key];
    if (!Array.isArray(list)) return this.fail(key, 'must be a list', '必须是列表');
    return list.map((item, at) => new Mapping(item, [...this.#path, key, at], this.#fail));
  }

  text(key: string): string {
    const value = this.has(key) ? this.plain[key] : undefined;
    return typeof value === 'string' && value.trim() !== ''
      ? value.trim()
      : this.fail(key, 'must be a text', '必须是文本');
  }

  texts(key: string): string[] {
    const list = this.has(key) ? this.plain[key] : [];
    if (Array.isArray(list) && list.every(item => typeof item === 'string' && item !== ''))
      return list as string[];
    return this.fail(key, 'must be a list of texts', '必须是文本列表');
  }

  name(key: string): string {
    const text = this.text(key);
    return namePattern.test(text)
      ? text
      : this.fail(key, 'must be of a-z, 0-9 and -', '只能使用 a-z、0-9 和 -');
  }

  bilingual(key: string): Bilingual {
    const both = this.mapping(key);
    both.only(['en', 'zh']);
    return { en: both.text('en'), zh: both.text('zh') };
  }

  boolean(key: string, otherwise: boolean): boolean {
    const value = this.has(key) ? this.plain[key] : otherwise;
    return typeof value === 'boolean'
      ? value
      : this.fail(key, 'must be true or false', '必须是 true 或 false');
  }

  integer(key: string, least: number, most: number, otherwise: number): number {
    const value = this.has(key) ? this.plain[key] : otherwise;
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
    return this.fail(
      key,
      `must be a whole number from ${least} to ${most}`,
      `应为 ${least} 到 ${most} 的整数`,
    );
  }

  oneOf(key: string, words: readonly string[], otherwise?: string): string {
    const value = this.has(key) ? this.text(key) : (otherwise ?? this.text(key));
    if (words.includes(value)) return value;
    return this.fail(
      key,
      `"${value}" is none of ${words.join(', ')}`,
      `“${value}”不在可选值之内：${words.join('、')}`,
    );
  }

  /** Milliseconds of `90s`, `15m`, `2h`, `7d`. */
  span(key: string): number | undefined {
    if (!this.has(key)) return undefined;
    const milliseconds = spanOf(String(this.plain[key]));
    return (
      milliseconds ??
      this.fail(key, 'must be a time such as 90s, 15m, 2h, 7d', '应为 90s、15m、2h、7d 这样的时长')
    );
  }
}

/** Milliseconds of `90s`, `15m`, `2h`, `7d`; undefined for anything else, and for more than a year. */
export function spanOf(text: string): number | undefined {
  const [, amount, unit = ''] = /^(\d{1,8})([smhd])$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (units[unit] ?? Number.NaN);
  return milliseconds > 0 && milliseconds <= 366 * 86_400_000 ? milliseconds : undefined;
}
