/** A feed is read into the file of a set. The whole work of a file; a worker thread runs it. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { type CandidateKind, FeedDamage, type Sink } from '../kinds.ts';
import { type CsvOptions, readCsv } from '../read/csv.ts';
import type { Input } from '../read/lines.ts';
import { type MispOptions, readMisp } from '../read/misp.ts';
import { readHosts, readPlain } from '../read/plain.ts';
import { readStix, takeStixObject } from '../read/stix.ts';
import { readIndicators, writeIndicators } from '../set/file.ts';
import { IndicatorSet, type SourceInfo } from '../set/indicator-set.ts';
import { rebuild } from '../set/rebuild.ts';
import { TaxiiClient, type TaxiiOptions } from '../taxii/client.ts';
import type { CheckedValue } from '../value/check.ts';
import { Intake, keyText, type SourceSettings } from './intake.ts';
import type { ImportReport } from './report.ts';

/** Where a feed is and how it is read. */
export type FeedInput =
  | { readonly format: 'stix'; readonly path: string }
  | ({ readonly format: 'misp'; readonly path: string } & MispOptions)
  | ({ readonly format: 'csv'; readonly path: string } & CsvOptions)
  | { readonly format: 'plain'; readonly path: string; readonly kind?: CandidateKind }
  | { readonly format: 'hosts'; readonly path: string }
  | ({
      readonly format: 'taxii';
      /** Address of the collection: `https://HOST/ROOT/collections/ID/`. */
      readonly collection: string;
      /** Only what was added after this; undefined goes on where the last reading ended. */
      readonly addedAfter?: string;
    } & TaxiiOptions);

export interface ImportRequest {
  readonly source: SourceSettings;
  readonly input: FeedInput;
  /**
   * `replace`: the source's indicators become those of the feed. `add`: they are added to. TAXII adds by default, as
   * it gives what is new; files replace.
   */
  readonly mode?: 'replace' | 'add';
  /** Where the feed came from, when that is not the input (a file that was fetched). */
  readonly origin?: string;
  /** Milliseconds since the Unix epoch; the wall clock by default. */
  readonly now?: number;
}

/** How far an import is. */
export interface ImportProgress {
  readonly step: 'reading' | 'writing';
  /** Bytes read; of a TAXII collection, objects. */
  readonly done: number;
  /** Bytes of the file; undefined where it is not known. */
  readonly total: number | undefined;
  readonly indicators: number;
}

/** Largest feed, bytes. */
const largestFeed = 8 * 1024 ** 3;

/**
 * Reads a feed into the set's file, which is replaced as a whole in the end. A feed that is damaged changes nothing.
 * @throws FeedDamage naming the feed and the place; IndicatorFileError if the set's file is damaged
 */
export async function importFeed(
  setPath: string,
  request: ImportRequest,
  progress: (progress: ImportProgress) => void = () => undefined,
): Promise<ImportReport> {
  const begin = performance.now();
  const now = request.now ?? Date.now();
  const { name } = request.source;
  if (name === '' || name.length > 200) throw new RangeError('the name of a source has 1 to 200 characters');
  const before = (await readIndicators(setPath)) ?? new IndicatorSet();
  const isAdding = (request.mode ?? (request.input.format === 'taxii' ? 'add' : 'replace')) === 'add';
  const earlier = before.sources.find(source => source.name === name);
  const set = rebuild(before, Math.floor(now / 1000), (_, source) => isAdding || source.name !== name);
  const { input } = request;
  const origin = request.origin ?? (input.format === 'taxii' ? input.collection : input.path);
  const number = placeOf(set, {
    name,
    local: request.source.local ?? false,
    held: earlier?.held ?? false,
    importedAt: now,
    origin,
    ...(isAdding && earlier?.cursor !== undefined ? { cursor: earlier.cursor } : {}),
  });
  const intake = new Intake({
    set,
    source: number,
    settings: request.source,
    unit: units[request.input.format],
    now,
    knownSince: value => (earlier === undefined ? undefined : addedBefore(before, name, value)),
  });
  const cursor = await readFeed(request.input, sourceAt(set, number).cursor, intake, progress);
  if (!isAdding && intake.taken === 0 && earlier !== undefined)
    throw new FeedDamage(origin, intake.whyEmpty());
  if (cursor !== undefined) set.sources[number] = { ...sourceAt(set, number), cursor };
  const { withdrawals } = intake;
  const withdrawn = new Set(withdrawals.map(keyText));
  const whole =
    withdrawn.size === 0
      ? set
      : rebuild(
          set,
          Math.floor(now / 1000),
          (hit, source) => source.name !== name || !withdrawn.has(keyText(set.keyOf(hit))),
        );
  progress({ step: 'writing', done: 0, total: undefined, indicators: intake.taken });
  await writeIndicators(setPath, whole);
  const report = intake.report(whole, performance.now() - begin);
  return cursor === undefined ? report : { ...report, cursor };
}

const units: Readonly<Record<FeedInput['format'], string>> = {
  stix: 'object',
  taxii: 'object',
  misp: 'attribute',
  csv: 'line',
  plain: 'line',
  hosts: 'line',
};

function placeOf(set: IndicatorSet, info: SourceInfo): number {
  const at = set.sources.findIndex(source => source.name === info.name);
  if (at < 0) return set.sources.push(info) - 1;
  set.sources[at] = info;
  return at;
}

function sourceAt(set: IndicatorSet, number: number): SourceInfo {
  const source = set.sources[number];
  if (source === undefined) throw new RangeError(`no source ${number}`);
  return source;
}

function addedBefore(set: IndicatorSet, source: string, value: CheckedValue): number | undefined {
  const hit = set.exactly(value).find(each => set.sourceOf(each)?.name === source);
  return hit === undefined ? undefined : set.tables[hit.kind].addedAt(hit.entry);
}

async function readFeed(
  input: FeedInput,
  from: string | undefined,
  intake: Intake,
  progress: (progress: ImportProgress) => void,
): Promise<string | undefined> {
  if (input.format === 'taxii') return readTaxii(input, from, intake, progress);
  const { size: total } = await stat(input.path);
  if (total > largestFeed) throw new FeedDamage(input.path, `larger than ${largestFeed} bytes`);
  const bytes = counted(input.path, done =>
    progress({ step: 'reading', done, total, indicators: intake.taken }),
  );
  try {
    await readFormat(input, bytes, intake);
  } catch (error) {
    if (error instanceof FeedDamage) throw new FeedDamage(input.path, error.message);
    throw error;
  }
  return undefined;
}

function readFormat(input: Exclude<FeedInput, { format: 'taxii' }>, bytes: Input, sink: Sink): Promise<void> {
  switch (input.format) {
    case 'stix':
      return readStix(bytes, sink);
    case 'misp':
      return readMisp(bytes, sink, input);
    case 'csv':
      return readCsv(bytes, sink, input);
    case 'plain':
      return readPlain(bytes, sink, input);
    case 'hosts':
      return readHosts(bytes, sink);
  }
}

async function* counted(path: string, tell: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    yield chunk as Uint8Array;
    bytes += (chunk as Uint8Array).length;
    if (bytes > largestFeed) throw new FeedDamage(path, `larger than ${largestFeed} bytes`);
    tell(bytes);
  }
}

async function readTaxii(
  input: Extract<FeedInput, { format: 'taxii' }>,
  from: string | undefined,
  intake: Intake,
  progress: (progress: ImportProgress) => void,
): Promise<string | undefined> {
  const client = new TaxiiClient(input);
  let cursor = input.addedAfter ?? from;
  let done = 0;
  for await (const page of client.objects(input.collection, cursor)) {
    for (const object of page.objects) takeStixObject(object, ++done, intake);
    cursor = page.addedLast ?? cursor;
    progress({ step: 'reading', done, total: undefined, indicators: intake.taken });
  }
  return cursor;
}
