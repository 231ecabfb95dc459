/** The inventory for a person. */
import { type PersistenceSource, remarksOf } from '@redoubt/baseline/inventory';
import type { Fact, StateEntry } from '@redoubt/model';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { table } from './table.ts';
import { dateTime } from './values.ts';

/** An entry, and since when the agent knows it. */
export interface ListedEntry extends StateEntry {
  /** Milliseconds since the Unix epoch; absent where no agent has seen it. */
  readonly first_seen?: number;
}

const shown = (value: Fact | undefined): string =>
  safe(value === null || value === undefined ? '—' : String(value));

/** Whether a start-up item deserves a look: something is remarkable about it. */
export function isRemarkable({ facts }: StateEntry): boolean {
  return remarksOf(facts).some(({ weight }) => weight > 0);
}

function marked(entry: StateEntry, text: string, output: Output): string {
  return isRemarkable(entry) ? output.style('yellow', text) : text;
}

/** Start-up items as a table; what is remarkable stands below the row it is about. */
export function persistenceTable(entries: readonly ListedEntry[], output: Output): string[] {
  const headings = output.say({
    en: 'KIND|STATE|USER|WHEN|PACKAGE|FIRST SEEN|WHERE AND WHAT',
    zh: '类型|状态|用户|何时|软件包|首次发现|位置与内容',
  });
  const columns = headings
    .split('|')
    .map((heading, index) => (index === 6 ? { heading, elastic: true as const } : { heading }));
  const states = { on: { en: 'on', zh: '启用' }, off: { en: 'off', zh: '停用' } };
  const rows = entries.map(entry => {
    const { facts, first_seen: first } = entry;
    const command =
      facts['command'] === undefined || facts['command'] === facts['path'] ? '' : ` → ${facts['command']}`;
    const what = facts['fingerprint'] ?? facts['folder'] ?? facts['name'] ?? '';
    const detail = command === '' && what !== '' ? `  ${what}` : command;
    return [
      marked(entry, shown(facts['kind']), output),
      output.say(facts['enabled'] === false ? states.off : states.on),
      shown(facts['user']),
      shortened(shown(facts['schedule']), 32),
      shown(facts['package']),
      first === undefined ? '—' : dateTime(first),
      safe(`${facts['path']}${detail}`),
    ];
  });
  return table(columns, rows, output.columns);
}

function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** What is remarkable about the items, a line each. */
export function remarkLines(entries: readonly ListedEntry[], output: Output): string[] {
  return entries.flatMap(({ facts }) =>
    remarksOf(facts)
      .filter(({ weight }) => weight > 0)
      .map(({ text, field, value }) =>
        output.style(
          'yellow',
          `! ${safe(String(facts['path']))}: ${safe(output.say(text))}  [${safe(field)} = ${safe(value)}]`,
        ),
      ),
  );
}

/** Any other state as a table: the key, and its facts by name. */
export function stateTable(entries: readonly ListedEntry[], output: Output): string[] {
  const [entry, facts] = output.say({ en: 'ENTRY|FACTS', zh: '条目|属性' }).split('|');
  const rows = entries.map(one => [
    safe(one.key),
    Object.entries(one.facts)
      .filter(([, value]) => value !== '' && value !== false)
      .map(([name, value]) => `${name}=${shown(value)}`)
      .join('  '),
  ]);
  return table([{ heading: entry ?? '' }, { heading: facts ?? '', elastic: true }], rows, output.columns);
}

/** Sources of persistence with how much each has. */
export function sourceTable(
  sources: readonly PersistenceSource[],
  entries: readonly StateEntry[],
  output: Output,
): string[] {
  const counts = Map.groupBy(entries, ({ facts }) => String(facts['kind']));
  return sources.map(
    ({ kind, title }) =>
      `  ${String(counts.get(kind)?.length ?? 0).padStart(6)}  ${kind.padEnd(16)}${output.say(title)}`,
  );
}
