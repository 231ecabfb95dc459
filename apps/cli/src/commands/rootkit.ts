/** `redoubt rootkit check`: views of the kernel compared, and what has changed how it works. */
import type { RootkitFinding, RootkitReport } from '@redoubt/baseline/rootkit';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { severityName, span } from '../output/values.ts';
import { pad, width } from '../output/width.ts';

function findingLines({ severity, title, reasons, advice }: RootkitFinding, output: Output): string[] {
  return [
    `${severityName(severity, output)}  ${output.style('bold', safe(output.say(title)))}`,
    ...reasons.map(
      ({ text, field, value }) => `  • ${safe(output.say(text))}  [${safe(field)} = ${safe(value)}]`,
    ),
    ...(advice === undefined ? [] : [`  → ${safe(output.say(advice))}`]),
  ];
}

function reportLines(report: RootkitReport, output: Output): string[] {
  const widest = Math.max(...report.views.map(({ title }) => width(output.say(title))));
  const views = report.views.map(({ title, state, text }) => {
    const mark = state === 'looked' ? output.style('green', '✓') : output.style('dim', '·');
    const note = state === 'looked' ? '' : output.say({ en: 'skipped: ', zh: '跳过：' });
    return `${mark} ${pad(output.say(title), widest)}  ${note}${safe(output.say(text))}`;
  });
  const skipped = report.views.filter(({ state }) => state === 'skipped').length;
  const time = span(report.milliseconds, output.language);
  return [
    ...views,
    '',
    ...report.findings.flatMap(one => [...findingLines(one, output), '']),
    output.say({
      en: `${report.findings.length} findings; ${report.views.length - skipped} views, ${skipped} skipped; kernel ${report.kernel}, ${time}`,
      zh: `发现 ${report.findings.length} 项；检查 ${report.views.length - skipped} 个视图，跳过 ${skipped} 个；内核 ${report.kernel}，用时 ${time}`,
    }),
  ];
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const [action, ...more] = invocation.arguments;
  if (action !== 'check' || more.length > 0)
    throw new CommandError(ExitCode.usage, { en: 'Say `rootkit check`', zh: '用法：`rootkit check`' });
  const least = numberOption(options, 'min-severity', { min: 1, max: 5, otherwise: 2 });
  const [{ checkKernel }, { agentPids }] = await Promise.all([
    import('@redoubt/baseline/rootkit'),
    import('../rootkit/agent-pids.ts'),
  ]);
  const own = new Set([process.pid, ...agentPids(invocation)]);
  const report = await checkKernel({
    isOwn: pid => own.has(pid),
    onPart: name => output.status(name),
  });
  output.status('');
  const findings = report.findings.filter(({ severity }) => severity >= least);
  const shown = { ...report, findings };
  if (flag(options, 'json')) output.json(shown);
  else output.print(...reportLines(shown, output));
  return findings.length > 0 ? ExitCode.failed : ExitCode.ok;
}

export const rootkitCommand: Command = {
  name: 'rootkit',
  summary: {
    en: 'views of the kernel compared, to find what hides',
    zh: '比较内核的多个视图，发现隐藏的内容',
  },
  usage: ['rootkit check [--min-severity N] [--json]'],
  details: {
    en: 'Processes by /proc, null signals, cgroups and an eBPF iterator; sockets by /proc/net, netlink and binding; modules by\n/proc/modules, sysfs and kallsyms; hooks of ftrace and kprobes; loaded eBPF; taint, lockdown and signatures. Exits with 1\nif something was found. What this kernel does not have is said. Run it as root.',
    zh: '进程：/proc、空信号、cgroup 与 eBPF 迭代器；套接字：/proc/net、netlink 与绑定尝试；模块：/proc/modules、sysfs 与\nkallsyms；ftrace 与 kprobe 挂钩；已加载的 eBPF；污染标志、锁定与签名策略。有发现时以 1 退出。此内核不具备的会说明。\n请以 root 运行。',
  },
  options: {
    'min-severity': {
      type: 'string',
      value: 'N',
      help: { en: 'least severity that counts, 1 to 5 (default 2)', zh: '计入的最低级别，1 到 5（默认 2）' },
    },
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'rootkit check', text: { en: 'is something hidden here?', zh: '本机是否有隐藏的内容？' } },
    { line: 'rootkit check --min-severity 4 --json', text: { en: 'for a script', zh: '供脚本使用' } },
  ],
  run,
};
