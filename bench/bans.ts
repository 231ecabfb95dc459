/** `./redoubt bench bans`: how fast log lines are judged, beside fail2ban; how soon a ban is in the kernel. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type BansResult, measureBans } from './bans/measure.ts';
import { renderMarkdown, renderTerminal } from './bans/render.ts';
import { runBenchmark } from './lib/cleanup.ts';
import { language } from './lib/language.ts';
import { resultFile, writeResult, writeSections } from './lib/readme.ts';

const help = {
  en: `redoubt bench bans: lines of an sshd log judged by Redoubt and fail2ban-regex, bans put into the kernel.

  --lines N        lines of the log (default: 1000000)
  --json           the result as JSON
  --write          keeps it in bench/results/bans.json and shows it in the READMEs
  --render         only shows the kept result in the READMEs again
`,
  zh: `redoubt bench bans：Redoubt 与 fail2ban-regex 判断 sshd 日志的速度，以及封禁写入内核的耗时。

  --lines N        日志行数（默认 1000000）
  --json           以 JSON 输出结果
  --write          写入 bench/results/bans.json 并更新两份 README
  --render         仅用已有结果更新两份 README
`,
};

function show(result: BansResult): void {
  writeSections('bans', { en: renderMarkdown(result, 'en'), zh: renderMarkdown(result, 'zh') });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      lines: { type: 'string', default: '1000000' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
      render: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    process.stdout.write(help[language]);
    return 0;
  }
  if (values.render) {
    show(JSON.parse(readFileSync(resultFile('bans'), 'utf8')) as BansResult);
    return 0;
  }
  const lines = Number(values.lines);
  if (!Number.isInteger(lines) || lines < 1_000)
    throw new Error('--lines must be a whole number from 1000 on');
  const result = await measureBans(lines);
  process.stdout.write(
    values.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${renderTerminal(result, language)}\n`,
  );
  if (values.write) {
    writeResult('bans', result);
    show(result);
  }
  return 0;
}

await runBenchmark(main);
