/**
 * A ladder that dies at the Nth fault point. Points are in front of and behind each call that writes the ladder's
 * file, each entry of the journal and each half of an apply. Dead, it does nothing more: every further effect fails
 * before it happens, so that what is left behind is what a SIGKILL would leave.
 */
import fs, { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Rung } from '@redoubt/model';
import { type FileCalls, Ladder } from '../../../src/index.ts';
import { fileProtection } from './file-protection.ts';

/** Counts points, and dies at one of them. */
export class Fate {
  points = 0;
  isDead = false;
  readonly #at: number;
  readonly #die: (() => void) | undefined;

  /** @param at the point, from 1; 0 never @param die how; by default only pretends */
  constructor(at: number, die?: () => void) {
    this.#at = at;
    this.#die = die;
  }

  point(): void {
    if (!this.isDead && ++this.points === this.#at) {
      this.#die?.();
      this.isDead = true;
    }
    if (this.isDead) throw new Error('dead');
  }
}

/** Calls that write a file, with a point in front of and behind each. */
export function fileCalls(fate: Pick<Fate, 'point'>): FileCalls & Pick<typeof fs, 'rmSync'> {
  const names = ['openSync', 'writeFileSync', 'fsyncSync', 'closeSync', 'renameSync', 'rmSync'] as const;
  const mortal = names.map(name => [
    name,
    (...given: unknown[]) => {
      fate.point();
      const result = (fs[name] as (...all: unknown[]) => unknown)(...given);
      fate.point();
      return result;
    },
  ]);
  return Object.fromEntries(mortal) as unknown as FileCalls & Pick<typeof fs, 'rmSync'>;
}

/** Takes one step in a folder, with the fate that begins after the ladder is open. */
export async function takeStep(folder: string, step: string, fate: Fate): Promise<void> {
  let isArmed = false;
  const point = (): void => {
    if (isArmed) fate.point();
  };
  const calls = fileCalls(fate);
  const ladder = Ladder.open({
    stateDirectory: folder,
    calls,
    journal: {
      async append(entry) {
        point();
        appendFileSync(join(folder, 'journal'), `${JSON.stringify(entry)}\n`);
        point();
      },
    },
  });
  const protection = fileProtection(folder, { apply: point, half: point });
  await ladder.register({
    ...protection,
    async undo() {
      point();
      await protection.undo();
      point();
    },
  });
  isArmed = true;
  if (step === 'undo') await ladder.undo('names', 'test');
  else if (step === 'confirm') await ladder.confirm('names', 'test');
  else {
    const settings = { names: ['a', 'b'] };
    const rung = step as Rung;
    const { id } = await ladder.preview('names', { rung, settings });
    const how = { actor: 'test', directly: true, confirmWithin: 3_600_000 };
    await ladder.step('names', { rung, settings, preview: id, ...how });
  }
}
