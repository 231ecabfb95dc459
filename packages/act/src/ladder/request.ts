/** How a ladder is opened, asked and followed. */
import type { Bilingual, JournalSink, Policy, Rung } from '@redoubt/model';
import type { FileCalls } from '@redoubt/store/durable';
import type { Protection } from './protection.ts';
import type { TimeLimits } from './rung-holder.ts';
import type { Moment } from './standing.ts';

/** A change of a rung, for those who watch. */
export interface LadderChange {
  /** `fell`: it stepped back by itself; `unmet`: the policy stands but the system could not be brought to it. */
  readonly kind: 'stepped' | 'confirmed' | 'undone' | 'fell' | 'unmet';
  readonly protection: Protection;
  readonly from: Policy;
  readonly to: Policy;
  readonly text: Bilingual;
}

/** How a ladder is opened. */
export interface LadderOptions {
  readonly stateDirectory: string;
  readonly journal: JournalSink;
  readonly onChange?: (change: LadderChange) => void;
  /** Told of trouble with the ladder's own file or journal. */
  readonly onTrouble?: (text: Bilingual) => void;
  readonly limits?: Partial<TimeLimits>;
  /** How often health is looked at, milliseconds. */
  readonly healthInterval?: number;
  /** For tests: the clocks, and the calls that write the file. */
  readonly moment?: () => Moment;
  readonly calls?: FileCalls;
}

/** A step that somebody asks for. */
export interface StepRequest {
  readonly rung: Rung;
  /** As they stand by default. */
  readonly settings?: unknown;
  /** The preview that was shown. Not needed for a step down. */
  readonly preview?: string;
  /** Lets a step leave out `audit`. */
  readonly directly?: boolean;
  /** Time to confirm a step to `enforce`, milliseconds. */
  readonly confirmWithin?: number;
  /** Who asks, for the journal. */
  readonly actor: string;
  readonly comment?: string;
}

/** Time to confirm when nothing else is said, milliseconds. */
export const defaultConfirmWithin = 600_000;
