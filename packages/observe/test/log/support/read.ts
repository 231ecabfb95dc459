/** Reads a whole log from memory, for tests. */
import { type LogReader, type LogRecord, type ReadLogOptions, readLog } from '../../../src/log/index.ts';

/** Cuts bytes into chunks, so that records lie across their borders. */
export async function* chunks(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** All records of a log, and the reader with its statistics. */
export async function readAll(
  content: string | Uint8Array,
  options: Partial<ReadLogOptions> & { chunk?: number } = {},
): Promise<{ records: LogRecord[]; reader: LogReader }> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content;
  const reader = readLog(chunks(bytes, options.chunk ?? 4096), { name: 'test', timezone: 'UTC', ...options });
  const records: LogRecord[] = [];
  for await (const record of reader) records.push(record);
  return { records, reader };
}

/** The only record of a log that is read without damage. */
export async function readOne(
  content: string | Uint8Array,
  options: Partial<ReadLogOptions> = {},
): Promise<LogRecord> {
  const { records, reader } = await readAll(content, options);
  const [record] = records;
  if (record === undefined || records.length !== 1 || reader.statistics.damageCount > 0) {
    throw new Error(`${records.length} records, damage: ${JSON.stringify(reader.statistics.damage)}`);
  }
  return record;
}
