/** Tests as data: beside each rule, events that it must find and events that it must not. */
import { buildEvent, type Event, isEventKind, viewOf } from '@redoubt/model';
import { parse } from 'yaml';
import { createDetector, type Detector, type SourcedRecord } from '../detector.ts';
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

/**
 * Reads the text of a log of a named format as records, as the log side of the observe wing does.
 * @throws when the text is damaged or holds no record
 */
export type ReadLogText = (text: string, format: string) => Promise<readonly SourcedRecord[]>;

export interface RuleTestOptions {
  /** For cases that hold lines of a log. Without it they fail, except Windows records given as a map. */
  readonly readLog?: ReadLogText;
}

/** One event of a case: a host event, a log record with its source, or lines of a log. */
interface Step {
  readonly judge: (detector: Detector, number: number, time: number) => void | Promise<void>;
  readonly repeat: number;
  /** Milliseconds between repetitions. */
  readonly every: number;
}

/** Repetitions of one event, at most. */
const repeatLimit = 10_000;

/**
 * Runs the test data (`.test.yml`) below a directory against the rules below it. Every case starts afresh, with
 * all rules loaded.
 * A case or a file that is not of the documented form has failed, with the reason.
 * @throws when a file cannot be read
 */
export async function testRules(directory: string, options: RuleTestOptions = {}): Promise<RuleTestResult[]> {
  const rules = await RuleSet.load(directory);
  const results: RuleTestResult[] = [];
  for (const file of await readTestFiles(directory)) results.push(...(await testFile(file, rules, options)));
  return results;
}

async function testFile(file: RuleFile, rules: RuleSet, options: RuleTestOptions): Promise<RuleTestResult[]> {
  const unreadable = (rule: string, message: string): RuleTestResult[] => [
    { file: file.name, rule, name: '', expected: 'found', passed: false, message },
  ];
  let rule = '';
  const results: RuleTestResult[] = [];
  try {
    const data = asRecord(parse(file.text, { maxAliasCount: 100 }), file.name);
    rule = String(data['rule']);
    if (rule !== '*' && rules.find(rule) === undefined) {
      return unreadable(rule, `there is no rule "${rule}"`);
    }
    for (const group of ['positive', 'negative'] as const) {
      for (const [index, entry] of asList(data[group], `${file.name}: ${group}`).entries()) {
        const place = `${file.name}: ${group} ${index + 1}`;
        const expected = group === 'positive' ? 'found' : 'not found';
        const record = asRecord(entry, place);
        const message = await faultOf(record, place, rule, expected, rules, options);
        const passed = message === undefined;
        const name = String(record['name'] ?? '');
        results.push({ file: file.name, rule, name, expected, passed, ...(passed ? {} : { message }) });
      }
    }
  } catch (error) {
    return unreadable(rule, error instanceof Error ? error.message : String(error));
  }
  return results;
}

/** Why a case fails; undefined when it passes. */
async function faultOf(
  record: Record<string, unknown>,
  place: string,
  rule: string,
  expected: 'found' | 'not found',
  rules: RuleSet,
  options: RuleTestOptions,
): Promise<string | undefined> {
  try {
    const found = await run(stepsOf(record, place, options), rules);
    const isFound = rule === '*' ? found.size > 0 : found.has(rule);
    if (isFound === (expected === 'found')) return undefined;
    return `${expected} was expected; what was found: ${[...found].join(', ') || 'nothing'}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Ids of the rules that make findings of the events. */
async function run(steps: readonly Step[], rules: RuleSet): Promise<Set<string>> {
  const found = new Set<string>();
  const detector = createDetector(rules, {
    onFinding: finding => found.add(finding.finding_info.analytic.uid),
  });
  let time = Date.UTC(2026, 0, 5, 12);
  for (const { judge, repeat, every } of steps) {
    for (let number = 0; number < repeat; number++, time += every) await judge(detector, number, time);
  }
  detector.flush();
  return found;
}

function stepsOf(record: Record<string, unknown>, place: string, { readLog }: RuleTestOptions): Step[] {
  const entries = record['events'] === undefined ? [record] : asList(record['events'], place);
  return entries.map(entry => {
    const step = asRecord(entry, place);
    const repeat = Math.min(Number(step['repeat'] ?? 1), repeatLimit);
    const every = Number(step['every'] ?? 10);
    return { judge: judgeOf(step, place, readLog), repeat, every };
  });
}

function judgeOf(
  step: Record<string, unknown>,
  place: string,
  readLog: ReadLogText | undefined,
): Step['judge'] {
  if (step['log'] === undefined) return hostEvent(step, place);
  const { format } = step;
  if (typeof format !== 'string' || step['logsource'] !== undefined) return logRecord(step, place);
  if (readLog !== undefined) return logText(step['log'], format, readLog);
  if (windowsFormats.includes(format)) return logRecord(step, place);
  throw new Error(`${place}: lines of a log of format ${format} need a reader of logs`);
}

/** Lines of a log, all at the time of the step; what is no text is written as lines of JSON. */
function logText(log: unknown, format: string, readLog: ReadLogText): Step['judge'] {
  const text =
    typeof log === 'string'
      ? log
      : [log]
          .flat()
          .map(record => JSON.stringify(record))
          .join('\n');
  return async (detector, number, time) => {
    for (const record of await readLog(text.replaceAll('{n}', String(number)), format)) {
      const { logsource, fields } = record;
      detector.evaluateRecord({ logsource, fields, time, toEvent: () => record.toEvent() });
    }
  };
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
