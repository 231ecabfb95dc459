/** The seam of a collection: one step for each kind of evidence, run in the order of volatility. */
import type { Bilingual } from '@redoubt/model';
import type { MemberSink } from './members.ts';

/** Something mapped in a process: all of it, or the mapping at an address. */
export interface MemoryTarget {
  readonly pid: number;
  readonly region?: number;
}

/** What is collected. Written down in the manifest, and the same when a collection is gone on with. */
export interface EvidencePlan {
  /** Processes whose memory is kept. */
  readonly memory: readonly MemoryTarget[];
  /** The whole RAM as well. */
  readonly ram: boolean;
  /** What the agent recorded, and logs that changed, from and to then; milliseconds since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  /** Folder of the flight recorder, if there is one. */
  readonly record?: string;
  /** Incident that the evidence is about. */
  readonly incident?: string;
  /** Folders and files of logs. */
  readonly logs: readonly string[];
  /** Files and folders asked for. */
  readonly files: readonly string[];
  /** Programs of running processes that were deleted, live in memory or in folders for temporary files. */
  readonly suspicious: boolean;
  /** Devices or files that are imaged. */
  readonly images: readonly string[];
  /** Ids of steps that are left out. */
  readonly skip: readonly string[];
  /** Largest single log or file, bytes. */
  readonly fileLimit: number;
}

/** What a step may use. */
export interface StepContext {
  readonly plan: EvidencePlan;
  readonly sink: MemberSink;
}

/** How much a step would collect, before compression. */
export interface Estimate {
  /** Undefined where it is known only by collecting. */
  readonly bytes?: number;
  readonly members?: number;
  readonly note?: Bilingual;
}

/** A thing that this system does not have: noted, never a failure. */
export class NotHere extends Error {
  readonly text: Bilingual;

  constructor(en: string, zh: string) {
    super(en);
    this.text = { en, zh };
  }
}

/** One step. */
export interface EvidenceStep {
  /** Small letters, digits and hyphens; a part of file names. */
  readonly id: string;
  readonly title: Bilingual;
  estimate(plan: EvidencePlan): Promise<Estimate>;
  /**
   * Hands over the members. Whatever it throws is noted, and what it handed over before is kept.
   * @throws NotHere when the system does not have the thing
   */
  collect(context: StepContext): Promise<void>;
}
