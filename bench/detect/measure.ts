/** The measurements of `bench detect`, one after the other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeEvtx } from '../../packages/observe/test/log/support/evtx-writer.ts';
import { run } from '../lib/command.ts';
import { say } from '../lib/language.ts';
import { describeMachine } from '../lib/machine.ts';
import { makeWorkplace } from '../lib/workplace.ts';
import type { Platform } from './data/pack.ts';
import { windowsLines } from './data/windows-events.ts';
import { type Events, type Rules, runJob } from './job.ts';
import type { DetectOrder } from './options.ts';
import { recordEvents } from './record.ts';
import type { DetectResult, Feed, Indicators, RateRow } from './result.ts';
import { loadRules } from './task/rules.ts';

/** Sizes of the pack: a tenfold number of rules must not cost ten times as much. */
const sizes = [30, 300, 3_000];
const largest = 3_000;

interface Source {
  readonly feed: Feed;
  readonly events: Events;
  readonly platform: Platform;
  /** How many events the plain evaluator judges; it takes about a millisecond for each thousand rules. */
  readonly sample: number;
}

const perSecond = (value: number): string => Math.round(value).toLocaleString('en');

async function rate(source: Source, rules: Rules, seconds: number): Promise<RateRow> {
  const measured = await runJob({ type: 'rate', rules, events: source.events, seconds });
  const name = rules === 'own' ? 'own' : rules.count;
  say(
    `  ${source.feed}, ${name} rules: ${perSecond(measured.perSecond)} events/s`,
    `  ${source.feed}，${name === 'own' ? '自有' : name} 条规则：每秒 ${perSecond(measured.perSecond)} 个事件`,
  );
  return { ...measured, feed: source.feed, rules: name };
}

function evtxFile(path: string, lines: readonly string[]): void {
  const events = lines.map(line => {
    const {
      EventTime,
      Hostname,
      EventID,
      Channel,
      SourceName,
      EventRecordID: _,
      Level,
      ...data
    } = JSON.parse(line);
    return {
      provider: SourceName,
      eventId: EventID,
      channel: Channel,
      computer: Hostname,
      time: new Date(EventTime),
      level: Level,
      data,
    };
  });
  writeFileSync(path, writeEvtx(events));
}

async function measureIndicators(folder: string, count: number): Promise<Indicators> {
  const path = join(folder, 'indicators.json');
  await run(process.execPath, [
    '--expose-gc',
    join(import.meta.dirname, '../intelligence/indicators.ts'),
    '--indicators',
    String(count),
    '--json',
    path,
  ]);
  const { indicators, imports, memoryMiB, lookups } = JSON.parse(readFileSync(path, 'utf8'));
  return { indicators, imports, memoryMiB, lookups };
}

/** Measures everything. */
export async function measureDetection(order: DetectOrder): Promise<DetectResult> {
  const machine = describeMachine();
  const { folder } = makeWorkplace('detect');
  say('making rules and events', '正在生成规则与事件');
  const mixed = join(folder, 'mixed.jsonl');
  const created = join(folder, 'process.jsonl');
  const lines = windowsLines(order.events);
  writeFileSync(mixed, `${lines.join('\n')}\n`);
  writeFileSync(created, `${windowsLines(order.events, 'process-creation').join('\n')}\n`);
  const sources: Source[] = [
    { feed: 'json-mixed', events: { lines: mixed }, platform: 'windows', sample: 1_500 },
    { feed: 'json-process', events: { lines: created }, platform: 'windows', sample: 250 },
  ];
  say('recording events of the kernel sensor', '正在录制内核传感器事件');
  const recording = await recordEvents(join(folder, 'recorded'), Math.ceil(order.events / 100));
  if ('state' in recording) {
    const { state } = recording;
    sources.push(
      { feed: 'decoded-mixed', events: { recorder: state }, platform: 'linux', sample: 1_500 },
      {
        feed: 'decoded-process',
        events: { recorder: state, only: 'process.exec' },
        platform: 'linux',
        sample: 250,
      },
    );
  } else say(recording.obstacle, recording.obstacle);

  const rates: RateRow[] = [];
  const same: DetectResult['same'][number][] = [];
  say('rates', '速率');
  for (const source of sources) {
    for (const count of sizes)
      rates.push(await rate(source, { pack: source.platform, count }, order.seconds));
    rates.push(await rate(source, 'own', order.seconds));
    const rules: Rules = { pack: source.platform, count: largest };
    const { events, sample, feed } = source;
    same.push({ ...(await runJob({ type: 'same', rules, events, sample })), feed, rules: largest });
  }
  const pack: Rules = { pack: 'windows', count: largest };
  say('hostile texts, memory', '恶意文本与内存');
  const hostile = await runJob({ type: 'hostile', rules: pack, lines: mixed });
  const memory = await runJob({ type: 'memory', rules: pack, lines: mixed });
  say('EVTX', 'EVTX');
  const file = join(folder, 'events.evtx');
  evtxFile(file, lines);
  const evtx = await runJob({ type: 'evtx', rules: pack, file, seconds: order.seconds });
  say('a log at 50,000 lines a second', '每秒 5 万行的日志');
  const followed = join(folder, 'followed');
  await mkdir(followed);
  const follow = await runJob({ type: 'follow', folder: followed, seconds: Math.ceil(order.seconds) + 2 });
  let indicators: Indicators | undefined;
  if (order.indicators > 0) {
    say(`${perSecond(order.indicators)} indicators`, `${perSecond(order.indicators)} 条情报`);
    indicators = await measureIndicators(folder, order.indicators);
  }
  const own = await loadRules('own');
  return {
    machine,
    node: process.version,
    measured: new Date().toISOString(),
    ownRules: own.rules.length + own.correlations.length,
    rates,
    same,
    hostile,
    memory,
    evtx,
    follow,
    ...(indicators !== undefined && { indicators }),
    ...('obstacle' in recording && { obstacle: recording.obstacle }),
  };
}
