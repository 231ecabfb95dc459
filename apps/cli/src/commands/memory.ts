/** `redoubt memory`: the memory of running processes beside the files that it was made from. */
import { hostname } from 'node:os';
import { goldenFileOptions } from '../baseline/golden-options.ts';
import { type Command, flag, type Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { checkMemory } from '../memory/check.ts';
import { dumpMemory } from '../memory/dump.ts';
import { commonOptions, socketOption } from '../options.ts';
import { safe } from '../output/safe.ts';

/** Pids out of arguments. Throws a CommandError for what is none. */
export function pidsOf(words: readonly string[]): number[] {
  return words.map(word => {
    if (!/^[1-9]\d{0,9}$/.test(word)) {
      throw new CommandError(ExitCode.usage, {
        en: `"${word}" is no process id`,
        zh: `“${word}”不是进程号`,
      });
    }
    return Number(word);
  });
}

async function golden(invocation: Invocation, words: readonly string[]): Promise<number> {
  const { goldenOf, ProcessGone } = await import('@redoubt/baseline/memory');
  const { writeWhole } = await import('@redoubt/baseline');
  const { decisionFor, signFile } = await import('../baseline/golden-file.ts');
  const pids = pidsOf(words);
  const file = invocation.options['output'];
  if (pids.length === 0 || typeof file !== 'string') {
    throw new CommandError(ExitCode.usage, {
      en: 'Say `memory golden PID… --output FILE`',
      zh: '用法：`memory golden 进程号… --output 文件`',
    });
  }
  try {
    const image = goldenOf(pids, hostname(), await decisionFor(invocation, file));
    await writeWhole(file, `${JSON.stringify(image, undefined, 1)}\n`);
    const sha256 = await signFile(invocation, file);
    const { output } = invocation;
    if (flag(invocation.options, 'json'))
      output.json({ file, files: image.files.length, signed: true, sha256 });
    else {
      output.print(
        output.say({
          en: `Code of ${image.files.length} files kept in ${safe(file)}, signed`,
          zh: `${image.files.length} 个文件的代码已记录到 ${safe(file)}，已签名`,
        }),
      );
    }
    return ExitCode.ok;
  } catch (error) {
    if (!(error instanceof ProcessGone)) throw error;
    throw new CommandError(ExitCode.unavailable, { en: error.message, zh: `无法读取进程：${error.message}` });
  }
}

async function run(invocation: Invocation): Promise<number> {
  const { refusalsAsFailures } = await import('../baseline/context.ts');
  const [action, ...words] = invocation.arguments;
  if (action === 'check') return refusalsAsFailures(() => checkMemory(invocation, pidsOf(words)));
  if (action === 'dump' && words.length === 1) return dumpMemory(invocation, pidsOf(words)[0] ?? 0);
  if (action === 'golden') return refusalsAsFailures(() => golden(invocation, words));
  throw new CommandError(ExitCode.usage, {
    en: 'Say `memory check [PID…]`, `memory dump PID --output FILE` or `memory golden PID… --output FILE`',
    zh: '用法：`memory check [进程号…]`、`memory dump 进程号 --output 文件` 或 `memory golden 进程号… --output 文件`',
  });
}

export const memoryCommand: Command = {
  name: 'memory',
  summary: { en: 'check or keep the memory of processes', zh: '检查或保存进程内存' },
  usage: [
    'memory check [PID…] [--golden FILE] [--yara] [--rules PATH]… [--all] [--json]',
    'memory dump PID --output FILE [--region ADDRESS] [--json]',
    'memory golden PID… --output FILE [--replace --why TEXT] [--key FILE]',
  ],
  details: {
    en: 'No process is stopped. Code is compared with its file, imports with the symbols that they name; executable\nmemory without a file is found, apart from that of known runtimes (V8, JVM, .NET, LuaJIT, PHP, PCRE, libffi, LLVM …).\nWhere a thread was started cannot be seen; where it waits can. Takes root. Exits with 1 when something was found.',
    zh: '不会暂停任何进程。代码与其文件比较，导入项与其符号比较；查找无文件的可执行内存，\n已知运行时（V8、JVM、.NET、LuaJIT、PHP、PCRE、libffi、LLVM 等）生成的代码除外。\n看不到线程从何处启动，但能看到它在何处等待。需要 root。有发现时以 1 退出。',
  },
  options: {
    golden: {
      type: 'string',
      value: 'FILE',
      help: { en: 'golden code to compare with as well', zh: '同时与该黄金镜像比较' },
    },
    yara: {
      type: 'boolean',
      help: { en: 'search memory with the YARA rules that ship', zh: '用随附的 YARA 规则搜索内存' },
    },
    rules: {
      type: 'string',
      multiple: true,
      value: 'PATH',
      help: {
        en: 'search memory with these YARA rules (may be repeated)',
        zh: '用这些 YARA 规则搜索内存（可重复）',
      },
    },
    all: { type: 'boolean', short: 'a', help: { en: 'list clean processes too', zh: '也列出正常进程' } },
    output: { type: 'string', short: 'o', value: 'FILE', help: { en: 'file to write', zh: '要写入的文件' } },
    region: {
      type: 'string',
      value: 'ADDRESS',
      help: { en: 'only the mapping that holds this address', zh: '仅转储包含该地址的映射' },
    },
    ...goldenFileOptions,
    ...socketOption,
    ...commonOptions,
  },
  examples: [
    { line: 'memory check', text: { en: 'every process', zh: '所有进程' } },
    {
      line: 'memory dump 4711 --output /var/tmp/4711.core',
      text: { en: 'a core file for gdb, with its SHA-256', zh: '供 gdb 使用的核心文件及其 SHA-256' },
    },
  ],
  run,
};
