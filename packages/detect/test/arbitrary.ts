/** Random rules and events that often nearly meet. */
import fc from 'fast-check';
import type { Rule } from '../src/sigma/ast.ts';
import { pathSource, RecordReader } from '../src/sigma/event.ts';
import { parseSigma } from '../src/sigma/parse/parse.ts';

const fields = ['Image', 'CommandLine', 'EventID', 'Address', 'When'] as const;
const words = [
  '/usr/bin/',
  'curl',
  'Sh',
  '\\Temp\\',
  'a.exe',
  ' -enc ',
  'ſs',
  'ÄΣ',
  '*',
  '?',
  '\\',
  'x',
  '10',
  '\n',
  '😀',
];
const text = fc.array(fc.constantFrom(...words), { maxLength: 4 }).map(parts => parts.join(''));
const addresses = ['10.1.2.3', '192.168.0.1', '::ffff:10.1.2.3', '2001:db8::1', 'fe80::1%eth0', 'none'];
const dates = ['2024-02-29T23:59:00Z', '2023-01-01 00:00', '1999-12-31', 1_700_000_000_000];

const scalar = fc.oneof(
  { weight: 6, arbitrary: text },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom(null, true, false, 1.5, '') },
  { weight: 1, arbitrary: fc.constantFrom<string | number>(...addresses, ...dates) },
);
const value = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
);

/** A flat record as a reader. */
export const event = fc
  .record(Object.fromEntries(fields.map(field => [field, value])), { requiredKeys: [] })
  .map(record => new RecordReader(record as Record<string, unknown>, 0));

const plainModifiers = fc.constantFrom(
  '',
  '|contains',
  '|startswith',
  '|endswith',
  '|cased',
  '|contains|cased',
  '|neq',
  '|windash|contains',
  '|base64offset|contains',
  '|wide',
);
const patterns = [
  '^/usr',
  'sh$',
  'c[uU]rl.*x',
  '(a|b)\\.exe',
  '\\s-enc\\s',
  '[^a-z]{2,3}x',
  '(?i)CURL',
  '.+\\?',
  'x*',
  '(ab?)+c',
];

const entry = fc.oneof(
  fc.tuple(
    fc.constantFrom(...fields),
    plainModifiers,
    fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 4 })),
  ),
  fc.tuple(
    fc.constantFrom(...fields),
    fc.constantFrom('|all', '|contains|all', '|all|neq'),
    fc.array(text, { minLength: 2, maxLength: 3 }),
  ),
  fc.tuple(
    fc.constantFrom(...fields),
    fc.constantFrom('|re', '|re|i', '|re|s', '|re|m', '|re|i|neq'),
    fc.constantFrom(...patterns),
  ),
  fc.tuple(
    fc.constantFrom(...fields),
    fc.constantFrom('|lt', '|lte', '|gt', '|gte'),
    fc.integer({ min: -2, max: 20 }),
  ),
  fc.tuple(
    fc.constant('Address'),
    fc.constantFrom('|cidr', '|cidr|neq'),
    fc.constantFrom('10.0.0.0/8', '192.168.0.0/31', '2001:db8::/32', '::/0'),
  ),
  fc.tuple(fc.constantFrom(...fields), fc.constant('|exists'), fc.boolean()),
  fc.tuple(
    fc.constantFrom(...fields),
    fc.constantFrom('|fieldref', '|fieldref|endswith', '|fieldref|contains|cased'),
    fc.constantFrom(...fields),
  ),
  fc.tuple(
    fc.constant('When'),
    fc.constantFrom('|hour', '|day', '|month|gte', '|week'),
    fc.integer({ min: 1, max: 12 }),
  ),
);
const map = fc
  .array(entry, { minLength: 1, maxLength: 3 })
  .map(entries =>
    Object.fromEntries(entries.map(([field, modifiers, values]) => [`${field}${modifiers}`, values])),
  );
const selection = fc.oneof(
  { weight: 5, arbitrary: map },
  { weight: 1, arbitrary: fc.array(map, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(text, { minLength: 1, maxLength: 2 }) },
);
const conditions = [
  'a',
  'a and b',
  'a or b',
  'a and not b',
  'not a',
  '1 of *',
  'all of them',
  'not (a or b) and 1 of c*',
  'a or b and not c',
  '(a or b) and c',
];

/** The text of a rule; JSON is YAML. */
export const ruleText = fc
  .record({ a: selection, b: selection, c: selection, condition: fc.constantFrom(...conditions) })
  .map(detection => JSON.stringify({ title: 'random', logsource: { product: 'test' }, detection }));

/** Rules of texts; those that are refused (such as base64 of a wildcard) are left out. */
export function rulesOf(texts: readonly string[]): Rule[] {
  return texts.flatMap((ruleText, index) => {
    const { documents } = parseSigma(ruleText, `${index}.yml`);
    return documents.filter(document => document.type === 'rule');
  });
}

/** Fields of flat records. */
export const flat = (field: string) => pathSource(field);
