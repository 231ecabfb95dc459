/** `./redoubt bench bans`: how fast log lines are judged, beside fail2ban; how soon a ban is in the kernel. */
import { measureBans } from './bans/measure.ts';
import { renderMarkdown, renderTerminal } from './bans/render.ts';
import { runProgram, wholeNumber } from './lib/program.ts';

await runProgram({
  name: 'bans',
  help: {
    en: `redoubt bench bans: lines of an sshd log judged by Redoubt and fail2ban-regex, bans put into the kernel.

  --lines N         lines of the log (default: 1000000)
`,
    zh: `redoubt bench bans：Redoubt 与 fail2ban-regex 判断 sshd 日志的速度，以及封禁写入内核的耗时。

  --lines N         日志行数（默认 1000000）
`,
  },
  options: { lines: { type: 'string', default: '1000000' } },
  measure: ({ lines }) => measureBans(wholeNumber('lines', lines, 1_000)),
  terminal: renderTerminal,
  markdown: renderMarkdown,
});
