/** Facts from the rows that the store keeps of processes. */
import { type Container, type FieldValue, type StoredProcess, storedCapabilities } from '@redoubt/model';
import { type ExecutableFile, executableFile, type OwningPackage } from '../process/image.ts';
import type { FactsSource, ProcessFacts } from './facts.ts';

/**
 * Finds the row of a process: of its images the last whose `exec_time` is not after `time`, or else the first.
 * @param time milliseconds since the Unix epoch
 */
export type ProcessLookup = (uid: string, time: number) => StoredProcess | undefined;

/** What facts of stored processes are made from. */
export class RowSource implements FactsSource {
  readonly bootEpoch: number;
  readonly lookup: ProcessLookup;

  constructor(bootEpoch: number, lookup: ProcessLookup) {
    this.bootEpoch = bootEpoch;
    this.lookup = lookup;
  }

  factsAt(pid: number, startTicks: number, time: number): ProcessFacts | undefined {
    const epoch = this.bootEpoch + time;
    const row = this.lookup(`${pid}:${startTicks}`, epoch);
    if (row === undefined) return undefined;
    const early = row.exec_time !== undefined && row.exec_time > epoch + rounding;
    return new RowFacts(early ? beforeExec(row, this.lookup) : row, this.lookup, epoch);
  }

  /** Rows are found by identity only, so a bare pid tells nothing. */
  newest(): undefined {
    return undefined;
  }
}

/** What was worked out from a row before: many events are of the same process. */
interface Worked {
  readonly file: ExecutableFile;
  readonly derived: Map<unknown, FieldValue>;
}

const worked = new WeakMap<StoredProcess, Worked>();

function workedOutOf(row: StoredProcess): Worked {
  let known = worked.get(row);
  if (known === undefined) {
    const file = executableFile(row.exe ?? '', {});
    file.isDeleted = row.deleted ?? false;
    file.isMemfd = row.memfd ?? false;
    known = { file, derived: new Map() };
    worked.set(row, known);
  }
  return known;
}

/** Milliseconds by which the same instant may differ when it is computed in two ways. */
const rounding = 0.001;

/** Facts of one row. */
export class RowFacts implements ProcessFacts {
  readonly #row: StoredProcess;
  readonly #lookup: ProcessLookup;
  readonly #at: number;

  /** @param at moment that the facts are told of, milliseconds since the Unix epoch */
  constructor(row: StoredProcess, lookup: ProcessLookup, at: number) {
    this.#row = row;
    this.#lookup = lookup;
    this.#at = at;
  }

  get uid(): string {
    return this.#row.uid;
  }

  get pid(): number {
    return this.#row.pid;
  }

  get name(): string {
    return this.#row.name;
  }

  get commandLine(): string {
    return this.#row.cmd_line ?? '';
  }

  get workingDirectory(): string {
    return this.#row.cwd ?? '';
  }

  get file(): ExecutableFile {
    return workedOutOf(this.#row).file;
  }

  get derived(): Map<unknown, FieldValue> {
    return workedOutOf(this.#row).derived;
  }

  get sha256(): string | undefined {
    return this.#row.sha256;
  }

  get package(): OwningPackage | undefined {
    const owner = this.#row.package;
    if (owner === undefined || (owner.type !== 'dpkg' && owner.type !== 'rpm')) return undefined;
    return { name: owner.name, version: owner.version ?? '', type: owner.type, architecture: '' };
  }

  get userId(): number | undefined {
    return this.#row.user_id;
  }

  get effectiveUserId(): number | undefined {
    return this.#row.euid;
  }

  get groupId(): number | undefined {
    return this.#row.gid;
  }

  get effectiveGroupId(): number | undefined {
    return this.#row.egid;
  }

  get loginUserId(): number | undefined {
    return this.#row.auid;
  }

  get sessionId(): number | undefined {
    return this.#row.session;
  }

  get terminal(): string {
    return this.#row.tty ?? '';
  }

  /** Rows keep no environment; an exec record has it. */
  get environment(): readonly string[] {
    return [];
  }

  get capabilities(): readonly string[] {
    return storedCapabilities(this.#row.capabilities);
  }

  get namespacePid(): undefined {
    return undefined;
  }

  get container(): Container | undefined {
    return this.#row.container;
  }

  get createdTime(): number {
    return Math.floor(this.#row.start_time);
  }

  get terminatedTime(): number | undefined {
    const { end_time } = this.#row;
    return end_time === undefined || this.#isLater(end_time) ? undefined : Math.floor(end_time);
  }

  get exitCode(): number | undefined {
    return this.#isLater(this.#row.end_time ?? 0) ? undefined : this.#row.exit_code;
  }

  userName(userId: number | undefined): string | undefined {
    return userId === this.#row.user_id ? this.#row.user_name : undefined;
  }

  /** Rows keep no group names. */
  groupName(): undefined {
    return undefined;
  }

  launcher(): ProcessFacts | undefined {
    const { uid, image, exec_time } = this.#row;
    const parent = this.parent();
    if (image === 0 || exec_time === undefined) return parent;
    // Just before the exec the same process ran its earlier program, if that one has a row.
    const before = this.#lookup(uid, exec_time - 0.002);
    if (before === undefined || before.image >= image) return parent;
    // The first program of a forked process is its parent's, which says more about who launched it.
    const inherited = before.image === 0 && before.exe === parent?.file.path;
    return inherited ? parent : this.#of(before);
  }

  parent(): ProcessFacts | undefined {
    const { parent_uid, start_time } = this.#row;
    return parent_uid === undefined ? undefined : this.#of(this.#lookup(parent_uid, start_time));
  }

  #isLater(time: number): boolean {
    return time > this.#at + rounding;
  }

  #of(row: StoredProcess | undefined): ProcessFacts | undefined {
    return row && new RowFacts(row, this.#lookup, this.#at);
  }
}

/** A process before its first exec, of which no row is kept: it ran what its parent ran when it forked. */
function beforeExec(row: StoredProcess, lookup: ProcessLookup): StoredProcess {
  const parent = row.parent_uid === undefined ? undefined : lookup(row.parent_uid, row.start_time);
  const { uid, boot_id, pid, start_time, parent_uid, end_time, exit_code } = row;
  const own = { uid, boot_id, pid, start_time, image: 0 };
  return {
    ...(parent ?? { name: '' }),
    ...own,
    ...(parent_uid === undefined ? {} : { parent_uid }),
    ...(end_time === undefined ? {} : { end_time }),
    ...(exit_code === undefined ? {} : { exit_code }),
  };
}
