/** Our own rules find what they must and leave ordinary work alone. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { techniques } from '@redoubt/model';
import { RuleSet, testRules } from '../src/index.ts';
import { readLogText } from './read-log.ts';

const content = new URL('../../../content/rules', import.meta.url).pathname;

const results = await testRules(content, { readLog: readLogText });

for (const result of results) {
  test(`${result.rule}: ${result.name} is ${result.expected}`, () => {
    assert.ok(result.passed, `${result.file}: ${result.message}`);
  });
}

test('every rule has positive and negative test data, a Chinese text, advice, a clause and a technique', async () => {
  const rules = await RuleSet.load(content);
  for (const rule of [...rules.rules, ...rules.correlations].filter(one => rules.standsAlone(one))) {
    for (const expected of ['found', 'not found']) {
      assert.ok(
        results.some(one => one.rule === rule.uid && one.expected === expected),
        `${rule.uid}: no case that is ${expected}`,
      );
    }
    assert.match(`${rule.extension.title_zh}${rule.extension.description_zh}`, /\p{Script=Han}/u, rule.uid);
    assert.ok(rule.extension.advice !== undefined && rule.extension.mlps.length > 0, rule.uid);
    assert.ok(
      rule.tags.some(tag => /^attack\.t\d{4}/.test(tag)),
      rule.uid,
    );
  }
});

test('every technique that a rule is tagged with is known, and the rule names a tactic that it serves', async () => {
  const { rules, correlations } = await RuleSet.load(content);
  for (const { uid, tags } of [...rules, ...correlations]) {
    const names = tags.map(tag => tag.replace(/^attack\./, ''));
    for (const name of names.filter(one => /^t\d{4}/.test(one))) {
      const [title, ...tactics] = techniques[name.toUpperCase()] ?? [];
      assert.ok(title !== undefined, `${uid}: technique ${name} has no name`);
      assert.ok(
        tactics.some(tactic => names.includes(tactic)),
        `${uid}: ${name} ${title} serves ${tactics.join(', ')}; the rule names none of them`,
      );
    }
  }
});

test('every test file belongs to a rule file', async () => {
  const names = new Set(await readdir(content, { recursive: true }));
  for (const name of names) {
    if (!name.endsWith('.test.yml') || name.endsWith('ordinary_work.test.yml')) continue;
    assert.ok(names.has(name.replace('.test.yml', '.yml')), name);
  }
});
