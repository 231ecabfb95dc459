/** Kernel modules that are loaded now. A kernel without modules has none, and says so. */
import { existsSync, readFileSync } from 'node:fs';
import type { StateChange, StateEntry } from '@redoubt/model';
import type { CollectOptions, Collector, DriftJudgement } from '../../collector.ts';
import { Host } from '../host.ts';
import { inventoryTitles } from '../titles.ts';
import { judgement, reason, titled } from './judgement.ts';

/** A line of /proc/modules. `taints`: letters such as `OE` (out of tree, unsigned). */
export interface LoadedModule {
  readonly name: string;
  readonly size: number;
  readonly users: string;
  readonly taints: string;
}

/** Modules of /proc/modules text (kernel/module/procfs.c). */
export function parseModules(text: string): LoadedModule[] {
  return text.split('\n', 65_536).flatMap(line => {
    const [, name, size, users = '', taints = ''] =
      /^(\S+) (\d+) \S+ (\S+) \S+ \S+(?: \((\w+)\))?/.exec(line) ?? [];
    return name === undefined
      ? []
      : [{ name, size: Number(size), users: users === '-' ? '' : users, taints }];
  });
}

function signer(name: string): string | null {
  try {
    return readFileSync(`/sys/module/${name}/taint`, 'utf8').includes('E') ? 'unsigned' : 'signed';
  } catch {
    return null;
  }
}

async function* collect(options: CollectOptions): AsyncGenerator<StateEntry> {
  if (!new Host(options).isLive) return;
  if (!existsSync('/proc/modules')) {
    options.onTrouble?.({
      key: '/proc/modules',
      text: { en: 'this kernel is built without loadable modules', zh: '此内核未启用可加载模块' },
    });
    return;
  }
  for (const { name, size, taints } of parseModules(readFileSync('/proc/modules', 'utf8')))
    yield { key: name, facts: { size, taints, signature: signer(name) } };
}

function judge(change: StateChange): DriftJudgement | undefined {
  if (change.kind === 'removed') return undefined;
  const { facts } = change.after;
  const isForeign = /[OE]/.test(String(facts['taints']));
  // A kernel update changes sizes.
  if (change.kind === 'changed' && !isForeign && change.fields.every(field => field === 'size'))
    return undefined;
  return judgement(change, {
    severity: isForeign ? 5 : 3,
    reasons: isForeign
      ? [
          reason(
            'taints',
            facts['taints'],
            'it was built outside the kernel’s tree or is not signed',
            '模块为内核树外构建或未签名',
          ),
        ]
      : [],
    title: titled(change, { en: `kernel module ${change.key}`, zh: `内核模块 ${change.key}` }),
    tags: ['attack.persistence', 'attack.privilege-escalation', 'attack.t1547.006', 'attack.t1014'],
    mlps: ['8.1.4.4', '8.1.4.6'],
  });
}

export const modulesCollector: Collector = {
  name: 'modules',
  title: inventoryTitles.modules,
  collect,
  judge,
};
