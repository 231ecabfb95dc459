/** `./redoubt bench scan`: how fast files are scanned, beside YARA and ClamAV with the same rules and signatures. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runBenchmark } from './lib/cleanup.ts';
import { language } from './lib/language.ts';
import { resultFile, writeResult, writeSections } from './lib/readme.ts';
import { measureFalsePositives } from './scan/false-positives.ts';
import { measureScan, type ScanResult } from './scan/measure.ts';
import { renderFalsePositives, renderMarkdown, renderTerminal } from './scan/render.ts';

const help = {
  en: `redoubt bench scan: files scanned by Redoubt, yara, clamscan and clamdscan.

  --path DIR       what is scanned by rules (default: /usr)
  --clamav DIR     what is scanned by ClamAV's engine (default: /usr/bin)
  --rescan DIR     what is scanned twice by every engine (default: /usr/share)
  --rounds N       rounds of each, the best counts (default: 2)
  --false-positives  instead, what every engine says of every file of the installed Debian packages
  --json           the result as JSON
  --write          keeps it in bench/results/scan.json and shows it in the READMEs
  --render         only shows the kept result in the READMEs again
`,
  zh: `redoubt bench scan：Redoubt、yara、clamscan 与 clamdscan 的扫描速度对比。

  --path 目录      用规则扫描的目录（默认 /usr）
  --clamav 目录    用 ClamAV 引擎扫描的目录（默认 /usr/bin）
  --rescan 目录    用全部引擎扫描两次的目录（默认 /usr/share）
  --rounds N       每项执行的轮数，取最好成绩（默认 2）
  --false-positives  改为检查全部已安装 Debian 软件包的文件，统计误报
  --json           以 JSON 输出结果
  --write          写入 bench/results/scan.json 并更新两份 README
  --render         仅用已有结果更新两份 README
`,
};

function show(result: ScanResult): void {
  writeSections('scan', { en: renderMarkdown(result, 'en'), zh: renderMarkdown(result, 'zh') });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      path: { type: 'string', default: '/usr' },
      clamav: { type: 'string', default: '/usr/bin' },
      rescan: { type: 'string', default: '/usr/share' },
      rounds: { type: 'string', default: '2' },
      'false-positives': { type: 'boolean' },
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
    show(JSON.parse(readFileSync(resultFile('scan'), 'utf8')) as ScanResult);
    return 0;
  }
  if (values['false-positives']) {
    const result = await measureFalsePositives((files, of) => {
      if (process.stderr.isTTY && files % 1_000 === 0) process.stderr.write(`\r${files} / ${of}`);
    });
    const text = values.json ? JSON.stringify(result, undefined, 2) : renderFalsePositives(result, language);
    process.stdout.write(`${text}\n`);
    if (values.write) writeResult('scan-false-positives', result);
    return 0;
  }
  const rounds = Math.max(Number(values.rounds) || 1, 1);
  const result = await measureScan({
    path: values.path,
    clamavPath: values.clamav,
    rescanPath: values.rescan,
    rounds,
    onRun: ({ name, seconds }) => process.stderr.write(`${name}: ${seconds.toFixed(1)} s\n`),
  });
  process.stdout.write(
    values.json ? `${JSON.stringify(result, undefined, 2)}\n` : `${renderTerminal(result, language)}\n`,
  );
  if (values.write) {
    writeResult('scan', result);
    show(result);
  }
  return 0;
}

await runBenchmark(main);
