/**
 * Looks at the memory of processes: of all of them every few hours, and at once of one that makes memory executable.
 * The work is done by a child process of the lowest priority that ends afterwards, so that its memory is not the agent's.
 */
import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProcessCheck } from '@redoubt/baseline/memory';
import type { Bilingual } from '@redoubt/model';
import type { Api } from '../api/server.ts';
import { onBeat } from '../host/beat.ts';
import { deviceOf } from '../host/host.ts';
import type { AgentPart, PartContext } from '../part.ts';
import type { MemoryAnswer, MemoryCheck, MemoryItem } from './contract.ts';

/** From one check of all to the next, and from the start to the first, milliseconds. */
const interval = 4 * 3_600_000;
const firstAfter = 120_000;
/** Processes that are looked at for the events of one beat; further ones are counted and wait for the check of all. */
const maxGathered = 32;
/** A process is not looked at again for an event within this time, milliseconds: runtimes make code all the time. */
const restOfProcess = 600_000;
const maxRemembered = 4_096;
/**
 * Processes of one program that are looked at for an event within that time. A runtime makes code in each process that
 * it is started in, and so does another Redoubt's own helper: two agents must not look at each other's without end.
 */
const maxOfProgram = 8;
/** Processes of the last check of all that are remembered for the API; further ones are counted. */
const maxListed = 200;

const entry = join(import.meta.dirname, 'entry.ts');

/** Starts the part; nothing to do without root, as the memory of others cannot be read then. */
export async function startMemory(context: PartContext): Promise<AgentPart | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const waiting = new Set<number>();
  const seen = new Map<number, number>();
  const ofProgram = new Map<string, number>();
  let running: ReturnType<typeof spawn> | undefined;
  let skipped = 0;
  /** Of programs of which several were looked at already. */
  let postponed = 0;
  let stopped = false;
  const device = deviceOf(context.host);
  // Golden code of chosen services, where the operator has put it: redoubt memory golden.
  const golden = join(context.options.stateDirectory, 'memory-golden.json');
  const vault = join(context.options.stateDirectory, 'baseline');
  /** Why the golden code was not compared with in the check that runs, or ran last. */
  let refused: Bilingual | undefined;

  let last: MemoryCheck | undefined;

  /** Tells what one process has, or how many were looked at. */
  const take = async (line: string, items: MemoryItem[]): Promise<number> => {
    const told = JSON.parse(line) as
      | ProcessCheck
      | { readonly looked: number }
      | { readonly refused: Bilingual };
    if ('looked' in told) return told.looked;
    if ('refused' in told) {
      refused = told.refused;
      return 0;
    }
    // Loaded only once there is something to tell.
    const { describeObservation, memoryFinding } = await import('@redoubt/baseline/memory');
    for (const observation of told.observations) context.publish(memoryFinding(told, observation, device));
    const { pid, name, program, commandLine: command } = told;
    const observations = told.observations.map(observation => ({
      kind: observation.kind,
      severity: observation.severity,
      ...describeObservation(told, observation),
    }));
    items.push({ pid, name, program, command, observations });
    return 0;
  };

  /** Checks processes, all of them when none are named; one check at a time. */
  const check = (pids: readonly number[]): boolean => {
    if (running !== undefined || stopped) return false;
    refused = undefined;
    const child = spawn(process.execPath, [entry, golden, vault, ...pids.map(String)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    running = child;
    try {
      if (child.pid !== undefined) setPriority(child.pid, 19);
    } catch {
      // it has ended already
    }
    const begun = performance.now();
    const items: MemoryItem[] = [];
    const takings: Promise<number>[] = [];
    createInterface({ input: child.stdout }).on('line', line => {
      const taking = take(line, items);
      taking.catch(error => warn(error instanceof Error ? error.message : String(error)));
      takings.push(taking);
    });
    child.once('close', async code => {
      context.warn({
        code: 'memory-golden',
        active: refused !== undefined,
        text: {
          en: `Memory is not compared with golden code: ${refused?.en}`,
          zh: `未与黄金代码比较内存：${refused?.zh}`,
        },
      });
      if (code !== 0 || pids.length > 0) return;
      const looked = await Promise.all(takings).catch(() => undefined);
      if (looked === undefined) return;
      last = {
        time: Date.now(),
        milliseconds: Math.round(performance.now() - begun),
        processes: Math.max(0, ...looked),
        items: items.slice(0, maxListed),
        more: Math.max(0, items.length - maxListed),
      };
    });
    child.once('error', error => {
      running = undefined;
      warn(error.message);
    });
    child.once('exit', code => {
      running = undefined;
      if (code === 0) context.warn({ code: 'memory-check', active: false, text: { en: '', zh: '' } });
      else if (!stopped) warn(`exit status ${code}`);
    });
    return true;
  };

  const warn = (reason: string): void =>
    context.warn({
      code: 'memory-check',
      active: true,
      text: {
        en: `The memory of processes could not be checked: ${reason}`,
        zh: `无法检查进程内存：${reason}`,
      },
    });

  context.onEvent(view => {
    if (view.kind !== 'memory.wx') return;
    const pid = Number(view.get('process.pid') ?? view.get('actor.process.pid'));
    const now = performance.now();
    if (!(pid > 0) || now - (seen.get(pid) ?? Number.NEGATIVE_INFINITY) < restOfProcess) return;
    const program = context.sensor.table.newest(pid)?.image?.file.path ?? '';
    const looks = ofProgram.get(program) ?? 0;
    if (looks >= maxOfProgram || ofProgram.size >= maxRemembered) {
      postponed++;
      return;
    }
    if (waiting.size >= maxGathered) {
      skipped++;
      return;
    }
    ofProgram.set(program, looks + 1);
    seen.delete(pid);
    seen.set(pid, now);
    if (seen.size > maxRemembered) seen.delete(seen.keys().next().value ?? 0);
    waiting.add(pid);
  });
  const endBeat = onBeat(() => {
    if (waiting.size > 0 && check([...waiting])) waiting.clear();
    context.warn({
      code: 'memory-events-skipped',
      active: skipped > 0,
      text: {
        en: `${skipped} processes that made memory executable wait for the next check of all`,
        zh: `${skipped} 个产生可执行内存的进程留待下次全面检查`,
      },
    });
  });
  const whole = setInterval(() => {
    if (check([])) skipped = postponed = 0;
  }, interval);
  const programs = setInterval(() => ofProgram.clear(), restOfProcess);
  const first = setTimeout(() => check([]), firstAfter);
  for (const timer of [whole, programs, first]) timer.unref();
  return {
    name: 'memory',
    routes(api: Api): void {
      const answer = (): MemoryAnswer => ({
        checking: running !== undefined,
        postponed,
        ...(last !== undefined && { last }),
      });
      api.get('/api/memory', answer);
      api.post('/api/memory/check', () => {
        if (check([])) skipped = postponed = 0;
        return answer();
      });
    },
    stop() {
      stopped = true;
      endBeat();
      clearInterval(whole);
      clearInterval(programs);
      clearTimeout(first);
      running?.kill('SIGTERM');
    },
  };
}
