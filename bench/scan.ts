/** `./redoubt bench scan`: how fast files are scanned, beside YARA and ClamAV with the same rules and signatures. */
import { runProgram, wholeNumber } from './lib/program.ts';
import { measureScan } from './scan/measure.ts';
import { renderMarkdown, renderTerminal } from './scan/render.ts';

await runProgram({
  name: 'scan',
  help: {
    en: `redoubt bench scan: files scanned by Redoubt, yara, clamscan and clamdscan.

  --path DIR        what is scanned by rules (default: /usr)
  --clamav DIR      what is scanned by ClamAV's engine (default: /usr/bin)
  --rescan DIR      what is scanned twice by every engine (default: /usr)
  --rounds N        rounds of each, the best counts (default: 2)
`,
    zh: `redoubt bench scan：Redoubt、yara、clamscan 与 clamdscan 的扫描速度对比。

  --path 目录       用规则扫描的目录（默认 /usr）
  --clamav 目录     用 ClamAV 引擎扫描的目录（默认 /usr/bin）
  --rescan 目录     用全部引擎扫描两次的目录（默认 /usr）
  --rounds N        每项执行的轮数，取最好成绩（默认 2）
`,
  },
  options: {
    path: { type: 'string', default: '/usr' },
    clamav: { type: 'string', default: '/usr/bin' },
    rescan: { type: 'string', default: '/usr' },
    rounds: { type: 'string', default: '2' },
  },
  measure: ({ path, clamav, rescan, rounds }) =>
    measureScan({
      path,
      clamavPath: clamav,
      rescanPath: rescan,
      rounds: wholeNumber('rounds', rounds),
      onRun: (name, seconds) => process.stderr.write(`${name}: ${seconds.toFixed(1)} s\n`),
    }),
  terminal: renderTerminal,
  markdown: renderMarkdown,
});
