/** Reads lines of a log for tests of rules. */
import type { ReadLogText } from '@redoubt/detect';
import type { LogFormat, LogRecord } from '@redoubt/observe/log';

/** The readers of the observe wing, in UTC and without a year of their own. @throws on damage */
export const readLogText: ReadLogText = async (text, format) => {
  const { logFormats, readLog } = await import('@redoubt/observe/log');
  if (!(logFormats as readonly string[]).includes(format))
    throw new Error(`there is no log format ${format}`);
  const records: LogRecord[] = [];
  const source = (async function* () {
    yield Buffer.from(`${text}\n`);
  })();
  const reader = readLog(source, {
    name: 'test',
    format: format as LogFormat,
    year: 2026,
    timezone: 'UTC',
    onDamage: ({ reason }) => {
      throw new Error(`damaged log of format ${format}: ${reason}`);
    },
  });
  for await (const record of reader) records.push(record);
  if (records.length === 0) throw new Error(`log of format ${format} without a record`);
  return records;
};
