/** Where each protection stands, on disk: what a restart goes on from. */
import { join } from 'node:path';
import { type JournalEntry, type Policy, rungs } from '@redoubt/model';
import { type FileCalls, readSmallFile, replaceFile } from '@redoubt/store/durable';
import { samePolicy } from './preview.ts';

/** A moment on clocks that a person or NTP can set and on one that nobody can. */
export interface Moment {
  /** Milliseconds since the Unix epoch. */
  readonly wall: number;
  /** Milliseconds since boot, suspension included. */
  readonly uptime: number;
  readonly bootId: string;
}

/** A step that waits to be confirmed; unconfirmed, it is taken back. */
export interface Trial {
  readonly begun: Moment;
  /** Milliseconds from `begun` on. */
  readonly within: number;
  readonly back: Policy;
}

/** Where one protection stands. */
export interface Standing {
  readonly policy: Policy;
  /** Grows by one with every change. */
  readonly revision: number;
  /** Since when, milliseconds since the Unix epoch, and on whose word. */
  readonly since: number;
  readonly by: string;
  /** What the one undo goes back to. */
  readonly previous?: Policy;
  /** A step that is being taken. Found after a restart, it was cut short: the policy above is put back. */
  readonly step?: { readonly to: Policy; readonly begun: number };
  readonly trial?: Trial;
  /** What the journal is still to be told of; told again after a crash, so an entry may be there twice. */
  readonly note?: JournalEntry;
  /** Why it last left a rung by itself, for whoever comes to look. */
  readonly fell?: { readonly time: number; readonly en: string; readonly zh: string };
}

/** Whether the time of a trial is over. A reboot in between ends it: nobody may have been able to reach the host. */
export function isOver({ begun, within }: Trial, now: Moment): boolean {
  return (
    now.bootId !== begun.bootId || now.uptime - begun.uptime >= within || now.wall - begun.wall >= within
  );
}

/**
 * The trial that a policy begins where it follows on what stands: `enforce` must be confirmed, unless it is what was
 * confirmed last. @param within milliseconds from `begun` on
 */
export function trialOf(standing: Standing, to: Policy, begun: Moment, within: number): Trial | undefined {
  const back = standing.trial?.back ?? standing.policy;
  return to.rung === 'enforce' && !samePolicy(back, to) ? { begun, within, back } : undefined;
}

/** A larger file was not written by us. */
const sizeLimit = 64 * 1024 * 1024;

/** Reads and replaces `ladder.json`. */
export class StandingFile {
  readonly path: string;
  readonly #calls: FileCalls | undefined;

  constructor(stateDirectory: string, calls?: FileCalls) {
    this.path = join(stateDirectory, 'ladder.json');
    this.#calls = calls;
  }

  /**
   * Every protection that was ever set.
   * @throws Error saying what is wrong with the file
   */
  read(): Map<string, Standing> {
    const text = readSmallFile(this.path, sizeLimit);
    if (text === undefined) return new Map();
    const saved = JSON.parse(text) as { version?: unknown; protections?: unknown };
    if (saved.version !== 1) throw new Error(`${this.path} has version ${String(saved.version)}, not 1`);
    const entries = Object.entries((saved.protections ?? {}) as Record<string, unknown>);
    for (const [name, standing] of entries)
      if (!isStanding(standing)) throw new Error(`${this.path}: the entry of ${name} is damaged`);
    return new Map(entries as [string, Standing][]);
  }

  /** Replaces the file; on disk when this returns. @throws the system's error, with the old file in place */
  write(standings: ReadonlyMap<string, Standing>): void {
    const saved = { version: 1, protections: Object.fromEntries(standings) };
    replaceFile(this.path, `${JSON.stringify(saved)}\n`, 0o600, this.#calls);
  }
}

function isPolicy(value: unknown): boolean {
  return isObject(value) && rungs.some(rung => rung === value['rung']);
}

function isMoment(value: unknown): boolean {
  return (
    isObject(value) &&
    Number.isFinite(value['wall']) &&
    Number.isFinite(value['uptime']) &&
    typeof value['bootId'] === 'string'
  );
}

function isStanding(value: unknown): boolean {
  if (!isObject(value) || !isPolicy(value['policy']) || !Number.isSafeInteger(value['revision']))
    return false;
  const { step, trial, previous } = value;
  return (
    (previous === undefined || isPolicy(previous)) &&
    (step === undefined || (isObject(step) && isPolicy(step['to']))) &&
    (trial === undefined ||
      (isObject(trial) &&
        isPolicy(trial['back']) &&
        isMoment(trial['begun']) &&
        Number.isFinite(trial['within'])))
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
