/** Tests as data: beside each rule, events that it must find and events that it must not. */
import { buildEvent, type Event, isEventKind, viewOf } from '@redoubt/model';
import { parse } from 'yaml';
import { createDetector, type Detector } from '../detector.ts';
import type { EventSource } from '../fields/source.ts';
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

/** One event of a case: a host event, or a log record with its source. */
interface Step {
  readonly judge: (detector: Detector, number: number, time: number) => void;
  readonly repeat: number;
  /** Milliseconds between repetitions. */
  readonly every: number;
}

/** Repetitions of one event, at most. */
const repeatLimit = 10_000;

/**
 * Runs the test data (`.test.yml`) below a directory against the rules below it. Every case starts afresh, with
 * all rules loaded.
 * A case that is not of the documented form has failed, with the reason.
 * @throws when a file cannot be read or has no such form as a whole
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
      const expected = group === 'positive' ? ('found' as const) : ('not found' as const);
      const name = String(asRecord(entry, place)['name'] ?? '');
      const message = faultOf(asRecord(entry, place), place, rule, expected, rules);
      const passed = message === undefined;
      return { file: file.name, rule, name, expected, passed, ...(passed ? {} : { message }) };
    }),
  );
}

/** Why a case fails; undefined when it passes. */
function faultOf(
  record: Record<string, unknown>,
  place: string,
  rule: string,
  expected: 'found' | 'not found',
  rules: RuleSet,
): string | undefined {
  try {
    const found = run(stepsOf(record, place), rules);
    const isFound = rule === '*' ? found.size > 0 : found.has(rule);
    if (isFound === (expected === 'found')) return undefined;
    return `${expected} was expected; what was found: ${[...found].join(', ') || 'nothing'}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Ids of the rules that make findings of the events. */
function run(steps: readonly Step[], rules: RuleSet): Set<string> {
  const found = new Set<string>();
  const detector = createDetector(rules, {
    onFinding: finding => found.add(finding.finding_info.analytic.uid),
  });
  let time = Date.UTC(2026, 0, 5, 12);
  for (const { judge, repeat, every } of steps) {
    for (let number = 0; number < repeat; number++, time += every) judge(detector, number, time);
  }
  detector.flush();
  return found;
}

function stepsOf(record: Record<string, unknown>, place: string): Step[] {
  const entries = record['events'] === undefined ? [record] : asList(record['events'], place);
  return entries.map(entry => {
    const step = asRecord(entry, place);
    const repeat = Math.min(Number(step['repeat'] ?? 1), repeatLimit);
    const every = Number(step['every'] ?? 10);
    const judge = step['log'] === undefined ? hostEvent(step, place) : logRecord(step, place);
    return { judge, repeat, every };
  });
}

function hostEvent(step: Record<string, unknown>, place: string): Step['judge'] {
  const kind = String(step['kind']);
  if (!isEventKind(kind)) throw new Error(`${place}: "${kind}" is no kind of event`);
  const event = asRecord(step['event'] ?? {}, place);
  return (detector, number, time) => {
    detector.evaluate(viewOf(buildEvent(kind, time, numbered(event, number) as Partial<Event>)));
  };
}

function logRecord(step: Record<string, unknown>, place: string): Step['judge'] {
  const log = asRecord(step['log'], place);
  const logsource = logSourceOf(step, log, place);
  return (detector, number, time) => {
    const fields = numbered(log, number);
    const toEvent = (): Event => buildEvent('log.record', time, { unmapped: fields });
    detector.evaluateRecord({ logsource, time, fields, toEvent });
  };
}

/** Formats whose records tell their source by channel and event id. */
const windowsFormats: readonly unknown[] = ['winlogbeat', 'evtx', 'windows-xml'];

function logSourceOf(
  step: Record<string, unknown>,
  log: Record<string, unknown>,
  place: string,
): EventSource {
  if (step['logsource'] !== undefined) return asRecord(step['logsource'], place) as EventSource;
  if (!windowsFormats.includes(step['format'])) {
    throw new Error(
      `${place}: a log record needs "logsource", or "format" with one of ${windowsFormats.join(', ')}`,
    );
  }
  return { product: 'windows', channel: String(log['Channel']), eventId: Number(log['EventID']) };
}

/** The data with `{n}` in its texts replaced by a number. */
function numbered(data: Record<string, unknown>, number: number): Record<string, unknown> {
  return JSON.parse(JSON.stringify(data).replaceAll('{n}', String(number)));
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
