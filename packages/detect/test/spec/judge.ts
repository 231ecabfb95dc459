/** Judges a record by a rule in both engines, which must agree. */
import assert from 'node:assert/strict';
import { compileMatcher } from '../../src/sigma/compile/matcher.ts';
import { pathSource, RecordReader } from '../../src/sigma/event.ts';
import { type ParseOptions, parseSigma } from '../../src/sigma/parse/parse.ts';
import { referenceMatcher } from '../../src/sigma/reference/matcher.ts';

const indent = (text: string): string => text.trim().replaceAll('\n', '\n  ');

/** A whole rule around a `detection` section. Without a condition, the condition is `selection`. */
export function ruleOf(detection: string): string {
  const condition = /^condition:/m.test(detection) ? '' : '\n  condition: selection';
  return `title: a rule\nlogsource: {product: test}\ndetection:\n  ${indent(detection)}${condition}\n`;
}

/** Whether a record matches a `detection` section, written in YAML. A refusal throws its reason. */
export function matches(detection: string, record: Record<string, unknown>, options?: ParseOptions): boolean {
  const { documents, problems } = parseSigma(ruleOf(detection), 'rule.yml', options);
  const refused = problems.find(problem => problem.severity === 'refused');
  if (refused !== undefined) throw new Error(refused.reason);
  const rules = documents.filter(document => document.type === 'rule');
  const [reference, compiled] = [referenceMatcher, compileMatcher].map(
    make => make(rules, field => pathSource(field)).match(new RecordReader(record, 0)).length > 0,
  );
  assert.equal(compiled, reference, 'the engines disagree');
  return compiled === true;
}

/** Why a `detection` section is refused; fails when it is not. */
export function refusal(detection: string, options?: ParseOptions): string {
  const { problems } = parseSigma(ruleOf(detection), 'rule.yml', options);
  const refused = problems.find(problem => problem.severity === 'refused');
  assert.ok(refused, 'the rule was not refused');
  return refused.reason;
}

/** Asserts which of the values of a field match `selection: {<key>: <value>}`, the value written in YAML. */
export function assertValues(
  key: string,
  value: string,
  matching: readonly unknown[],
  others: readonly unknown[],
): void {
  const field = key.split('|')[0] ?? '';
  for (const one of matching)
    assert.equal(
      matches(`selection:\n  ${key}: ${value}`, { [field]: one }),
      true,
      `${key}: ${value} should match ${JSON.stringify(one)}`,
    );
  for (const one of others)
    assert.equal(
      matches(`selection:\n  ${key}: ${value}`, { [field]: one }),
      false,
      `${key}: ${value} should not match ${JSON.stringify(one)}`,
    );
}
