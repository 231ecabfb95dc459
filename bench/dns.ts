/** `./redoubt bench dns`: how well DNS is judged, and how fast the resolver is beside dnsmasq and unbound. */
import { type DetectionResult, measureDetection, type Truth } from './dns/detection.ts';
import { type LoadResult, measureLoad, writeQuestions } from './dns/load.ts';
import {
  type RunningServer,
  startDnsmasq,
  startOurs,
  startUnbound,
  startUpstream,
  writeLists,
} from './dns/servers.ts';
import { type Language, say } from './lib/language.ts';
import { ensurePackages } from './lib/packages.ts';
import { runProgram, wholeNumber } from './lib/program.ts';
import { markdownTable, type Table, terminalTable } from './lib/table.ts';
import { makeWorkplace } from './lib/workplace.ts';

const help = {
  en: `redoubt bench dns: how well names are judged; the resolver beside dnsmasq and unbound (Debian packages, needs root).

  --names N         blocked names (default: 1000000)
  --seconds N       length of each load (default: 10)
  --rate N          queries a second for the latencies (default: 5000)
  --no-load         only how well names are judged
`,
  zh: `redoubt bench dns：名称判定的效果；解析器与 dnsmasq、unbound 的对比（Debian 软件包，需要 root）。

  --names N         阻断名称数（默认 1000000）
  --seconds N       每次负载的秒数（默认 10）
  --rate N          测量延迟时每秒的查询数（默认 5000）
  --no-load         只测判定效果
`,
};

interface ServerResult extends LoadResult {
  readonly name: string;
  readonly started: number;
  readonly memory: number;
}

interface Result {
  readonly names: number;
  readonly detection: DetectionResult;
  readonly servers: readonly ServerResult[];
}

const share = ({ positives, found }: Truth): string =>
  `${found} / ${positives} (${((found / Math.max(positives, 1)) * 100).toFixed(1)} %)`;

function detectionTable({ labels, bursts, tunnels }: DetectionResult, spoken: Language): Table {
  const zh = spoken === 'zh';
  const rows = [
    [zh ? '正常名称' : 'ordinary names', share(labels.lawful), share(bursts.lawful)],
    ...Object.entries(labels.schemes).map(([name, truth]) => [
      name,
      share(truth),
      share(bursts.schemes[name] ?? { positives: 0, found: 0 }),
    ]),
    [zh ? '正常流量中的隧道告警' : 'ordinary domains told as tunnels', share(tunnels.lawful), ''],
    ...Object.entries(tunnels.kinds).map(([name, truth]) => [
      `${zh ? '隧道' : 'tunnel'}: ${name}`,
      share(truth),
      '',
    ]),
  ];
  return {
    head: zh
      ? ['数据', '单个名称被判定', '连续查询被发现']
      : ['data', 'judged one by one', 'found as a burst'],
    align: ['left', 'right', 'right'],
    rows,
  };
}

function serverTable({ servers, names }: Result, spoken: Language): Table {
  const zh = spoken === 'zh';
  const ours = servers.find(({ name }) => name === 'redoubt');
  return {
    head: zh
      ? [`${names} 个阻断名称`, '每秒查询', '相对本项目', 'p50', 'p99', '内存', '就绪']
      : [`${names} blocked names`, 'queries/s', 'beside ours', 'p50', 'p99', 'memory', 'ready after'],
    align: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows: servers.map(one => [
      one.name,
      one.queriesPerSecond.toFixed(0),
      ours === undefined ? '' : `${(one.queriesPerSecond / ours.queriesPerSecond).toFixed(2)} ×`,
      `${one.p50.toFixed(2)} ms`,
      `${one.p99.toFixed(2)} ms`,
      `${one.memory.toFixed(0)} MB`,
      `${one.started.toFixed(1)} s`,
    ]),
  };
}

async function measureServers(names: number, seconds: number, rate: number): Promise<ServerResult[]> {
  await ensurePackages(['dnsmasq-base', 'unbound', 'dnsperf']);
  const { folder } = makeWorkplace('dns');
  const lists = writeLists(folder, names);
  const questions = writeQuestions(folder, names);
  await startUpstream(folder);
  const starts: (() => Promise<RunningServer>)[] = [
    () => startOurs(lists.names, 5391),
    () => startDnsmasq(folder, lists.dnsmasq, 5392),
    () => startUnbound(folder, lists.unbound, 5393),
  ];
  const results: ServerResult[] = [];
  for (const start of starts) {
    const server = await start();
    say(`measuring ${server.name}`, `正在测量 ${server.name}`);
    const load = await measureLoad(server.port, questions, seconds, rate);
    results.push({ name: server.name, started: server.started, memory: server.memory(), ...load });
    await server.stop();
  }
  return results;
}

const tablesOf = (result: Result, spoken: Language): Table[] => [
  detectionTable(result.detection, spoken),
  ...(result.servers.length > 0 ? [serverTable(result, spoken)] : []),
];

function labelsText({ detection }: Result, spoken: Language): string {
  const [precision, recall] = [detection.labels.precision.toFixed(3), detection.labels.recall.toFixed(3)];
  return spoken === 'zh'
    ? `单个名称：精确率 ${precision}（两类等量），召回率 ${recall}`
    : `names one by one: precision ${precision} (as many of each), recall ${recall}`;
}

await runProgram({
  name: 'dns',
  help,
  options: {
    names: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '10' },
    rate: { type: 'string', default: '5000' },
    'no-load': { type: 'boolean' },
  },
  async measure(values): Promise<Result> {
    const names = wholeNumber('names', values.names);
    const [seconds, rate] = [wholeNumber('seconds', values.seconds), wholeNumber('rate', values.rate)];
    const detection = measureDetection();
    const servers = values['no-load'] ? [] : await measureServers(names, seconds, rate);
    return { names, detection, servers };
  },
  terminal: (result, spoken) =>
    [...tablesOf(result, spoken).map(terminalTable), labelsText(result, spoken)].join('\n\n'),
  markdown: (result, spoken) =>
    [...tablesOf(result, spoken).map(markdownTable), labelsText(result, spoken)].join('\n\n'),
});
