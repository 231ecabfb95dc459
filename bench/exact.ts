/** `./redoubt bench exact`: of a storm of processes and files, all that was performed is recorded or counted. */
import { parseArgs } from 'node:util';
import { Agent, agentPlace } from './lib/agent.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language, say } from './lib/language.ts';
import { ensurePackages } from './lib/packages.ts';
import { makeWorkplace } from './lib/workplace.ts';
import { isExact, lossesBetween } from './storm/account.ts';
import { accountTable } from './storm/account-table.ts';
import { Storm } from './storm/storm.ts';

const help = {
  en: `redoubt bench exact: performed = recorded + lost, event by event.

  --processes N    short processes (default 200000)
  --files N        file operations: create, rename, unlink (default 1000000)
  --json           the account as JSON
Exit code 1 if an event is missing that was not counted as lost, or is recorded twice.
`,
  zh: `redoubt bench exact：逐类核对“执行数 = 记录数 + 丢失数”。

  --processes N    短进程数（默认 200000）
  --files N        文件操作数：创建、改名、删除（默认 1000000）
  --json           以 JSON 输出
如有事件既未记录也未计为丢失，或被重复记录，退出码为 1。
`,
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      processes: { type: 'string', default: '200000' },
      files: { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  const processes = Number(values.processes);
  const cycles = Math.ceil(Number(values.files) / 3);
  if (!Number.isInteger(processes) || processes < 1 || !Number.isInteger(cycles) || cycles < 1) {
    throw new Error(`--processes ${values.processes} --files ${values.files}: whole numbers above 0, please`);
  }
  await ensurePackages(['gcc', 'libc6-dev', 'make']);
  const { folder } = makeWorkplace('exact');
  const storm = await Storm.make(folder);
  const place = agentPlace(folder);
  const agent = await Agent.start(place);
  const before = await agent.untilStored();
  say(`${processes} processes`, `${processes} 个进程`);
  const processSeconds = await storm.processes(processes);
  say(`${3 * cycles} file operations`, `${3 * cycles} 次文件操作`);
  const fileSeconds = await storm.files(cycles);
  const after = await agent.untilStored();
  await agent.stop();
  const losses = lossesBetween(before, after);
  say('reading the recorder', '正在读取记录');
  const lines = await storm.account(place.state, losses);
  const exact = isExact(lines, losses);
  const rates = {
    processesPerSecond: Math.round(processes / processSeconds),
    fileOperationsPerSecond: Math.round((3 * cycles) / fileSeconds),
  };
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ exact, lines, dropped: losses.dropped, ...rates }, null, 2)}\n`);
  } else {
    const summary =
      language === 'zh'
        ? `每秒 ${rates.processesPerSecond} 个进程，${rates.fileOperationsPerSecond} 次文件操作；已见但未存：${losses.dropped}。${exact ? '账目相符。' : '账目不符！'}`
        : `${rates.processesPerSecond} processes/s, ${rates.fileOperationsPerSecond} file operations/s; seen but not stored: ${losses.dropped}. ${exact ? 'The account is exact.' : 'The account does not add up!'}`;
    process.stdout.write(`${accountTable(lines)}\n\n${summary}\n`);
  }
  return exact ? 0 : 1;
}

await runBenchmark(main);
