/** What observations of memory mean, in words. Facts of the observation are filled in for `{name}`. */
import type { Bilingual } from '@redoubt/model';
import type { ObservationKind } from './observation.ts';

/** The words of one kind of observation. */
export interface ObservationText {
  readonly title: Bilingual;
  readonly reason: Bilingual;
  readonly tags: readonly string[];
  readonly advice: Bilingual;
  readonly falsePositives?: Bilingual;
}

const dumpFirst: Bilingual = {
  en: 'Keep the evidence first: redoubt memory dump {pid} --output FILE. Then find who started the process, and end it if nobody can explain it.',
  zh: '先保留证据：redoubt memory dump {pid} --output 文件。再查明是谁启动了该进程，无人能解释时结束它。',
};
const replace: Bilingual = {
  en: 'Restart the program, so that it runs what is on disk now.',
  zh: '重启该程序，使其运行磁盘上的当前版本。',
};
const injection = ['attack.defense-evasion', 'attack.t1055'];
const fileless = ['attack.defense-evasion', 'attack.t1620'];
const hooking = ['attack.defense-evasion', 'attack.t1055'];

export const observationTexts: Readonly<Record<ObservationKind, ObservationText>> = {
  'text.changed': {
    title: {
      en: 'Code of {name} changed in memory: {process}',
      zh: '内存中的代码被改动：{process} 的 {name}',
    },
    reason: {
      en: 'In memory {module} differs from its file in {places} place(s): {function}; at {address} the file has {expected}, memory has {found}',
      zh: '内存中的 {module} 与其文件有 {places} 处不同：{function}；在 {address} 处文件为 {expected}，内存为 {found}',
    },
    tags: injection,
    advice: dumpFirst,
    falsePositives: {
      en: 'Programs that patch themselves on purpose: tracers with static call sites, live patching of user programs.',
      zh: '有意修改自身代码的程序：带静态探针的追踪工具、用户态热补丁。',
    },
  },
  'text.breakpoints': {
    title: { en: 'Breakpoints in {name}: {process}', zh: '代码中有断点：{process} 的 {name}' },
    reason: {
      en: 'In memory {module} has breakpoint instructions in {places} place(s): {function}',
      zh: '内存中的 {module} 有 {places} 处断点指令：{function}',
    },
    tags: ['attack.defense-evasion', 'attack.t1055.008'],
    advice: {
      en: 'Ask who debugs or traces this program (gdb, perf, bpftrace uprobes).',
      zh: '确认是谁在调试或追踪该程序（gdb、perf、bpftrace uprobe）。',
    },
  },
  'import.outside': {
    title: {
      en: 'An import of {name} leads outside every module: {process}',
      zh: '导入项指向模块之外：{process} 的 {name}',
    },
    reason: {
      en: 'The slot of {symbol} at {slot} in {module} leads to {target}, in {into}',
      zh: '{module} 中 {symbol} 的导入槽（{slot}）指向 {target}，位于 {into}',
    },
    tags: hooking,
    advice: dumpFirst,
  },
  'import.redirected': {
    title: {
      en: 'An import of {name} leads to another function: {process}',
      zh: '导入项被改向其他函数：{process} 的 {name}',
    },
    reason: {
      en: 'The slot of {symbol} at {slot} in {module} leads to {target} {function} in {into}, which does not export it',
      zh: '{module} 中 {symbol} 的导入槽（{slot}）指向 {into} 中的 {target} {function}，而该模块并不导出此符号',
    },
    tags: hooking,
    advice: dumpFirst,
    falsePositives: {
      en: 'Profilers and sandboxes that hook functions of libraries in the process.',
      zh: '在进程内挂钩库函数的性能分析器和沙箱。',
    },
  },
  'region.anonymous': {
    title: { en: 'Executable memory without a file: {process}', zh: '存在无文件的可执行内存：{process}' },
    reason: {
      en: '{size} bytes at {address} ({permissions}) belong to no file and to no runtime that makes code; they begin with {content}',
      zh: '{address} 处 {size} 字节（{permissions}）不属于任何文件，也不属于会生成代码的运行时；开头为 {content}',
    },
    tags: fileless,
    advice: dumpFirst,
    falsePositives: {
      en: 'A runtime that compiles at run time and is not known here.',
      zh: '此处尚不认识的即时编译运行时。',
    },
  },
  'region.writable': {
    title: { en: 'Code of a file can be written: {process}', zh: '文件代码在内存中可写：{process}' },
    reason: {
      en: '{module} is mapped at {address} as {permissions}: its code can be changed while it runs',
      zh: '{module} 以 {permissions} 映射在 {address}：其代码可在运行时被改写',
    },
    tags: injection,
    advice: dumpFirst,
  },
  'region.memfd': {
    title: {
      en: 'Executable memory from a file without a name: {process}',
      zh: '可执行内存来自匿名内存文件：{process}',
    },
    reason: {
      en: '{size} bytes at {address} ({permissions}) come from {path}, made with memfd_create; they begin with {content}',
      zh: '{address} 处 {size} 字节（{permissions}）来自 memfd_create 创建的 {path}；开头为 {content}',
    },
    tags: fileless,
    advice: dumpFirst,
  },
  'region.stack': {
    title: { en: 'The stack can be executed: {process}', zh: '栈可执行：{process}' },
    reason: { en: 'Asked for by: {asked}', zh: '要求可执行栈的文件：{asked}' },
    tags: ['attack.defense-evasion', 'attack.t1055'],
    advice: {
      en: 'Have the file built without an executable stack (-z noexecstack).',
      zh: '以不可执行栈重新构建该文件（-z noexecstack）。',
    },
  },
  'region.everything': {
    title: { en: 'All readable memory can be executed: {process}', zh: '所有可读内存均可执行：{process}' },
    reason: {
      en: '{program} runs with READ_IMPLIES_EXEC, so what is anonymous cannot be told from code',
      zh: '{program} 以 READ_IMPLIES_EXEC 运行，无法区分匿名数据与代码',
    },
    tags: ['attack.defense-evasion', 'attack.t1055'],
    advice: {
      en: 'Have the program built with a PT_GNU_STACK header that says "not executable".',
      zh: '以声明不可执行栈的 PT_GNU_STACK 头重新构建该程序。',
    },
  },
  'region.elf': {
    title: { en: 'A program loaded by hand into memory: {process}', zh: '内存中有手工加载的程序：{process}' },
    reason: {
      en: 'An ELF header stands at {address} in memory without a file ({permissions}, {size} bytes), beside code',
      zh: '{address} 处的无文件内存（{permissions}，{size} 字节）含 ELF 头，且与代码相邻',
    },
    tags: fileless,
    advice: dumpFirst,
  },
  'file.not-elf': {
    title: {
      en: 'A file that is no program is mapped to run: {process}',
      zh: '非程序文件被映射为可执行：{process}',
    },
    reason: {
      en: '{path} (owner {owner}) has no ELF header and belongs to no package',
      zh: '{path}（属主 {owner}）没有 ELF 头，也不属于任何软件包',
    },
    tags: injection,
    advice: dumpFirst,
  },
  'library.deleted': {
    title: { en: 'A library in use was removed: {process}', zh: '使用中的库已被删除：{process}' },
    reason: {
      en: '{path} is loaded, yet no longer on disk, and no upgrade explains it',
      zh: '{path} 已加载，但磁盘上已不存在，且无法以升级解释',
    },
    tags: ['attack.defense-evasion', 'attack.t1070.004'],
    advice: dumpFirst,
  },
  'library.place': {
    title: {
      en: 'A library from a folder that everyone can write to: {process}',
      zh: '库来自任何人可写的目录：{process}',
    },
    reason: { en: '{path} (owner {owner}) is loaded', zh: '已加载 {path}（属主 {owner}）' },
    tags: ['attack.persistence', 'attack.t1574.006'],
    advice: dumpFirst,
    falsePositives: {
      en: 'Java and Python programs that unpack native libraries into /tmp.',
      zh: '把本地库解压到 /tmp 的 Java、Python 程序。',
    },
  },
  'library.preloaded': {
    title: {
      en: 'A library of no package was put before all others: {process}',
      zh: '预加载了不属于软件包的库：{process}',
    },
    reason: {
      en: '{path} is named by LD_PRELOAD or ld.so.preload',
      zh: 'LD_PRELOAD 或 ld.so.preload 指定了 {path}',
    },
    tags: ['attack.persistence', 'attack.t1574.006'],
    advice: dumpFirst,
    falsePositives: {
      en: 'Allocators and profilers that were built by hand.',
      zh: '自行编译的内存分配器、性能分析器。',
    },
  },
  'program.memfd': {
    title: { en: 'The program lives only in memory: {process}', zh: '程序仅存在于内存：{process}' },
    reason: {
      en: 'It was run from {path}, made with memfd_create, and is on no disk',
      zh: '它运行自 memfd_create 创建的 {path}，不在任何磁盘上',
    },
    tags: fileless,
    advice: dumpFirst,
  },
  'program.deleted': {
    title: {
      en: 'The program was removed while it runs: {process}',
      zh: '程序运行时其文件被删除：{process}',
    },
    reason: { en: '{path} is no longer there', zh: '{path} 已不存在' },
    tags: ['attack.defense-evasion', 'attack.t1070.004'],
    advice: dumpFirst,
    falsePositives: {
      en: 'A package that was removed, or a self-updating program that renames itself.',
      zh: '软件包已卸载，或自更新程序改名。',
    },
  },
  'program.replaced': {
    title: {
      en: 'The program was replaced while it runs: {process}',
      zh: '程序运行时其文件被替换：{process}',
    },
    reason: {
      en: 'Another file stands at {path}, which belongs to no package',
      zh: '{path} 已是另一个文件，且不属于任何软件包',
    },
    tags: ['attack.defense-evasion', 'attack.t1036'],
    advice: replace,
  },
  'thread.outside': {
    title: { en: 'A thread runs outside every module: {process}', zh: '线程运行于模块之外：{process}' },
    reason: {
      en: 'Thread {thread} ({name}) is at, or returns to, {address}',
      zh: '线程 {thread}（{name}）位于或将返回到 {address}',
    },
    tags: injection,
    advice: dumpFirst,
  },
  'golden.changed': {
    title: { en: '{name} differs from its golden image: {process}', zh: '{name} 与黄金镜像不符：{process}' },
    reason: {
      en: '{module} has the build id {build_id} of the golden image and other code, from offset {offset} on',
      zh: '{module} 的构建号 {build_id} 与黄金镜像相同，代码却从偏移 {offset} 起不同',
    },
    tags: ['attack.persistence', 'attack.t1554'],
    advice: dumpFirst,
  },
  'golden.unknown': {
    title: {
      en: '{name} is another build than the golden image: {process}',
      zh: '{name} 与黄金镜像不是同一构建：{process}',
    },
    reason: { en: '{module} has the build id {build_id}', zh: '{module} 的构建号为 {build_id}' },
    tags: ['attack.persistence', 'attack.t1554'],
    advice: {
      en: 'If this host was upgraded on purpose, take a new golden image.',
      zh: '若本机为有意升级，请重新制作黄金镜像。',
    },
  },
  'memory.rule': {
    title: { en: 'Rule {rule} matches in memory: {process}', zh: '内存匹配规则 {rule}：{process}' },
    reason: {
      en: 'What the rule looks for stands in the {size} bytes from {address} on ({path})',
      zh: '自 {address} 起的 {size} 字节（{path}）中存在规则所查找的内容',
    },
    tags: fileless,
    advice: dumpFirst,
    falsePositives: {
      en: 'Programs that hold such rules or samples themselves: virus scanners, editors, this very check.',
      zh: '自身持有此类规则或样本的程序：杀毒软件、编辑器、本检查。',
    },
  },
};
