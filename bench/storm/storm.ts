/** A storm whose events can be told from all others, because its programs are copies with names of their own. */
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EventKind, EventView } from '@redoubt/model';
import { onCleanup } from '../lib/cleanup.ts';
import { ended } from '../lib/command.ts';
import { openHistory } from '../lib/history.ts';
import { buildPrograms, programs } from '../lib/workplace.ts';
import type { AccountLine, Losses } from './account.ts';

const kinds = [
  'process.fork',
  'process.exec',
  'process.exit',
  'file.create',
  'file.rename',
  'file.unlink',
] as const satisfies EventKind[];

/** Whose an event is: the storm's, another's, or nobody's that is known. */
type Owner = 'storm' | 'other' | 'unknown';

/** A storm with programs and a folder of its own. */
export class Storm {
  readonly #program: string;
  readonly #victim: string;
  readonly #fileProgram: string;
  readonly #files: string;
  /** Identities of the processes that ran the storm of processes. */
  readonly #launchers = new Set<string>();
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
    const seconds = await this.#run(this.#program, [this.#victim, String(count)], uid =>
      this.#launchers.add(uid),
    );
    this.#processes += count;
    return seconds;
  }

  /** Creates, renames and unlinks a file `cycles` times; answers the seconds that it took. */
  async files(cycles: number): Promise<number> {
    const seconds = await this.#run(this.#fileProgram, [this.#files, String(cycles)], () => {});
    this.#cycles += cycles;
    return seconds;
  }

  async #run(program: string, args: string[], launched: (uid: string) => unknown): Promise<number> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const stop = onCleanup(async () => {
      child.kill('SIGKILL');
      await ended(child);
    });
    const output = text(child.stdout);
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'latin1');
    // Field 22 of proc(5), counted from the end of the name, which may hold any character.
    launched(`${child.pid}:${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]}`);
    const status = await ended(child);
    await stop();
    if (status !== 0) throw new Error(`${program} ended with ${status}`);
    return Number(await output);
  }

  /** The end of a process that lost its exec to the ring still carries the program that it was forked with. */
  #ownerOf(event: EventView): Owner {
    const is = (own: boolean, known: boolean): Owner => (own ? 'storm' : known ? 'other' : 'unknown');
    switch (event.kind) {
      case 'process.fork':
        return is(this.#launchers.has(String(event.get('actor.process.uid'))), true);
      case 'process.exec':
        return is(event.get('process.file.path') === this.#victim, true);
      case 'process.exit': {
        if (this.#launchers.has(String(event.get('process.uid')))) return 'other';
        const path = event.get('process.file.path');
        return is(path === this.#victim || path === this.#program, typeof path === 'string' && path !== '');
      }
      default: {
        const path = event.get('file.path');
        return is(String(path).startsWith(`${this.#files}/`), typeof path === 'string');
      }
    }
  }

  /**
   * Counts what the recorder in `directory` holds of everything that this storm has performed.
   * @throws Error if a part of the recorder cannot be read
   */
  async account(directory: string, losses: Losses): Promise<AccountLine[]> {
    const lines = new Map(
      kinds.map((kind): [EventKind, AccountLine] => {
        const performed = kind.startsWith('process.') ? this.#processes : this.#cycles;
        return [kind, { kind, performed, recorded: 0, unattributed: 0, lost: losses.byKind.get(kind) ?? 0 }];
      }),
    );
    const history = openHistory(directory);
    try {
      for await (const event of history.events({
        kinds,
        onDamage: ({ firstSequence, reason }) => {
          throw new Error(`the chunk of event ${firstSequence} cannot be read: ${reason}`);
        },
      })) {
        const line = lines.get(event.kind);
        const owner = this.#ownerOf(event);
        if (line && owner === 'storm') line.recorded++;
        else if (line && owner === 'unknown') line.unattributed++;
      }
    } finally {
      history.close();
    }
    return [...lines.values()];
  }
}
