/** `redoubt baseline watch`: changes of golden files as they happen. */
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { GoldenLookup, LiveDrift, requireFitting, watchPolicy } from '@redoubt/baseline';
import type { Finding, Process } from '@redoubt/model';
import { type AgentClient, findAgent } from '../agent/client.ts';
import { messages } from '../agent/stream.ts';
import { flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { collectorsOf, thisHost, vaultOf, verifiersOf } from './context.ts';
import { findingLines } from './finding-lines.ts';

/** What a finding is shown with. */
type Show = (finding: Finding) => void;

/** `watch`: from the agent when it runs and nothing else is asked for, else by a watcher of its own. */
export async function watch(invocation: Invocation): Promise<number> {
  const { output, options } = invocation;
  const show: Show = finding => {
    if (flag(options, 'json')) output.json(finding);
    else output.print(...findingLines(finding, output));
  };
  const own = ['vault', 'policy', 'root', 'public-key'].some(name => options[name] !== undefined);
  const agent = own ? undefined : findAgent(invocation);
  if (agent !== undefined) return followAgent(agent, show, invocation);
  return watchHere(invocation, show);
}

async function followAgent(agent: AgentClient, show: Show, { output }: Invocation): Promise<number> {
  const { watching } = await agent.get<{ watching: boolean }>('/api/integrity');
  if (!watching)
    output.remark({
      en: 'The agent has no golden state of files; it tells of changes once one is signed.',
      zh: '代理尚无文件的黄金状态；签名后才会报告更改。',
    });
  const stream = await agent.stream('/api/stream', { topics: 'findings' }, new AbortController().signal);
  output.remark({
    en: 'Watching through the agent. Ctrl-C ends it.',
    zh: '正在通过代理监视。按 Ctrl-C 结束。',
  });
  for await (const { name, data } of messages(stream)) {
    if (name !== 'finding') continue;
    const finding = JSON.parse(data) as Finding;
    if (finding.redoubt.dedup_key.startsWith('baseline:files:')) show(finding);
  }
  return ExitCode.ok;
}

async function watchHere(invocation: Invocation, show: Show): Promise<number> {
  const vault = vaultOf(invocation);
  const [collector] = await collectorsOf(invocation, ['files']);
  if (collector === undefined) return ExitCode.internal;
  const root = textOption(invocation.options, 'root') ?? '/';
  if (root !== '/')
    throw new CommandError(ExitCode.usage, {
      en: 'watch looks at the running system; --root is for create and check',
      zh: 'watch 监视运行中的系统；--root 仅用于 create 和 check',
    });
  const lost = (): void =>
    invocation.output.remark({
      en: 'More changed than could be followed; look at all of it with: redoubt baseline check files',
      zh: '更改过多，无法全部跟踪；请完整检查：redoubt baseline check files',
    });
  const golden = await vault.open('files', await verifiersOf(invocation, vault));
  const folder = await mkdtemp(join(vault.directory, '.watch-'));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeFolder);
  try {
    requireFitting(golden, collector, thisHost().id, root);
    const lookup = await GoldenLookup.build(golden.entries(), join(folder, 'lookup'));
    const drift = new LiveDrift({
      collector,
      golden,
      vault,
      lookup,
      onFinding: show,
      onOverflow: lost,
    });
    await watchUntilSignal(invocation, drift, lost).finally(() => drift.stop());
  } finally {
    await golden.close();
    removeFolder();
  }
  return ExitCode.ok;
}

async function watchUntilSignal({ output }: Invocation, drift: LiveDrift, lost: () => void): Promise<void> {
  const watching = await (async () => {
    try {
      return await watchPolicy(drift.policy, ({ key, pid }) => drift.touch(key, () => nameOf(pid)), lost);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      throw new CommandError(ExitCode.unavailable, {
        en: `Changes cannot be watched here: ${words} (needs root and fanotify with names, Linux 5.9)`,
        zh: `无法在此监视更改：${words}（需要 root 以及 Linux 5.9 的 fanotify）`,
      });
    }
  })();
  for (const [place, word] of watching.blind)
    output.remark({
      en: `Changes below ${place} are not seen: ${word}`,
      zh: `无法看到 ${place} 下的更改：${word}`,
    });
  output.remark({ en: 'Watching. Ctrl-C ends it.', zh: '正在监视。按 Ctrl-C 结束。' });
  await new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await watching.stop();
}

/** The process that made a change, if it still runs. */
function nameOf(pid: number): Process | undefined {
  try {
    return { pid, name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() } as Process;
  } catch {
    return undefined;
  }
}
