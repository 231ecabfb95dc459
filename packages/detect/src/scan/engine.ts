/** The one interface of scanning engines: what they are given, and what they answer. */
import type { Bilingual, Reason } from '@redoubt/model';
import type { ScanLimits } from './limits.ts';
import type { Subject } from './subject.ts';

/**
 * What an engine reads of a subject. Members of containers have no descriptor: engines that want one are not asked about
 * them. They have another process do the work, are asked first and answer last, and read nothing of the bytes.
 */
export type EngineWant = 'bytes' | 'descriptor';

/** How sure an engine is that a content is bad. What is clean needs no finding. */
export type Judgement = 'suspicious' | 'malicious';

/** What one engine found in one subject. */
export interface EngineFinding {
  readonly engine: string;
  readonly judgement: Judgement;
  /** Stable name of what fired: a rule, a signature, an indicator, a model. Part of the key of the finding. */
  readonly signature: string;
  readonly title: Bilingual;
  /** At least one; in words a person can check. */
  readonly reasons: readonly Reason[];
  /** Certainty in per cent; by default 90 for malicious and 50 for suspicious. */
  readonly confidence?: number;
  /** Sigma tags of ATT&CK tactics and techniques. */
  readonly tags?: readonly string[];
}

/** An engine. It lives in one thread and scans one subject at a time there. */
export interface Engine {
  /** Short and stable: `yara-x`, `clamav`, `indicators`, `static`. */
  readonly name: string;
  /** Changes whenever a verdict may: rules, data base, model, code. Part of the key of cached verdicts. */
  readonly version: string;
  readonly wants: EngineWant;
  /** Whether it has anything to say of such a subject; without it, of every one. Must be cheap. */
  accepts?(subject: Subject): boolean;
  /**
   * Looks at a subject. Findings carry their reasons; none means that nothing speaks against it.
   * An engine that cannot judge throws: the verdict then names it and why, and the others go on.
   * @param limits `milliseconds` is the time for the file; engines that cannot be interrupted ignore it
   */
  scan(subject: Subject, limits: ScanLimits): readonly EngineFinding[] | Promise<readonly EngineFinding[]>;
  /** Frees what it holds. Called once. */
  close?(): void | Promise<void>;
}

/** Thrown by an engine whose own bounds a content exceeds: it would be no other the next time. */
export class EngineLimit extends Error {
  override readonly name = 'EngineLimit';
}
