/** Memory of chosen processes: one core file each, a step of its own, so that a kill repeats none that is finished. */
import { openCore } from '@redoubt/baseline/memory';
import type { EvidencePlan, EvidenceStep } from '../step.ts';
import { NotHere } from '../step.ts';

/** One step a process or region. */
export function memorySteps({ memory }: EvidencePlan): EvidenceStep[] {
  return memory.map(({ pid, region }) => {
    const options = { ...(region !== undefined && { region }) };
    const suffix = region === undefined ? '' : `-${region.toString(16)}`;
    return {
      id: `memory-${pid}${suffix}`,
      title: { en: `memory of process ${pid}`, zh: `进程 ${pid} 的内存` },
      estimate: async () => {
        const core = open(pid, options);
        core.close();
        return { bytes: core.bytes, members: 2 };
      },
      collect: async ({ sink }) => {
        const core = open(pid, { ...options, signal: sink.signal });
        try {
          const { start, program, command_line, regions, maps } = core;
          let unreadable = 0;
          await sink.stream(`${pid}${suffix}.core`, core.bytes, async put => {
            unreadable = await core.write(put);
          });
          if (unreadable > 0)
            sink.note(
              `${unreadable} bytes of process ${pid} could not be read and are zeros`,
              `进程 ${pid} 有 ${unreadable} 字节无法读取，以零填充`,
            );
          const told = { pid, start, program, command_line, regions, unreadable_bytes: unreadable, maps };
          await sink.json(`${pid}${suffix}.json`, told);
        } finally {
          core.close();
        }
      },
    };
  });
}

function open(pid: number, options: Parameters<typeof openCore>[1]) {
  try {
    return openCore(pid, options);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new NotHere(words, `进程 ${pid} 的内存无法读取：${words}`);
  }
}
