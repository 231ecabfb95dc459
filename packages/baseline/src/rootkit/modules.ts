/** Kernel modules seen by /proc/modules, by /sys/module and by the symbols that they brought. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { parseModules } from '../inventory/states/modules.ts';
import type { Kallsyms } from './kallsyms.ts';
import {
  kernelClauses,
  looked,
  type PartReport,
  type RootkitFinding,
  type RootkitView,
  skipped,
} from './report.ts';
import { type Settling, settled } from './settle.ts';

const titles = {
  proc: { en: 'modules in /proc/modules', zh: '/proc/modules 中的模块' },
  sysfs: { en: 'modules in /sys/module', zh: '/sys/module 中的模块' },
  symbols: { en: 'modules whose symbols are in kallsyms', zh: 'kallsyms 中含符号的模块' },
} as const;

/** Names that kallsyms puts in brackets for code that is no module. */
const notModules = new Set(['bpf', '__builtin__kprobes', '__builtin__ftrace', '__builtin__ebpf']);

function procModules(proc: string): Set<string> {
  return new Set(parseModules(readFileSync(`${proc}/modules`, 'utf8')).map(({ name }) => name));
}

/** Modules of sysfs: what is built in has no `initstate` (kernel/module/sysfs.c, kernel/params.c). */
function sysModules(sys: string): Set<string> {
  return new Set(readdirSync(`${sys}/module`).filter(name => existsSync(`${sys}/module/${name}/initstate`)));
}

function hiddenModule(name: string, by: string, zh: string, value: string): RootkitFinding {
  return {
    key: `hidden-module:${name}`,
    severity: 5,
    title: { en: `Hidden kernel module ${name}`, zh: `隐藏的内核模块 ${name}` },
    reasons: [
      {
        text: {
          en: `${by} shows the module, /proc/modules does not`,
          zh: `${zh}显示该模块，而 /proc/modules 未显示`,
        },
        field: 'module',
        value,
      },
    ],
    tags: ['attack.defense-evasion', 'attack.persistence', 'attack.t1014', 'attack.t1547.006'],
    mlps: kernelClauses,
    advice: {
      en: 'A module that hides can falsify everything that this system says. Take its memory as evidence, then examine the disk from another system.',
      zh: '隐藏的模块可以伪造系统的任何信息。请先采集内存证据，再从其他系统检查磁盘。',
    },
  };
}

/** Compares the views. @param symbols of the running kernel; undefined where they cannot be read */
export async function checkModules(
  symbols: Kallsyms | undefined,
  { proc = '/proc', sys = '/sys', settling }: { proc?: string; sys?: string; settling?: Settling } = {},
): Promise<PartReport> {
  if (!existsSync(`${proc}/modules`)) {
    const text = { en: 'this kernel is built without loadable modules', zh: '此内核未启用可加载模块' };
    const foreign = [...(symbols?.modules ?? [])].filter(name => !notModules.has(name));
    // Symbols of a module in a kernel that can have none are a contradiction as well.
    return {
      views: [skipped('modules/proc', titles.proc, text), skipped('modules/sysfs', titles.sysfs, text)],
      findings: foreign.map(name => hiddenModule(name, 'kallsyms', 'kallsyms ', name)),
    };
  }
  const inProc = procModules(proc);
  const inSys = sysModules(sys);
  const views: RootkitView[] = [
    looked('modules/proc', titles.proc, inProc.size, {
      en: `${inProc.size} modules`,
      zh: `${inProc.size} 个模块`,
    }),
    looked('modules/sysfs', titles.sysfs, inSys.size, {
      en: `${inSys.size} modules`,
      zh: `${inSys.size} 个模块`,
    }),
  ];
  const findings: RootkitFinding[] = [];
  const again = async (names: Iterable<string>, isThere: (name: string) => boolean): Promise<string[]> =>
    settled(names, name => isThere(name) && !procModules(proc).has(name) && isThere(name), settling);
  const unlisted = await again(
    [...inSys].filter(name => !inProc.has(name)),
    name => sysModules(sys).has(name),
  );
  for (const name of unlisted) findings.push(hiddenModule(name, 'sysfs', 'sysfs ', name));
  // The other way round: taken out of sysfs, a module cannot be looked into.
  const withoutSys = await settled(
    [...inProc].filter(name => !inSys.has(name)),
    name => procModules(proc).has(name) && !sysModules(sys).has(name),
    settling,
  );
  for (const name of withoutSys)
    findings.push({
      ...hiddenModule(name, '', '', name),
      severity: 4,
      reasons: [
        {
          text: {
            en: '/proc/modules shows the module, sysfs does not',
            zh: '/proc/modules 显示该模块，而 sysfs 未显示',
          },
          field: 'module',
          value: name,
        },
      ],
    });
  if (symbols === undefined)
    views.push(
      skipped('modules/kallsyms', titles.symbols, { en: 'kallsyms cannot be read', zh: '无法读取 kallsyms' }),
    );
  else {
    const named = [...symbols.modules].filter(name => !notModules.has(name));
    views.push(
      looked('modules/kallsyms', titles.symbols, named.length, {
        en: `${named.length} modules`,
        zh: `${named.length} 个模块`,
      }),
    );
    const known = new Set([...procModules(proc), ...unlisted]);
    // The symbols were read before: a module that was unloaded since is gone from sysfs as well.
    for (const name of named)
      if (!known.has(name) && !inProc.has(name))
        findings.push(hiddenModule(name, 'kallsyms', 'kallsyms ', name));
  }
  return { views, findings };
}
