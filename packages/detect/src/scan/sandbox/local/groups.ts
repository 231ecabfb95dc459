/** Control groups that bound a sample: version 2 where it is in charge, else the hierarchies of version 1. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bilingual } from '@redoubt/model';

/** Bounds of a sample. */
export interface GroupLimits {
  readonly memoryBytes: number;
  readonly processes: number;
  /** Share of one processor. */
  readonly processor: number;
}

/** Groups that were made. */
export interface Groups {
  /** Files into which the launcher writes itself. */
  readonly joins: readonly string[];
  /** Bounds that this host does not give. */
  readonly missing: readonly Bilingual[];
  /** Removes the groups; their processes must have ended. */
  remove(): void;
}

const root = '/sys/fs/cgroup';
const period = 100_000;

interface Wanted {
  readonly controller: string;
  readonly unified: readonly [file: string, value: string];
  readonly legacy: readonly [file: string, value: string];
}

function wanted({ memoryBytes, processes, processor }: GroupLimits): Wanted[] {
  const quota = Math.round(processor * period);
  return [
    {
      controller: 'memory',
      unified: ['memory.max', String(memoryBytes)],
      legacy: ['memory.limit_in_bytes', String(memoryBytes)],
    },
    { controller: 'pids', unified: ['pids.max', String(processes)], legacy: ['pids.max', String(processes)] },
    {
      controller: 'cpu',
      unified: ['cpu.max', `${quota} ${period}`],
      legacy: ['cpu.cfs_quota_us', String(quota)],
    },
  ];
}

/** Makes groups with a name; what cannot be had here is told, not fatal. */
export function makeGroups(name: string, limits: GroupLimits): Groups {
  const made: string[] = [];
  const missing: Bilingual[] = [];
  const unified = existsSync(join(root, 'cgroup.controllers'));
  for (const { controller, unified: two, legacy } of wanted(limits)) {
    const folder = join(unified ? root : join(root, controller), name);
    const [file, value] = unified ? two : legacy;
    try {
      if (
        unified &&
        !readFileSync(join(root, 'cgroup.subtree_control'), 'utf8').split(/\s+/).includes(controller)
      )
        writeFileSync(join(root, 'cgroup.subtree_control'), `+${controller}`);
      if (!made.includes(folder)) {
        mkdirSync(folder);
        made.push(folder);
      }
      writeFileSync(join(folder, file), value);
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      missing.push({
        en: `no limit of ${controller} on this host: ${words}`,
        zh: `本机无法限制 ${controller}：${words}`,
      });
    }
  }
  return {
    joins: made.map(folder => join(folder, 'cgroup.procs')),
    missing,
    remove: () => {
      for (const folder of made) {
        try {
          rmdirSync(folder);
        } catch {
          // The last process may still be on its way out; an empty group costs nothing and has the sandbox's name.
        }
      }
    },
  };
}
