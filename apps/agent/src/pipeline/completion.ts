/**
 * Facts about executables that arrive after the finding that needs them. Hashing a program takes longer than
 * judging its start, and a finding must not wait; so it goes out at once and again when the facts are there.
 */
import type { Finding, PackageRef, Process, ProcessEntity } from '@redoubt/model';

/** What becomes known of an executable later. */
export interface LateFacts {
  /** SHA-256, lower-case hexadecimal; undefined while it is not known. */
  sha256: string | undefined;
  /** Owner; null when it is known that there is none. */
  package: PackageRef | null | undefined;
}

/** Finds the late facts of a process and the program that it ran from `path`. */
export type FactsLookup = (uid: string, path: string) => LateFacts | undefined;

/** How long facts are waited for, milliseconds: hashing 1 GB takes a few seconds. */
const patience = 15_000;
/** Findings that may wait at one time; beyond it the oldest stays as it is. */
const waitingLimit = 200;

/** Completes findings, at once where the facts are known, later where they are not. */
export class FindingCompletion {
  readonly #lookup: FactsLookup;
  readonly #waiting = new Map<string, { finding: Finding; since: number }>();

  constructor(lookup: FactsLookup) {
    this.#lookup = lookup;
  }

  /** The finding with everything that is known now; what is missing is looked for by `poll`. */
  complete(finding: Finding): Finding {
    const { uid } = finding.finding_info;
    const completed = this.#fill(finding);
    if (isComplete(completed)) {
      this.#waiting.delete(uid);
      return completed;
    }
    const since = this.#waiting.get(uid)?.since ?? performance.now();
    this.#waiting.set(uid, { finding: completed, since });
    if (this.#waiting.size > waitingLimit) {
      const [oldest] = this.#waiting.keys();
      if (oldest !== undefined) this.#waiting.delete(oldest);
    }
    return completed;
  }

  /** Whether any finding waits for facts. */
  get waits(): boolean {
    return this.#waiting.size > 0;
  }

  /** Findings about which more is known than before. */
  poll(): Finding[] {
    const changed: Finding[] = [];
    for (const [uid, { finding, since }] of this.#waiting) {
      const completed = this.#fill(finding);
      const done = isComplete(completed) || performance.now() - since > patience;
      if (completed !== finding) {
        changed.push({ ...completed, activity_id: 2, type_uid: 200_402 });
      }
      if (done) this.#waiting.delete(uid);
      else this.#waiting.set(uid, { finding: completed, since });
    }
    return changed;
  }

  /** The same object when nothing new is known. */
  #fill(finding: Finding): Finding {
    let changed = false;
    const entity = <P extends ProcessEntity>(process: P): P => {
      const { uid, file } = process;
      if (uid === undefined || file?.path === undefined || isKnown(process)) return process;
      const facts = this.#lookup(uid, file.path);
      if (facts?.sha256 === undefined) return process;
      changed = true;
      const hashes = [{ algorithm_id: 3, algorithm: 'SHA-256', value: facts.sha256 }];
      return { ...process, file: { ...file, hashes, ...(facts.package ? { package: facts.package } : {}) } };
    };
    const whole = (process: Process): Process => ({
      ...entity(process),
      ...(process.parent_process ? { parent_process: entity(process.parent_process) } : {}),
      ...(process.ancestry ? { ancestry: process.ancestry.map(entity) } : {}),
    });
    const evidences = finding.evidences.map(evidence =>
      evidence.process === undefined ? evidence : { ...evidence, process: whole(evidence.process) },
    );
    return changed ? { ...finding, evidences } : finding;
  }
}

function isKnown(process: ProcessEntity): boolean {
  return process.file?.path === undefined || process.file.path === '' || process.file.hashes !== undefined;
}

/** Whether the process that a finding is about has its hash; its ancestors' may still come with it. */
function isComplete(finding: Finding): boolean {
  return finding.evidences.every(({ process }) => process === undefined || isKnown(process));
}
