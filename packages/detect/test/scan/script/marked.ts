/**
 * Tables for the tests: the shipped ones, with two functions more that exist nowhere. Test scripts call these
 * instead of real ones, so that none of them would run anything of a request wherever it is put.
 */
import {
  findingsOf,
  type Judged,
  judgeLimits,
  judgeScript,
  type ScriptLanguage,
  scriptTables,
  type Table,
} from '../../../src/scan/script/index.ts';

const markers = {
  redoubt_marker_code: { danger: 'code' },
  redoubt_marker_command: { danger: 'command', args: [0] },
  redoubt_marker_objects: { danger: 'objects' },
  redoubt_marker_load: { danger: 'load' },
  redoubt_marker_write: { danger: 'write', args: [0, 1] },
  redoubt_marker_shell: { danger: 'code', input: true, after: ['-c'] },
} as const;

const tables = Object.fromEntries(
  Object.entries(scriptTables).map(([language, table]): [string, Table] => [
    language,
    { ...table, sinks: { ...table.sinks, ...markers }, hints: [] },
  ]),
) as Record<ScriptLanguage, Table>;

/** Judges a script with the markers among its dangerous functions. */
export function judgeMarked(text: string, language: ScriptLanguage): Promise<Judged> {
  return judgeScript(text, language, judgeLimits, tables);
}

/** What is found in a script, in short: `malicious php.request-code`. */
export async function foundIn(text: string, language: ScriptLanguage): Promise<string[]> {
  const judged = await judgeMarked(text, language);
  return findingsOf(judged).map(({ judgement, signature }) => `${judgement} ${signature}`);
}
