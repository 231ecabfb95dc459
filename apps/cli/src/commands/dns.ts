/** `redoubt dns`: names that were seen, what is thought of a name, the DNS firewall's lists. */
import { resolve } from 'node:path';
import { type ListFormat, listFormats } from '@redoubt/act/dns';
import type { DnsAnswer, DnsReputation, DnsSeenAnswer, DnsSeenItem } from '@redoubt/agent/dns';
import { defaultStateDirectory } from '@redoubt/agent/options';
import { findAgent, requireAgent } from '../agent/client.ts';
import { type Command, flag, type Invocation, textOption, textOptions } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption, socketOption, stateOption } from '../options.ts';
import { dnsStateLines, reputationLines, seenTable } from '../output/dns-text.ts';
import { safe } from '../output/safe.ts';
import { protectionOf } from '../protect/ask.ts';

const limits = { min: 1, max: 10_000, otherwise: 200 };

function wrong(en: string, zh: string): CommandError {
  return new CommandError(ExitCode.usage, { en, zh });
}

async function status(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).get<DnsAnswer>('/api/dns');
  if (flag(options, 'json')) output.json(answer);
  else output.print(...dnsStateLines(answer, output));
  return ExitCode.ok;
}

/** From the agent, or from its file when none runs. */
async function seenItems(invocation: Invocation, value: string): Promise<readonly DnsSeenItem[]> {
  const limit = numberOption(invocation.options, 'limit', limits);
  const agent = findAgent(invocation);
  const state = textOption(invocation.options, 'state');
  if (agent !== undefined && state === undefined)
    return (await agent.get<DnsSeenAnswer>('/api/dns/seen', { value, limit })).items;
  const { readPassiveDns } = await import('@redoubt/store/passive-dns');
  const directory = state ?? defaultStateDirectory();
  const plain = value.toLowerCase().replace(/(?<=.)\.$/, '');
  const found = readPassiveDns(directory, { value: plain, limit });
  if (found !== undefined) return found;
  throw new CommandError(ExitCode.unavailable, {
    en: `There is no record of DNS names in ${directory}`,
    zh: `${directory} 中没有 DNS 名称记录`,
  });
}

async function seen(invocation: Invocation, value: string): Promise<number> {
  const { options, output } = invocation;
  const items = await seenItems(invocation, value);
  if (flag(options, 'json')) output.json(items);
  else if (items.length > 0) output.print(...seenTable(items, output));
  else output.print(output.say({ en: `${safe(value)} was never seen.`, zh: `从未见过 ${safe(value)}。` }));
  return ExitCode.ok;
}

async function reputation(invocation: Invocation, name: string): Promise<number> {
  const { options, output } = invocation;
  const answer = await requireAgent(invocation).get<DnsReputation>('/api/dns/reputation', { name });
  if (flag(options, 'json')) output.json(answer);
  else output.print(...reputationLines(answer, output));
  return ExitCode.ok;
}

interface AskedList {
  readonly path: string;
  readonly format: ListFormat;
}

/** `FORMAT:PATH`. @throws CommandError when it is not */
function listOf(text: string): AskedList {
  const [word = '', ...rest] = text.split(':');
  const format = listFormats.find(one => one === word);
  if (format !== undefined && rest.length > 0) return { format, path: resolve(rest.join(':')) };
  const known = listFormats.join(', ');
  throw wrong(
    `--list must be FORMAT:FILE with a format of ${known}, not "${text}"`,
    `--list 应为 格式:文件，格式为 ${known} 之一，而不是“${text}”`,
  );
}

/** The lists on the command line; without any, those of the protection. */
async function chosenLists(
  invocation: Invocation,
): Promise<{ lists: readonly AskedList[]; allow: readonly string[] }> {
  const { options } = invocation;
  const lists = textOptions(options, 'list').map(listOf);
  const allow = textOptions(options, 'allow');
  if (lists.length > 0) return { lists, allow };
  const { policy } = await protectionOf(requireAgent(invocation), 'dns');
  const settings = policy.settings as { lists?: AskedList[]; allow?: string[] };
  const found = settings.lists ?? [];
  if (found.length > 0) return { lists: found, allow: [...(settings.allow ?? []), ...allow] };
  throw wrong(
    'The DNS firewall has no lists; name some with --list FORMAT:FILE',
    'DNS 防火墙尚无名单；请用 --list 格式:文件 指定',
  );
}

async function rpz(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const path = textOption(options, 'output');
  if (path === undefined) throw wrong('--output FILE is needed', '须给出 --output 文件');
  const { lists, allow } = await chosenLists(invocation);
  const { writeZone } = await import('@redoubt/act/dns');
  try {
    const written = await writeZone(resolve(path), lists, allow, names =>
      output.status(output.say({ en: `${names} names`, zh: `${names} 个名称` })),
    );
    output.status('');
    if (flag(options, 'json')) output.json(written);
    else {
      output.print(
        output.say({
          en: `Wrote ${safe(written.path)}: ${written.names} names, ${written.skipped} entries passed over.`,
          zh: `已写入 ${safe(written.path)}：${written.names} 个名称，略过 ${written.skipped} 项。`,
        }),
      );
      for (const { line, text } of written.samples)
        output.remark({ en: `line ${line}: ${safe(text)}`, zh: `第 ${line} 行：${safe(text)}` });
    }
    return ExitCode.ok;
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new CommandError(ExitCode.failed, {
      en: `The zone was not written: ${words}`,
      zh: `未写入区域文件：${words}`,
    });
  } finally {
    output.status('');
  }
}

async function run(invocation: Invocation): Promise<number> {
  const [action = 'status', what, ...more] = invocation.arguments;
  if (action === 'status' && what === undefined) return status(invocation);
  if (action === 'rpz' && what === undefined) return rpz(invocation);
  if (action === 'seen' && what !== undefined && more.length === 0) return seen(invocation, what);
  if (action === 'reputation' && what !== undefined && more.length === 0) return reputation(invocation, what);
  throw wrong(
    'Say `dns`, `dns seen NAME|ADDRESS`, `dns reputation NAME` or `dns rpz --output FILE`; see: redoubt help dns',
    '用法：`dns`、`dns seen 名称或地址`、`dns reputation 名称` 或 `dns rpz --output 文件`；请查看：redoubt help dns',
  );
}

export const dnsCommand: Command = {
  name: 'dns',
  summary: {
    en: 'names that were asked for, their reputation, lists that block',
    zh: 'DNS：查询过的名称、信誉评分、阻断名单',
  },
  usage: [
    'dns [status] [--json]',
    'dns seen NAME|ADDRESS [--limit N] [--state DIR] [--json]',
    'dns reputation NAME [--json]',
    'dns rpz --output FILE [--list FORMAT:FILE]… [--allow NAME]… [--json]',
  ],
  details: {
    en: 'The firewall itself is the protection `dns`: redoubt protect show dns.\nFormats of lists: rpz, hosts, names (each name alone), suffixes (with all below), indicators.',
    zh: '防火墙本身是名为 dns 的防护：redoubt protect show dns。\n名单格式：rpz、hosts、names（仅该名称）、suffixes（含其下所有名称）、indicators。',
  },
  options: {
    limit: {
      type: 'string',
      value: 'N',
      help: { en: 'rows at most (default 200)', zh: '最多行数（默认 200）' },
    },
    output: { type: 'string', value: 'FILE', help: { en: 'zone file to write', zh: '要写入的区域文件' } },
    list: {
      type: 'string',
      multiple: true,
      value: 'FORMAT:FILE',
      help: { en: 'a list (default: those of the protection)', zh: '名单（默认使用该防护的名单）' },
    },
    allow: {
      type: 'string',
      multiple: true,
      value: 'NAME',
      help: { en: 'a name that passes, with all below it', zh: '放行的名称（含其下所有名称）' },
    },
    ...stateOption,
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'dns seen example.com', text: { en: 'with all names below it', zh: '含其下所有名称' } },
    { line: 'dns seen 192.0.2.7', text: { en: 'which names had this address', zh: '哪些名称解析到该地址' } },
    {
      line: 'dns rpz --list hosts:/root/hosts.txt --output /etc/bind/block.rpz',
      text: { en: 'a zone for BIND or unbound', zh: '供 BIND 或 unbound 使用的区域' },
    },
  ],
  run,
};
