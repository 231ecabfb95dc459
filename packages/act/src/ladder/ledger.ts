/** What the ladder writes down: where each protection stands, and in the journal how it came there. */
import { renameSync } from 'node:fs';
import type { Bilingual, JournalEntry, JournalSink } from '@redoubt/model';
import type { FileCalls } from '@redoubt/store/durable';
import { LadderError, wordsOf } from './protection.ts';
import type { RungHolder } from './rung-holder.ts';
import { type Standing, StandingFile } from './standing.ts';

/** The file of standings and the journal together, so that after a crash the one makes up for the other. */
export class Ledger {
  /** The file was damaged: what stands in the system is unknown. */
  readonly isLost: boolean;
  readonly #file: StandingFile;
  readonly #journal: JournalSink;
  readonly #trouble: (text: Bilingual) => void;
  #standings = new Map<string, Standing>();

  constructor(
    stateDirectory: string,
    journal: JournalSink,
    trouble: (text: Bilingual) => void,
    calls?: FileCalls,
  ) {
    this.#file = new StandingFile(stateDirectory, calls);
    this.#journal = journal;
    this.#trouble = trouble;
    let isLost = false;
    try {
      this.#standings = this.#file.read();
    } catch (error) {
      isLost = true;
      trouble(damaged(this.#file.path, wordsOf(error)));
      putAside(this.#file.path);
    }
    this.isLost = isLost;
  }

  /** Where a protection stood, if it was ever set. */
  standing(name: string): Standing | undefined {
    return this.#standings.get(name);
  }

  /** Writes a standing down, then holds it. @throws the system's error, with the old one in place */
  keep(holder: RungHolder, standing: Standing): void {
    const standings = new Map(this.#standings).set(holder.protection.name, standing);
    this.#file.write(standings);
    this.#standings = standings;
    holder.standing = standing;
  }

  /** The same where the system is changed already: what cannot be written is held, and done again after a restart. */
  keepIfPossible(holder: RungHolder, standing: Standing): void {
    try {
      this.keep(holder, standing);
    } catch (error) {
      this.#standings.set(holder.protection.name, standing);
      holder.standing = standing;
      this.#trouble(wordsOf(error));
    }
  }

  /**
   * Writes down that a step is begun.
   * @param isUp a step up is refused when it cannot be written down; down must work even on a full disk
   * @throws LadderError `not_recorded`
   */
  async begin(holder: RungHolder, standing: Standing, entry: JournalEntry, isUp: boolean): Promise<void> {
    const before = holder.standing;
    try {
      // In this order: a crash in between leaves a step that the next start takes back and journals.
      this.keep(holder, standing);
      await this.#journal.append(entry);
    } catch (error) {
      if (!isUp) {
        this.#trouble(wordsOf(error));
        return;
      }
      if (holder.standing !== before) this.keepIfPossible(holder, before);
      throw notRecorded(error);
    }
  }

  /** Tells the journal what the standing says is still to be told; after a crash in between it is told again. */
  async tell(holder: RungHolder): Promise<void> {
    const { note, ...standing } = holder.standing;
    if (note === undefined) return;
    try {
      await this.#journal.append(note);
      this.keep(holder, standing);
    } catch (error) {
      this.#trouble(wordsOf(error));
    }
  }
}

function putAside(path: string): void {
  try {
    renameSync(path, `${path}.damaged`);
  } catch {
    // What cannot be moved is written over by the first step.
  }
}

function damaged(path: string, why: Bilingual): Bilingual {
  return {
    en: `Where the protections stood is lost; all begin at observe. ${path}: ${why.en}`,
    zh: `各项防护的状态已丢失，全部从观察（observe）开始。${path}：${why.zh}`,
  };
}

function notRecorded(error: unknown): LadderError {
  const { en, zh } = wordsOf(error);
  const text = {
    en: `the step cannot be written down, so it is not taken: ${en}`,
    zh: `无法记录该步骤，因此未执行：${zh}`,
  };
  return new LadderError('not_recorded', text, { cause: error });
}
