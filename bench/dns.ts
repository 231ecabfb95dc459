/** `./redoubt bench dns`: how well DNS is judged, and how fast the resolver is beside dnsmasq and unbound. */
import { parseArgs } from 'node:util';
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
import { runBenchmark } from './lib/cleanup.ts';
import { type Language, language, say } from './lib/language.ts';
import { ensurePackages } from './lib/packages.ts';
import { writeResult, writeSections } from './lib/readme.ts';
import { markdownTable, type Table, terminalTable } from './lib/table.ts';
import { makeWorkplace } from './lib/workplace.ts';

const help = {
  en: 'Usage: redoubt bench dns [--names N] [--seconds N] [--rate N] [--no-load] [--json] [--write]\nWithout --no-load needs root for the Debian packages dnsmasq-base, unbound and dnsperf.\n',
  zh: '用法：redoubt bench dns [--names N] [--seconds N] [--rate N] [--no-load] [--json] [--write]\n除非使用 --no-load，否则需要 root 以安装 Debian 软件包 dnsmasq-base、unbound 和 dnsperf。\n',
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

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      names: { type: 'string', default: '1000000' },
      seconds: { type: 'string', default: '10' },
      rate: { type: 'string', default: '5000' },
      'no-load': { type: 'boolean' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  const [names, seconds, rate] = [values.names, values.seconds, values.rate].map(Number) as [
    number,
    number,
    number,
  ];
  const detection = measureDetection();
  const servers = values['no-load'] ? [] : await measureServers(names, seconds, rate);
  const result: Result = { names, detection, servers };
  const tables = (spoken: Language): Table[] => [
    detectionTable(detection, spoken),
    ...(servers.length > 0 ? [serverTable(result, spoken)] : []),
  ];
  if (values.json) process.stdout.write(`${JSON.stringify(result, undefined, 2)}\n`);
  else {
    process.stdout.write(`${tables(language).map(terminalTable).join('\n\n')}\n\n`);
    const { precision, recall } = detection.labels;
    say(
      `names one by one: precision ${precision.toFixed(3)} (as many of each), recall ${recall.toFixed(3)}`,
      `单个名称：精确率 ${precision.toFixed(3)}（两类等量），召回率 ${recall.toFixed(3)}`,
    );
  }
  if (values.write) {
    writeResult('dns', result);
    writeSections('dns', {
      en: tables('en').map(markdownTable).join('\n\n'),
      zh: tables('zh').map(markdownTable).join('\n\n'),
    });
  }
  return 0;
}

await runBenchmark(main);
