/** `./redoubt bench ordinary`: work that every server sees, during which a watcher has to be quiet. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, agentPlace } from './lib/agent.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language, say } from './lib/language.ts';
import { ensurePackages } from './lib/packages.ts';
import { makeWorkplace } from './lib/workplace.ts';
import {
  accountWork,
  alternativesWork,
  archiveWork,
  diagnosisWork,
  keyWork,
  logrotateWork,
} from './ordinary/administration.ts';
import { buildWork, gitWork, scriptWork } from './ordinary/development.ts';
import { aptWork, npmWork } from './ordinary/packages.ts';
import { cronWork, timerWork } from './ordinary/schedules.ts';
import { nginxWork, postgresWork } from './ordinary/services.ts';
import type { Step } from './ordinary/step.ts';

const steps: readonly Step[] = [
  gitWork,
  buildWork,
  scriptWork,
  nginxWork,
  postgresWork,
  accountWork,
  keyWork,
  archiveWork,
  logrotateWork,
  alternativesWork,
  diagnosisWork,
  npmWork,
  aptWork,
  cronWork,
  timerWork,
];

const help = {
  en: `redoubt bench ordinary: an hour of ordinary work, compressed. Not one finding is expected.

  --minutes N      does the whole again until N minutes are over (default: once through)
  --steps A,B      only steps whose names contain one of these words
  --json           the findings as JSON
Exit code 1 if there is any finding. Run as root; what it makes it removes again, and packages that it needed stay.
`,
  zh: `redoubt bench ordinary：浓缩的一小时日常工作，预期没有任何发现。

  --minutes N      重复执行直到满 N 分钟（默认执行一遍）
  --steps A,B      只执行名称中含有这些词的步骤
  --json           以 JSON 输出发现
若有任何发现，退出码为 1。请以 root 运行；它会清除自己产生的一切，所需的软件包会保留。
`,
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      minutes: { type: 'string', default: '0' },
      steps: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  const minutes = Number(values.minutes);
  if (!(minutes >= 0)) throw new Error(`--minutes ${values.minutes}: not a number of minutes`);
  if (process.getuid?.() !== 0) throw new Error('bench ordinary has to run as root');
  const words = values.steps?.split(',');
  const chosen = steps.filter(({ name, obstacle }) => {
    if (words && !words.some(word => name.includes(word))) return false;
    const reason = obstacle?.();
    if (reason) say(`left out: ${name}: ${reason}`, `跳过：${name}：${reason}`);
    return reason === undefined;
  });
  if (chosen.length === 0) throw new Error(`--steps ${values.steps}: no step is called so`);
  await ensurePackages([...new Set(chosen.flatMap(step => step.packages))]);

  // Not below /tmp or /var/tmp: programs that run from there are not ordinary work.
  const { folder } = makeWorkplace('ordinary', '/srv');
  const places = new Map(chosen.map((step, i) => [step, join(folder, `step-${i}`)]));
  for (const [step, place] of places) {
    await mkdir(place);
    await step.prepare?.(place);
  }
  const agent = await Agent.start(agentPlace(folder));
  const begun = performance.now();
  do {
    for (const [step, place] of places) {
      const started = performance.now();
      await step.work(place);
      const took = ((performance.now() - started) / 1000).toFixed(1);
      const { open } = (await agent.untilStored()).findings;
      say(
        `${step.name}: ${took} s, ${open} findings so far`,
        `${step.name}：${took} 秒，累计 ${open} 个发现`,
      );
    }
  } while (performance.now() - begun < minutes * 60_000);
  const { events } = await agent.untilStored();
  const findings = await agent.findings();
  await agent.stop();

  if (values.json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`);
  else {
    const took = ((performance.now() - begun) / 60_000).toFixed(1);
    process.stdout.write(
      language === 'zh'
        ? `${took} 分钟，${events.total} 个事件，丢失 ${events.lost + events.dropped}，${findings.length} 个发现\n`
        : `${took} minutes, ${events.total} events, ${events.lost + events.dropped} lost, ${findings.length} findings\n`,
    );
    for (const { redoubt, count, evidences, finding_info } of findings) {
      process.stdout.write(`\n${redoubt.title[language]} (${finding_info.analytic.uid}) × ${count}\n`);
      process.stdout.write(`  ${evidences[0]?.process?.cmd_line ?? ''}\n`);
      for (const reason of redoubt.reasons) {
        process.stdout.write(`  ${reason.field} = ${reason.value}: ${reason.text[language]}\n`);
      }
    }
  }
  return findings.length === 0 ? 0 : 1;
}

await runBenchmark(main);
