/** Reads one file and judges its records. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type LogFormat, type ReadLogOptions, readLog } from '@redoubt/observe/log';
import type { InputFile } from './inputs.ts';
import type { Judge } from './judge.ts';
import type { FileReport, Matches } from './match.ts';

/** How files are read. */
export interface ReadSettings {
  /** The format of all; recognised for each when left out. */
  readonly format?: LogFormat | undefined;
  readonly timezone?: string | undefined;
  readonly year?: number | undefined;
  readonly accessFormat?: string | undefined;
}

/** Told of what happens while a file is read. */
export interface ScanListener {
  /** Takes what was found; the reading waits for it. */
  matches(matches: Matches): Promise<void> | void;
  /** So many more bytes of the file, as they lie on disk, and records were read. */
  progress(bytes: number, records: number): void;
}

const chunkBytes = 128 * 1024;
const damageShown = 20;

/** Judges the records of a file. What the file holds never throws: it is in the report. */
export async function scanFile(
  file: InputFile,
  number: number,
  judge: Judge,
  settings: ReadSettings,
  listener: ScanListener,
): Promise<FileReport> {
  const isStandardInput = file.path === '-';
  const name = isStandardInput ? 'stdin' : file.path;
  const options: ReadLogOptions = {
    name,
    ...(settings.format === undefined ? {} : { format: settings.format }),
    ...(settings.timezone === undefined ? {} : { timezone: settings.timezone }),
    ...(settings.year === undefined ? {} : { year: settings.year }),
    ...(settings.accessFormat === undefined ? {} : { accessFormat: settings.accessFormat }),
  };
  let read = 0;
  const source = isStandardInput ? process.stdin : createReadStream(file.path, { highWaterMark: chunkBytes });
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      read += chunk.length;
      yield chunk;
    }
  };
  const reader = readLog(counted(), options);
  let fault: { error?: string; skipped?: true } = {};
  try {
    const modified = isStandardInput ? 0 : (await stat(file.path)).mtimeMs;
    judge.begin(number, Math.floor(modified));
    let told = 0;
    for await (const batch of reader.batches()) {
      for (const record of batch) {
        judge.judge(record);
        if (judge.full) await listener.matches(judge.drain());
      }
      listener.progress(read - told, batch.length);
      told = read;
    }
    listener.progress(read - told, 0);
  } catch (error) {
    // A folder may hold anything: what is no log is left out there, and told.
    if (error instanceof TypeError && reader.format === undefined && !file.named) fault = { skipped: true };
    else fault = { error: error instanceof Error ? error.message : String(error) };
  } finally {
    source.destroy();
  }
  await listener.matches(judge.drain());
  const { records, bytes, damageCount, damageBytes, damage } = reader.statistics;
  const places = damage
    .slice(0, damageShown)
    .map(
      ({ line, offset, reason, skipped }) =>
        `line ${line}, byte ${offset}: ${reason} (${skipped} bytes skipped)`,
    );
  return {
    name,
    format: reader.format,
    records,
    bytes,
    damage: { count: damageCount, bytes: damageBytes, places },
    ...fault,
  };
}
