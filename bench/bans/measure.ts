/** Measuring bans. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Ban, BanStore, BanTable, Guard, parseJail, subjectOf, tableName } from '@redoubt/act/bans';
import { packetFilter } from '@redoubt/act/nftables';
import { followGlob } from '@redoubt/observe/log';
import { onCleanup } from '../lib/cleanup.ts';
import { outcome, run, until } from '../lib/command.ts';
import { say } from '../lib/language.ts';
import { describeMachine, type Machine } from '../lib/machine.ts';
import { ensurePackages } from '../lib/packages.ts';
import { makeWorkplace, repository } from '../lib/workplace.ts';
import { prepareCrowdsec } from './crowdsec.ts';
import { writeSshdLog } from './log.ts';

/** What was measured. Times are seconds. */
export interface BansResult {
  readonly machine: Machine;
  readonly node: string;
  readonly lines: number;
  /** Whole programs from start to end, each told the offending addresses. */
  readonly runs: readonly {
    readonly name: string;
    readonly seconds: number;
    readonly linesPerSecond: number;
  }[];
  readonly offenders: number;
  /** CrowdSec is given a log of its own length, for it takes minutes; whom it found, and how many others did in that. */
  readonly crowdsec?: { readonly lines: number; readonly found: number; readonly expected: number };
  /** From a line's last byte in a followed file to the address in the kernel's set, of several. */
  readonly toKernel: { readonly median: number; readonly worst: number };
  readonly restored: { readonly bans: number; readonly seconds: number };
}

const retries = 5;
const window = 600;
const lookups = 9;
const restoredBans = 100_000;
const crowdsecLines = 50_000;

/** Measures all. @throws Error when the programs do not find the same offenders */
export async function measureBans(lines: number): Promise<BansResult> {
  await ensurePackages(['fail2ban', 'nftables', 'iproute2']);
  const machine = describeMachine();
  const { folder } = makeWorkplace('bans');
  const log = join(folder, 'auth.log');
  writeSshdLog(log, lines);
  say('Redoubt …', 'Redoubt ……');
  const ours = await timed(() => redoubt(log, folder));
  say('fail2ban-regex …', 'fail2ban-regex ……');
  const theirs = await timed(() => fail2ban(log));
  const difference = [...ours.value].filter(one => !theirs.value.has(one));
  const missing = [...theirs.value].filter(one => !ours.value.has(one));
  if (ours.value.size === 0 || difference.length + missing.length > 0)
    throw new Error(`not the same offenders: only ours ${difference}; only fail2ban's ${missing}`);
  const rowOf = (name: string, seconds: number, count = lines) => ({
    name,
    seconds,
    linesPerSecond: count / seconds,
  });
  const namespace = await makeNamespace();
  say('CrowdSec …', 'CrowdSec ……');
  const short = join(folder, 'short.log');
  const shortLines = Math.min(lines, crowdsecLines);
  writeSshdLog(short, shortLines);
  const expected = await redoubt(short, folder);
  const peer = await prepareCrowdsec(folder, namespace);
  const crowdsec = await timed(() => peer.replay(short));
  say('kernel …', '内核 ……');
  return {
    machine,
    node: process.version,
    lines,
    runs: [
      rowOf('redoubt bans test', ours.seconds),
      rowOf('fail2ban-regex', theirs.seconds),
      rowOf('crowdsec', crowdsec.seconds, shortLines),
    ],
    offenders: ours.value.size,
    crowdsec: {
      lines: shortLines,
      found: [...expected].filter(subject => crowdsec.value.has(subject)).length,
      expected: expected.size,
    },
    toKernel: await timeToKernel(namespace, folder),
    restored: await timeToRestore(namespace, folder),
  };
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const begin = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - begin) / 1000 };
}

async function redoubt(log: string, folder: string): Promise<Set<string>> {
  const main = join(repository, 'apps/cli/src/main.ts');
  const words = ['bans', 'test', log, '--jail', 'sshd', '--json', '--state', folder];
  const report = JSON.parse(await run(process.execPath, [main, ...words])) as {
    offenders: { subject: string }[];
  };
  return new Set(report.offenders.map(({ subject }) => subject));
}

/** fail2ban-regex tells of each failure; whose are too many within the window is counted here. */
async function fail2ban(log: string): Promise<Set<string>> {
  const { status, stdout, stderr } = await outcome('fail2ban-regex', [
    '--out',
    'row',
    '--usedns',
    'no',
    log,
    'sshd',
  ]);
  if (status !== 0) throw new Error(`fail2ban-regex ended with ${status}: ${stderr.slice(-500)}`);
  const times = new Map<string, number[]>();
  for (const [, address = '', time = ''] of stdout.matchAll(/^\['([^']+)',\s+(\d+)/gm)) {
    const subject = subjectOf(address) ?? address;
    const list = times.get(subject) ?? [];
    list.push(Number(time));
    times.set(subject, list);
  }
  const isTooMany = (list: readonly number[]): boolean =>
    list.some((time, at) => (list[at + retries - 1] ?? Number.POSITIVE_INFINITY) - time <= window);
  return new Set([...times].filter(([, list]) => isTooMany(list)).map(([subject]) => subject));
}

async function makeNamespace(): Promise<string> {
  const name = `redoubt-bench-${process.pid}`;
  await run('ip', ['netns', 'add', name]);
  onCleanup(async () => {
    await run('ip', ['netns', 'del', name]);
  });
  return name;
}

async function timeToKernel(namespace: string, folder: string): Promise<BansResult['toKernel']> {
  const filter = packetFilter(namespace);
  const file = join(folder, 'panel.log');
  writeFileSync(file, '');
  const jail = parseJail(
    `name: panel\ntitle: { en: panel }\nlines:\n  files: ["${file}"]\n  match: ['^no from <ADDR>$']\nfind_time: 10m\nmax_retries: 1\nban_time: 1h\n`,
    'panel.yml',
  );
  const guard = new Guard({
    stateDirectory: join(folder, 'state'),
    jails: [jail],
    filter,
    journal: { append: async () => undefined },
    seesPeers: false,
    onOutcome: () => undefined,
    onTrouble: text => {
      if (text !== undefined) throw new Error(text.en);
    },
    sessions: () => [],
  });
  await guard.build(guard.settings);
  guard.rung = 'enforce';
  const stop = new AbortController();
  const following = (async () => {
    for await (const { bytes } of followGlob({ patterns: [file], from: 'start', signal: stop.signal }))
      for (const line of bytes.toString().split('\n')) guard.line(jail, line);
  })();
  const times: number[] = [];
  for (let at = 1; at <= lookups; at++) {
    const address = `198.51.100.${at}`;
    const begin = performance.now();
    appendFileSync(file, `no from ${address}\n`);
    await until(`${address} in the kernel`, async () => {
      const words = [
        'netns',
        'exec',
        namespace,
        'nft',
        'get',
        'element',
        'inet',
        tableName,
        'all_hosts4',
        `{ ${address} }`,
      ];
      return (await outcome('ip', words)).status === 0 ? true : undefined;
    });
    times.push((performance.now() - begin) / 1000);
  }
  stop.abort();
  await following;
  times.sort((a, b) => a - b);
  return { median: times[Math.floor(times.length / 2)] ?? Number.NaN, worst: times.at(-1) ?? Number.NaN };
}

async function timeToRestore(namespace: string, folder: string): Promise<BansResult['restored']> {
  const state = join(folder, 'restored');
  mkdirSync(state);
  const now = Date.now();
  const bans = Array.from(
    { length: restoredBans },
    (_, at): Ban => ({
      subject: `198.${18 + (at >> 16)}.${(at >> 8) & 255}.${at & 255}`,
      origin: 'redoubt',
      reason: 'sshd',
      since: now,
      until: now + 3_600_000,
      times: 1,
    }),
  );
  BanStore.open(state).put(bans, now);
  const { value, seconds } = await timed(async () => {
    const standing = BanStore.open(state).standing(now);
    await new BanTable(packetFilter(namespace)).build(standing, [], now);
    return standing.length;
  });
  return { bans: value, seconds };
}
