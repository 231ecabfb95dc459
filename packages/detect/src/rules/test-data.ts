/** Tests as data: beside each rule, events that it must find and events that it must not. */
import { buildEvent, type Event, isEventKind, viewOf } from '@redoubt/model';
import { parse } from 'yaml';
import { createDetector } from '../detector.ts';
import { type RuleFile, readTestFiles } from './files.ts';
import { RuleSet } from './rule-set.ts';

/** What came of one test case. */
export interface RuleTestResult {
  /** Name of the test file. */
  readonly file: string;
  /** The rule that was to find the events, or `*`: no rule at all may find them. */
  readonly rule: string;
  readonly name: string;
  readonly expected: 'found' | 'not found';
  readonly passed: boolean;
  /** Why it failed. */
  readonly message?: string;
}

interface Step {
  readonly kind: string;
  readonly event: Partial<Event>;
  readonly repeat: number;
  /** Milliseconds between repetitions. */
  readonly every: number;
}

/** Repetitions of one event, at most. */
const repeatLimit = 10_000;

/**
 * Runs the test data (`.test.yml`) below a directory against the rules below it. Every case starts afresh, with
 * all rules loaded.
 * @throws when a file cannot be read or is not of the documented form
 */
export async function testRules(directory: string): Promise<RuleTestResult[]> {
  const rules = await RuleSet.load(directory);
  const files = await readTestFiles(directory);
  return files.flatMap(file => testFile(file, rules));
}

function testFile(file: RuleFile, rules: RuleSet): RuleTestResult[] {
  const data = asRecord(parse(file.text, { maxAliasCount: 100 }), file.name);
  const rule = String(data['rule']);
  if (rule !== '*' && rules.find(rule) === undefined) {
    return [
      {
        file: file.name,
        rule,
        name: '',
        expected: 'found',
        passed: false,
        message: `there is no rule "${rule}"`,
      },
    ];
  }
  return (['positive', 'negative'] as const).flatMap(group =>
    asList(data[group], `${file.name}: ${group}`).map((entry, index) => {
      const place = `${file.name}: ${group} ${index + 1}`;
      const record = asRecord(entry, place);
      const found = run(stepsOf(record, place), rules);
      const hits = rule === '*' ? [...found] : [...found].filter(uid => uid === rule);
      const passed = hits.length > 0 === (group === 'positive');
      const expected = group === 'positive' ? ('found' as const) : ('not found' as const);
      const message = passed
        ? {}
        : { message: `${expected} was expected; what was found: ${[...found].join(', ') || 'nothing'}` };
      return { file: file.name, rule, name: String(record['name'] ?? ''), expected, passed, ...message };
    }),
  );
}

/** Ids of the rules that make findings of the events. */
function run(steps: readonly Step[], rules: RuleSet): Set<string> {
  const found = new Set<string>();
  const detector = createDetector(rules, {
    onFinding: finding => found.add(finding.finding_info.analytic.uid),
  });
  let time = Date.UTC(2026, 0, 5, 12);
  for (const { kind, event, repeat, every } of steps) {
    if (!isEventKind(kind)) throw new Error(`"${kind}" is no kind of event`);
    for (let number = 0; number < repeat; number++, time += every) {
      const numbered =
        repeat === 1 ? event : JSON.parse(JSON.stringify(event).replaceAll('{n}', String(number)));
      detector.evaluate(viewOf(buildEvent(kind, time, numbered)));
    }
  }
  detector.flush();
  return found;
}

function stepsOf(record: Record<string, unknown>, place: string): Step[] {
  const entries = record['events'] === undefined ? [record] : asList(record['events'], place);
  return entries.map(entry => {
    const { kind, event, repeat, every } = asRecord(entry, place);
    const step = { kind: String(kind), event: asRecord(event ?? {}, place) as Partial<Event> };
    return { ...step, repeat: Math.min(Number(repeat ?? 1), repeatLimit), every: Number(every ?? 10) };
  });
}

function asRecord(value: unknown, place: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new Error(`${place}: a map is expected`);
}

function asList(value: unknown, place: string): unknown[] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw new Error(`${place}: a list is expected`);
}
