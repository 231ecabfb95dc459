/** `./redoubt bench fault`: kills, stops, damaged files and jumping clocks; the agent has to come through. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { jumpClock } from './fault/clock.ts';
import { damageDatabases } from './fault/corrupt.ts';
import { killUnderLoad } from './fault/kill.ts';
import { stopUnderLoad } from './fault/stop.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language, say } from './lib/language.ts';
import { ensurePackages } from './lib/packages.ts';
import { seededRandom } from './lib/pairing.ts';
import { spread } from './lib/statistics.ts';
import { makeWorkplace } from './lib/workplace.ts';
import { accountTable } from './storm/account-table.ts';

const help = {
  en: `redoubt bench fault: what the agent makes of kills, stops, damaged files and jumping clocks.

  --kills N        kills at random moments under load (default 50)
  --stop N         seconds for which the agent is stopped under load (default 30)
  --only A,B       of kill, stop, corrupt, clock
  --seed N         seed of the random moments (default 1)
Exit code 1 if the agent does not come through one of them. Run as root.
`,
  zh: `redoubt bench fault：强杀、暂停、数据库损坏与时钟跳变下的代理。

  --kills N        负载下随机时刻强杀的次数（默认 50）
  --stop N         负载下暂停代理的秒数（默认 30）
  --only A,B       kill、stop、corrupt、clock 中的若干
  --seed N         随机时刻的种子（默认 1）
任一项未通过时退出码为 1。请以 root 运行。
`,
};

const print = (en: string, zh: string) => process.stdout.write(`${language === 'zh' ? zh : en}\n`);

async function kills(folder: string, times: number, seed: number): Promise<boolean> {
  const result = await killUnderLoad(folder, times, seededRandom(seed));
  const [lost, restart] = [spread(result.lostMilliseconds), spread(result.restartMilliseconds)];
  print(
    `${result.kills} kills: the recorder sound each time; the last ${lost.median.toFixed(0)} ms lost (at most ${lost.max.toFixed(0)}); back after ${restart.median.toFixed(0)} ms (at most ${restart.max.toFixed(0)}); ${result.silent} starts that did not say so; ${result.events} events kept`,
    `强杀 ${result.kills} 次：记录每次均完好；丢失末尾 ${lost.median.toFixed(0)} 毫秒（最多 ${lost.max.toFixed(0)}）；${restart.median.toFixed(0)} 毫秒后恢复（最多 ${restart.max.toFixed(0)}）；未作说明的启动 ${result.silent} 次；保留事件 ${result.events} 个`,
  );
  return result.silent === 0;
}

async function stop(folder: string, seconds: number): Promise<boolean> {
  const { exact, lines, dropped } = await stopUnderLoad(folder, seconds);
  print(
    `stopped for ${seconds} s under load: ${exact ? 'every loss counted' : 'THE ACCOUNT DOES NOT ADD UP'}; seen but not stored: ${dropped}`,
    `负载下暂停 ${seconds} 秒：${exact ? '丢失全部计数' : '账目不符'}；已见但未存：${dropped}`,
  );
  process.stdout.write(`${accountTable(lines)}\n`);
  return exact;
}

async function corrupt(folder: string): Promise<boolean> {
  const results = await damageDatabases(folder);
  for (const { damage, said, records } of results) {
    print(
      `${damage}: starts; ${said ? 'says so' : 'IS SILENT'}; ${records ? 'records' : 'DOES NOT RECORD'}`,
      `${damage}：能启动；${said ? '有提示' : '无提示'}；${records ? '继续记录' : '不再记录'}`,
    );
  }
  // An empty file is what a new recorder begins with: there is nothing that it could say about it.
  return results.every(({ damage, said, records }) => records && (said || damage === 'an empty file'));
}

async function clock(folder: string): Promise<boolean> {
  const { exact, lines, events } = await jumpClock(folder);
  print(
    `clock an hour back and two forth: ${exact ? 'every event recorded' : 'EVENTS ARE MISSING'}, ${events} in order`,
    `时钟后退一小时再前进两小时：${exact ? '事件全部记录' : '缺少事件'}，${events} 个事件顺序正确`,
  );
  if (!exact) process.stdout.write(`${accountTable(lines)}\n`);
  return exact;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '50' },
      stop: { type: 'string', default: '30' },
      only: { type: 'string', default: 'kill,stop,corrupt,clock' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  const [times, seconds, seed] = [Number(values.kills), Number(values.stop), Number(values.seed)];
  if (!(times >= 1 && seconds > 0 && seed >= 0)) throw new Error('--kills, --stop and --seed take numbers');
  if (process.getuid?.() !== 0) throw new Error('bench fault has to run as root');
  const faults: Record<string, (folder: string) => Promise<boolean>> = {
    kill: folder => kills(folder, times, seed),
    stop: folder => stop(folder, seconds),
    corrupt,
    clock,
  };
  const chosen = values.only.split(',');
  await ensurePackages(['gcc', 'libc6-dev', 'make', ...(chosen.includes('clock') ? ['libfaketime'] : [])]);
  const workplace = makeWorkplace('fault');
  let passed = true;
  for (const name of chosen) {
    const fault = faults[name];
    if (fault === undefined) throw new Error(`--only ${name}: there are ${Object.keys(faults).join(', ')}`);
    say(`${name} ...`, `${name}……`);
    const folder = join(workplace.folder, name);
    await mkdir(folder);
    passed = (await fault(folder)) && passed;
  }
  return passed ? 0 : 1;
}

await runBenchmark(main);
