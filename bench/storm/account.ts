/**
 * The account of a storm: what was performed, what the recorder holds of it, and what the agent says it lost.
 * The storm's programs are copies with names of their own, so that its events can be told from all others.
 */
import { copyFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventKind } from '@redoubt/model';
import type { Summary } from '../../apps/agent/src/api/contract.ts';
import { run } from '../lib/command.ts';
import { openHistory } from '../lib/history.ts';
import { buildPrograms, programs } from '../lib/workplace.ts';

/** One kind of event in the account. */
export interface AccountLine {
  kind: EventKind;
  performed: number;
  recorded: number;
  /** Of this kind, by all processes of the host: the kernel cannot tell whose events it could not keep. */
  lost: number;
}

/** How much was lost while a storm ran. */
export interface Losses {
  byKind: ReadonlyMap<string, number>;
  /** Events seen but not stored; their kinds are not counted. */
  dropped: number;
}

/** What was lost between two summaries of one agent. */
export function lossesBetween(before: Summary, after: Summary): Losses {
  const byKind = new Map<string, number>();
  for (const [kind, count] of Object.entries(after.events.lost_by_kind)) {
    byKind.set(kind, count - (before.events.lost_by_kind[kind] ?? 0));
  }
  return { byKind, dropped: after.events.dropped - before.events.dropped };
}

/**
 * Whether the account is right: nothing recorded twice, and nothing missing that was not counted as lost.
 * Where nothing was lost this means that recorded and performed are equal.
 */
export function isExact(lines: readonly AccountLine[], losses: Losses): boolean {
  let uncounted = 0;
  for (const { performed, recorded, lost } of lines) {
    if (recorded > performed) return false;
    uncounted += Math.max(0, performed - recorded - lost);
  }
  return uncounted <= losses.dropped;
}

/** A storm with programs and a folder of its own. */
export class Storm {
  readonly #program: string;
  readonly #victim: string;
  readonly #fileProgram: string;
  readonly #files: string;
  #processes = 0;
  #cycles = 0;

  private constructor(folder: string) {
    this.#program = join(folder, 'exec-storm-own');
    this.#victim = join(folder, 'nothing-own');
    this.#fileProgram = join(folder, 'file-storm-own');
    this.#files = join(folder, 'storm-files');
  }

  /** Makes the storm's programs and folder inside `folder`. */
  static async make(folder: string): Promise<Storm> {
    await buildPrograms();
    const storm = new Storm(folder);
    copyFileSync(join(programs, 'exec-storm'), storm.#program);
    copyFileSync(join(programs, 'nothing'), storm.#victim);
    copyFileSync(join(programs, 'file-storm'), storm.#fileProgram);
    await mkdir(storm.#files);
    return storm;
  }

  /** Executes `count` short processes; answers the seconds that it took. */
  async processes(count: number): Promise<number> {
    const seconds = Number(await run(this.#program, [this.#victim, String(count)]));
    this.#processes += count;
    return seconds;
  }

  /** Creates, renames and unlinks a file `cycles` times; answers the seconds that it took. */
  async files(cycles: number): Promise<number> {
    const seconds = Number(await run(this.#fileProgram, [this.#files, String(cycles)]));
    this.#cycles += cycles;
    return seconds;
  }

  /**
   * Counts what the recorder in `directory` holds of everything that this storm has performed.
   * @throws Error if a part of the recorder cannot be read
   */
  async account(directory: string, losses: Losses): Promise<AccountLine[]> {
    const recorded = new Map<EventKind, number>();
    const own: Partial<Record<EventKind, [path: string, value: string]>> = {
      'process.fork': ['actor.process.file.path', this.#program],
      'process.exec': ['process.file.path', this.#victim],
      'process.exit': ['process.file.path', this.#victim],
      'file.create': ['file.path', this.#files],
      'file.rename': ['file.path', this.#files],
      'file.unlink': ['file.path', this.#files],
    };
    const history = openHistory(directory);
    try {
      const kinds = Object.keys(own) as EventKind[];
      for await (const event of history.events({
        kinds,
        onDamage: ({ firstSequence, reason }) => {
          throw new Error(`the chunk of event ${firstSequence} cannot be read: ${reason}`);
        },
      })) {
        const [path, value] = own[event.kind] ?? ['', ''];
        if (!String(event.get(path)).startsWith(value)) continue;
        recorded.set(event.kind, (recorded.get(event.kind) ?? 0) + 1);
      }
    } finally {
      history.close();
    }
    return (Object.keys(own) as EventKind[]).map(kind => ({
      kind,
      performed: kind.startsWith('process.') ? this.#processes : this.#cycles,
      recorded: recorded.get(kind) ?? 0,
      lost: losses.byKind.get(kind) ?? 0,
    }));
  }
}
