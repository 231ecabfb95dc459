/** The distribution package that owns an executable of the host, whatever the distribution. */
import type { OwningPackage } from '../process/image.ts';
import { DpkgOwners } from './dpkg.ts';
import { RpmOwners } from './rpm.ts';

/** How long an answer is good, milliseconds: packages are installed and removed while the agent runs. */
const answerLifetime = 10 * 60_000;

/** Answers kept. */
const maxAnswers = 8192;

/** Lookups in progress at the same time; each may start a process. */
const maxPending = 256;

interface Answer {
  until: number;
  owner: Promise<OwningPackage | undefined>;
  /** The answer once it is there; `null` when no package owns the path. */
  known?: OwningPackage | null;
}

/** Owners of host paths, cached. Paths of containers must not be asked for: they are other files. */
export class PackageOwners {
  readonly #dpkg: DpkgOwners;
  readonly #rpm: RpmOwners;
  readonly #answers = new Map<string, Answer>();
  #pending = 0;
  /** Lookups refused because too many were in progress. */
  refused = 0;

  constructor(dpkg = new DpkgOwners(), rpm = new RpmOwners()) {
    this.#dpkg = dpkg;
    this.#rpm = rpm;
  }

  /** What is known already: a package, `null` when none owns the path, undefined when it must be asked. */
  known(path: string): OwningPackage | null | undefined {
    const answer = this.#answers.get(path);
    return answer !== undefined && answer.until > performance.now() ? answer.known : undefined;
  }

  /** The package that owns a path; undefined when none does, or when too many are being asked for. */
  ownerOf(path: string): Promise<OwningPackage | undefined> {
    const now = performance.now();
    const known = this.#answers.get(path);
    if (known !== undefined && known.until > now) return known.owner;
    if (this.#pending >= maxPending) {
      this.refused++;
      return Promise.resolve(undefined);
    }
    this.#pending++;
    const owner = this.#ask(path).finally(() => this.#pending--);
    this.#answers.delete(path);
    const answer: Answer = { until: now + answerLifetime, owner };
    void owner.then(found => {
      answer.known = found ?? null;
    });
    this.#answers.set(path, answer);
    if (this.#answers.size > maxAnswers) {
      const oldest = this.#answers.keys().next();
      if (!oldest.done) this.#answers.delete(oldest.value);
    }
    return owner;
  }

  async #ask(path: string): Promise<OwningPackage | undefined> {
    return (await this.#dpkg.ownerOf(path)) ?? (await this.#rpm.ownerOf(path));
  }
}
