/** `redoubt exposure`: what listens, who can reach it, and what is wrong with that. */
import type { ExposureIssue, ExposureItem, ExposureReport } from '@redoubt/act/exposure';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption } from '../options.ts';
import type { Output } from '../output/output.ts';
import { safe } from '../output/safe.ts';
import { table } from '../output/table.ts';
import { severityName } from '../output/values.ts';

const scopeNames = {
  any: { en: 'any', zh: '全部' },
  loopback: { en: 'loopback', zh: '本机' },
  'link-local': { en: 'link', zh: '链路' },
  multicast: { en: 'multicast', zh: '组播' },
  private: { en: 'private', zh: '内网' },
  public: { en: 'public', zh: '公网' },
  unknown: { en: '?', zh: '?' },
};
const reachNames = {
  open: { en: 'everybody', zh: '所有来源' },
  some: { en: 'some', zh: '部分来源' },
  closed: { en: 'nobody else', zh: '不可达' },
  unknown: { en: 'not known', zh: '未知' },
};

function issueLines(issues: readonly ExposureIssue[], place: string, output: Output): string[] {
  return issues.flatMap(({ severity, text, advice, mlps }) => [
    `${severityName(severity, output)}  ${safe(place)}  ${safe(output.say(text))}  [${mlps.join(', ')}]`,
    `  → ${safe(output.say(advice))}`,
  ]);
}

const placeOf = ({ protocol, address, port }: ExposureItem): string =>
  `${protocol} ${address.includes(':') ? `[${address}]` : address}:${port}`;

function reportLines({ items, sshd, limits }: ExposureReport, least: number, output: Output): string[] {
  const columns = output
    .say({
      en: 'SEVERITY|LISTENS ON|SCOPE|LET IN|SERVICE|TLS|USER|PROGRAM',
      zh: '级别|监听|范围|放行|服务|TLS|用户|程序',
    })
    .split('|')
    .map((heading, at) => (at === 7 ? { heading, elastic: true as const } : { heading }));
  const rows = items.map(item => [
    item.issues.length === 0 ? '-' : severityName(item.severity, output),
    safe(placeOf(item)),
    output.say(scopeNames[item.scope]),
    output.say(reachNames[item.reach]),
    safe(item.service ?? '-'),
    item.tls === undefined ? '-' : item.tls.versions.map(version => version.slice(4)).join(' '),
    safe(item.user),
    safe(item.program ?? '?'),
  ]);
  const worth = (issues: readonly ExposureIssue[]) => issues.filter(({ severity }) => severity >= least);
  const found = [
    ...items.flatMap(item => issueLines(worth(item.issues), placeOf(item), output)),
    ...issueLines(worth(sshd ?? []), 'sshd', output),
  ];
  return [
    ...(rows.length === 0
      ? [output.say({ en: 'Nothing listens.', zh: '没有监听端口。' })]
      : table(columns, rows, output.columns)),
    '',
    ...found,
    ...(found.length > 0 ? [''] : []),
    output.say({ en: 'Not judged:', zh: '未判断：' }),
    ...limits.map(text => `· ${safe(output.say(text))}`),
  ];
}

async function run(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  if (invocation.arguments.length > 0)
    throw new CommandError(ExitCode.usage, {
      en: '`exposure` takes no arguments',
      zh: '`exposure` 不接受参数',
    });
  const least = numberOption(options, 'min-severity', { min: 1, max: 5, otherwise: 2 });
  const { assessExposure } = await import('@redoubt/act/exposure');
  const report = await assessExposure({
    ask: !flag(options, 'quiet'),
    onProgress: (done, total) => output.status(`${done}/${total}`),
  });
  output.status('');
  if (flag(options, 'json')) output.json(report);
  else output.print(...reportLines(report, least, output));
  const isBad = [...report.items.flatMap(({ issues }) => issues), ...(report.sshd ?? [])].some(
    ({ severity }) => severity >= least,
  );
  return isBad ? ExitCode.failed : ExitCode.ok;
}

export const exposureCommand: Command = {
  name: 'exposure',
  summary: {
    en: 'what listens, who can reach it, what is wrong with that',
    zh: '监听端口、可达范围及其风险',
  },
  usage: ['exposure [--min-severity N] [--quiet] [--json]'],
  details: {
    en: 'Listeners of this host with their programs, who gets through its nftables rules, TLS by real handshakes on this host,\nservices that answer without authentication, and sshd’s settings. Exits with 1 if something was found. Run it as root.',
    zh: '本机监听端口及其程序、nftables 规则放行情况、通过真实握手检查的 TLS、无需认证的服务以及 sshd 设置。\n有发现时以 1 退出。请以 root 运行。',
  },
  options: {
    'min-severity': {
      type: 'string',
      value: 'N',
      help: { en: 'least severity that counts, 1 to 5 (default 2)', zh: '计入的最低级别，1 到 5（默认 2）' },
    },
    quiet: {
      type: 'boolean',
      help: { en: 'do not talk to the listeners', zh: '不与监听端口通信' },
    },
    ...commonOptions,
  },
  examples: [
    { line: 'exposure', text: { en: 'what can others reach here?', zh: '他人能访问本机的什么？' } },
    { line: 'exposure --min-severity 4 --json', text: { en: 'for a script', zh: '供脚本使用' } },
  ],
  run,
};
