/**
 * What a million indicators cost: import, memory, file, load, look-ups.
 * `node bench/intelligence/indicators.ts [--indicators N] [--json FILE]`
 *
 * Look-ups and events are timed over prepared values in no order, so that the processor's caches do not hold the
 * table. Events are plain OCSF ones, whose attributes cost more to read than those of the kernel sensor.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  createIndicatorMatcher,
  type Hit,
  IndicatorLibrary,
  type IndicatorSet,
  readIndicators,
} from '@redoubt/detect/intelligence';
import { buildEvent, viewOf } from '@redoubt/model';
import { terminalTable } from '../lib/table.ts';
import { countOf, maker, shares, writePlain, writeStix } from './synthetic.ts';

const { values, positionals } = parseArgs({
  options: { indicators: { type: 'string', default: '1000000' }, json: { type: 'string' } },
  allowPositionals: true,
});
const wanted = Number(values.indicators);

interface ImportMeasure {
  readonly seconds: number;
  readonly peakRiseMiB: number;
  readonly indicators: number;
  readonly progressReports: number;
  readonly longestStallMs: number;
  readonly feedMiB: number;
}

const mib = (bytes: number): number => bytes / 1024 ** 2;

/** Imports a feed as the agent does, and watches memory and the event loop of the importing process meanwhile. */
async function measureImport(path: string, format: 'plain' | 'stix', feed: string): Promise<ImportMeasure> {
  const library = await IndicatorLibrary.open(path);
  globalThis.gc?.();
  const base = process.memoryUsage.rss();
  let peak = base;
  let progressReports = 0;
  let longestStallMs = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    const time = performance.now();
    longestStallMs = Math.max(longestStallMs, time - last - 10);
    last = time;
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 10);
  const begin = performance.now();
  const report = await library.import(
    { source: { name: format, local: true }, input: { format, path: feed } },
    { onProgress: () => progressReports++ },
  );
  const seconds = (performance.now() - begin) / 1000;
  clearInterval(watch);
  return {
    seconds,
    peakRiseMiB: mib(peak - base),
    indicators: report.indicators,
    progressReports,
    longestStallMs,
    feedMiB: mib((await stat(feed)).size),
  };
}

/** Imports in a process of its own, so that the memory is that of this import. */
async function importApart(path: string, format: 'plain' | 'stix', feed: string): Promise<ImportMeasure> {
  const child = fork(import.meta.filename, ['import', path, format, feed], { execArgv: ['--expose-gc'] });
  const [measure] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the import of ${feed} ended with code ${code}`);
    }),
  ]);
  return measure as ImportMeasure;
}

/** Nanoseconds of a call, over values prepared beforehand; the median of seven passes. */
function nanoseconds(prepared: readonly string[], look: (value: string) => void): number {
  const passes: number[] = [];
  for (let pass = 0; pass < 7; pass++) {
    const begin = process.hrtime.bigint();
    for (const value of prepared) look(value);
    passes.push(Number(process.hrtime.bigint() - begin) / prepared.length);
  }
  return passes.toSorted((a, b) => a - b)[3] ?? Number.NaN;
}

interface LookupMeasure {
  readonly kind: string;
  readonly hitNs: number;
  readonly missNs: number;
}

function measureLookups(set: IndicatorSet): LookupMeasure[] {
  const hits: Hit[] = [];
  const looks: Readonly<Record<string, (value: string) => void>> = {
    sha256: value => set.matchDigest('sha256', value, hits),
    sha1: value => set.matchDigest('sha1', value, hits),
    md5: value => set.matchDigest('md5', value, hits),
    domain: value => set.matchName(value, hits),
    domain_tree: value => set.matchName(`a.b.${value}`, hits),
    ipv4: value => set.matchAddress(value, 443, hits),
    network: value => set.matchAddress(value, 443, hits),
    ipv6: value => set.matchAddress(value, 443, hits),
    url: value => set.matchUrl(value, hits),
  };
  return shares.map(([kind, share]) => {
    const count = countOf(wanted, share);
    const make = maker(kind);
    const value = (n: number): string => {
      const text = make(n);
      if (kind === 'network') return text.replace(/\.(\d+)\/28$/, (_, last) => `.${Number(last) + 5}`);
      return kind === 'url' ? text.slice(7) : text;
    };
    // In no order, so that the processor's caches hold no more than they would.
    const sample = Math.min(count, 50_000);
    const step = 7_919;
    const present = Array.from({ length: sample }, (_, i) => value((i * step) % count));
    const absent = Array.from({ length: sample }, (_, i) => value(count + ((i * step) % count)));
    const look = looks[kind] ?? (() => undefined);
    hits.length = 0;
    const missNs = nanoseconds(absent, look);
    if (hits.length > 0) throw new Error(`${kind}: ${hits.length} values that are not in the set were found`);
    let found = 0;
    for (const each of present) {
      look(each);
      found += hits.length;
      hits.length = 0;
    }
    if (found < sample) throw new Error(`${kind}: ${sample - found} of ${sample} values were not found`);
    const hitNs = nanoseconds(present, each => {
      look(each);
      hits.length = 0;
    });
    return { kind, hitNs, missNs };
  });
}

/** Nanoseconds of an event through the matcher, by what it has. */
function measureEvents(set: IndicatorSet): Readonly<Record<string, number>> {
  const matcher = createIndicatorMatcher(set, { onFinding: () => undefined });
  const time = Date.now();
  const events = {
    'file.read (nothing to look up)': buildEvent('file.read', time, { file: { path: '/etc/hosts' } }),
    'process.exec (digest, miss)': buildEvent('process.exec', time, {
      process: {
        file: { path: '/bin/true', hashes: [{ algorithm_id: 3, value: maker('sha256')(wanted * 3) }] },
      },
    }),
    'network.connect (address, miss)': buildEvent('network.connect', time, {
      src_endpoint: { ip: '192.0.2.1', port: 40_000 },
      dst_endpoint: { ip: '192.0.2.7', port: 443 },
    }),
    'dns.query (name, miss)': buildEvent('dns.query', time, { query: { hostname: 'www.quiet.example' } }),
  };
  return Object.fromEntries(
    Object.entries(events).map(([name, event]) => {
      const view = viewOf(event);
      return [name, nanoseconds(new Array<string>(200_000).fill(''), () => matcher.evaluate(view))];
    }),
  );
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'redoubt-bench-intelligence-'));
  try {
    const plain = join(folder, 'feed.txt');
    const stix = join(folder, 'feed.json');
    await writePlain(plain, wanted);
    await writeStix(stix, wanted);
    const path = join(folder, 'indicators');
    const imports = { plain: await importApart(path, 'plain', plain) };
    const fileMiB = mib((await stat(path)).size);
    globalThis.gc?.();
    const begin = performance.now();
    const set = await readIndicators(path);
    const loadMs = performance.now() - begin;
    if (set === undefined) throw new Error('the import left no file');
    const lookups = measureLookups(set);
    const perEvent = measureEvents(set);
    const stixPath = join(folder, 'indicators-stix');
    const all = { ...imports, stix: await importApart(stixPath, 'stix', stix) };
    const result = {
      indicators: set.count(),
      imports: all,
      fileMiB,
      loadMs,
      memoryMiB: mib(set.bytes),
      lookups,
      perEvent,
    };
    if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
    print(result);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function print(result: {
  indicators: number;
  imports: Readonly<Record<string, ImportMeasure>>;
  fileMiB: number;
  loadMs: number;
  memoryMiB: number;
  lookups: readonly LookupMeasure[];
  perEvent: Readonly<Record<string, number>>;
}): void {
  const say = (text: string) => process.stdout.write(`${text}\n`);
  say(
    `${result.indicators} indicators: file ${result.fileMiB.toFixed(1)} MiB, loaded in ${result.loadMs.toFixed(0)} ms`,
  );
  say(
    `${((result.memoryMiB * 1024 ** 2) / result.indicators).toFixed(1)} bytes an indicator, in memory as in the file`,
  );
  say(
    terminalTable({
      head: ['import', 'feed MiB', 'seconds', 'peak rise MiB', 'longest stall ms', 'progress'],
      align: ['left', 'right', 'right', 'right', 'right', 'right'],
      rows: Object.entries(result.imports).map(([name, m]) => [
        `${name} (${m.indicators})`,
        m.feedMiB.toFixed(0),
        m.seconds.toFixed(1),
        m.peakRiseMiB.toFixed(0),
        m.longestStallMs.toFixed(0),
        String(m.progressReports),
      ]),
    }),
  );
  say(
    terminalTable({
      head: ['look-up', 'hit ns', 'miss ns'],
      align: ['left', 'right', 'right'],
      rows: result.lookups.map(({ kind, hitNs, missNs }) => [kind, hitNs.toFixed(0), missNs.toFixed(0)]),
    }),
  );
  say(
    terminalTable({
      head: ['event through the matcher', 'ns'],
      align: ['left', 'right'],
      rows: Object.entries(result.perEvent).map(([name, ns]) => [name, ns.toFixed(0)]),
    }),
  );
}

const [task, path = '', format, feed = ''] = positionals;
if (task !== 'import') await main();
else if (format === 'plain' || format === 'stix') {
  const measure = await measureImport(path, format, feed);
  process.send?.(measure, () => process.disconnect?.());
}
