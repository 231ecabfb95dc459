/** `redoubt sandbox`: a file is run apart from the system, or handed to an analysis sandbox, and reported on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CapeSandbox, LocalSandbox, type Sandbox, type SandboxReport } from '@redoubt/detect/sandbox';
import { type Command, flag, type Invocation, textOption } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { commonOptions, numberOption } from '../options.ts';
import { sandboxLines } from '../output/sandbox-text.ts';
import { repository } from '../repository.ts';

const pause = 1_000;
const quickPause = 200;

function usageError(): CommandError {
  return new CommandError(ExitCode.usage, {
    en: 'Say `sandbox run FILE`, `sandbox submit FILE --address URL` or `sandbox show TASK --address URL`; see: redoubt help sandbox',
    zh: '用法：`sandbox run 文件`、`sandbox submit 文件 --address 网址` 或 `sandbox show 任务号 --address 网址`；请查看：redoubt help sandbox',
  });
}

function failure(error: unknown): CommandError {
  const words = error instanceof Error ? error.message : String(error);
  return new CommandError(
    ExitCode.unavailable,
    { en: `The sandbox: ${words}`, zh: `沙箱：${words}` },
    { cause: error },
  );
}

function cape({ options }: Invocation): CapeSandbox {
  const address = textOption(options, 'address');
  if (address === undefined) throw usageError();
  const file = textOption(options, 'secret-file');
  try {
    const token = file === undefined ? undefined : readFileSync(file, 'utf8').trim();
    return new CapeSandbox({ address, ...(token === undefined ? {} : { token }) });
  } catch (error) {
    throw failure(error);
  }
}

/** Asks until there is a report; shows where it stands meanwhile. */
async function awaited(
  sandbox: Sandbox,
  id: string,
  every: number,
  { output }: Invocation,
): Promise<SandboxReport> {
  const begun = Date.now();
  try {
    for (;;) {
      const answer = await sandbox.poll(id);
      if (answer.state === 'done') return answer.report;
      if (answer.state === 'failed') throw new CommandError(ExitCode.failed, answer.why);
      const seconds = Math.round((Date.now() - begun) / 1_000);
      const waiting = answer.state === 'waiting';
      output.status(
        output.say({
          en: `${waiting ? 'waiting' : 'running'}: ${seconds} s`,
          zh: `${waiting ? '等待中' : '运行中'}：${seconds} 秒`,
        }),
      );
      await new Promise(resolve => setTimeout(resolve, every));
    }
  } finally {
    output.status('');
  }
}

function show(report: SandboxReport, { options, output }: Invocation): number {
  if (flag(options, 'json')) output.json(report);
  else output.print(...sandboxLines(report, output));
  return report.judged === 'clean' ? ExitCode.ok : ExitCode.failed;
}

async function runHere(invocation: Invocation, path: string, args: readonly string[]): Promise<number> {
  if (process.getuid?.() !== 0)
    throw new CommandError(ExitCode.unavailable, {
      en: 'The local sandbox needs root: it makes namespaces and watches through the kernel',
      zh: '本地沙箱需要 root 权限：它要建立命名空间并通过内核观察',
    });
  const { options } = invocation;
  const sandbox = new LocalSandbox({
    seconds: numberOption(options, 'seconds', { min: 1, max: 3_600, otherwise: 30 }),
    megabytes: numberOption(options, 'memory', { min: 16, max: 16_384, otherwise: 256 }),
    rules: join(repository, 'content', 'rules'),
  });
  try {
    const id = await sandbox.submit({ path, args });
    return show(await awaited(sandbox, id, quickPause, invocation), invocation);
  } catch (error) {
    throw error instanceof CommandError ? error : failure(error);
  } finally {
    await sandbox.close();
  }
}

async function submit(invocation: Invocation, path: string): Promise<number> {
  const { options, output } = invocation;
  const sandbox = cape(invocation);
  try {
    const id = await sandbox.submit({ path });
    if (!flag(options, 'no-wait')) return show(await awaited(sandbox, id, pause, invocation), invocation);
    if (flag(options, 'json')) output.json({ sandbox: sandbox.name, task: id });
    else
      output.print(
        output.say({
          en: `Task ${id}; its report: redoubt sandbox show ${id}`,
          zh: `任务 ${id}；查看报告：redoubt sandbox show ${id}`,
        }),
      );
    return ExitCode.ok;
  } catch (error) {
    throw error instanceof CommandError ? error : failure(error);
  }
}

async function showTask(invocation: Invocation, id: string): Promise<number> {
  const { options, output } = invocation;
  const sandbox = cape(invocation);
  const answer = await sandbox.poll(id).catch((error: unknown) => {
    throw failure(error);
  });
  if (answer.state === 'done') return show(answer.report, invocation);
  if (answer.state === 'failed') throw new CommandError(ExitCode.failed, answer.why);
  if (flag(options, 'json')) output.json({ sandbox: sandbox.name, task: id, state: answer.state });
  else output.print(output.say({ en: `Task ${id} has no report yet`, zh: `任务 ${id} 尚无报告` }));
  return ExitCode.ok;
}

async function run(invocation: Invocation): Promise<number> {
  const [verb, subject, ...rest] = invocation.arguments;
  if (subject === undefined) throw usageError();
  if (verb === 'run') return runHere(invocation, subject, rest);
  if (rest.length > 0) throw usageError();
  if (verb === 'submit') return submit(invocation, subject);
  if (verb === 'show') return showTask(invocation, subject);
  throw usageError();
}

export const sandboxCommand: Command = {
  name: 'sandbox',
  summary: {
    en: 'run a suspicious file apart from the system, or have it analysed',
    zh: '隔离运行可疑文件，或提交分析',
  },
  usage: [
    'sandbox run FILE [ARGUMENT...] [--seconds N] [--memory MB] [--json]',
    'sandbox submit FILE --address URL [--secret-file FILE] [--no-wait] [--json]',
    'sandbox show TASK --address URL [--secret-file FILE] [--json]',
  ],
  details: {
    en: '`run` starts a copy as nobody in namespaces of its own: no network, a root file system in memory, a filter of\nsystem calls, limits of memory, processor, processes and time. Redoubt’s sensor and rules watch it. It shares this\nhost’s kernel: what may be after the kernel belongs into a CAPE sandbox (`submit`).\nExit status: 0 nothing bad was seen, 1 suspicious or malicious.',
    zh: '`run` 以 nobody 身份在独立命名空间中运行文件副本：无网络、内存根文件系统、系统调用过滤，并限制内存、\n处理器、进程数和时间，由壁垒的传感器和规则观察其行为。它与本机共用内核：可能攻击内核的样本应提交 CAPE 沙箱（`submit`）。\n退出码：0 未见恶意行为，1 可疑或恶意。',
  },
  options: {
    seconds: {
      type: 'string',
      value: 'N',
      help: { en: 'end it after this time (default 30)', zh: '运行时限，秒（默认 30）' },
    },
    memory: {
      type: 'string',
      value: 'MB',
      help: { en: 'memory it may use (default 256)', zh: '可用内存，MB（默认 256）' },
    },
    address: {
      type: 'string',
      value: 'URL',
      help: { en: 'address of the CAPE server', zh: 'CAPE 服务器网址' },
    },
    'secret-file': {
      type: 'string',
      value: 'FILE',
      help: { en: 'file with the API token', zh: '存放 API 令牌的文件' },
    },
    'no-wait': { type: 'boolean', help: { en: 'do not wait for the report', zh: '不等待报告' } },
    ...commonOptions,
  },
  examples: [
    { line: 'sandbox run ./installer.sh --seconds 10', text: { en: 'what does it do?', zh: '它会做什么？' } },
    {
      line: 'sandbox submit a.exe --address https://cape.example/ --secret-file token',
      text: { en: 'have CAPE analyse it', zh: '提交 CAPE 分析' },
    },
  ],
  run,
};
