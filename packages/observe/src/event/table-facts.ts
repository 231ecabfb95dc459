/** Facts from the live process table. */
import { type Container, capabilityNames, type FieldValue } from '@redoubt/model';
import type { Accounts } from '../enrich/accounts.ts';
import type { ExecutableFile, OwningPackage, ProcessImage } from '../process/image.ts';
import { type LineageStep, launcherOf, parentOf } from '../process/lineage.ts';
import type { ProcessTable } from '../process/table.ts';
import type { TrackedProcess } from '../process/tracked.ts';
import type { BootClock } from '../sensor/boot-clock.ts';
import type { FactsSource, ProcessFacts } from './facts.ts';

/** An id that is not known. */
const unknownId = 0xffffffff;

const idOf = (id: number): number | undefined => (id === unknownId ? undefined : id);

/** Processes whose derived facts are kept at a time. */
const derivedLimit = 1024;

/** Facts that were worked out of a process while it ran one of its programs. */
interface Derived {
  readonly image: ProcessImage;
  readonly values: Map<unknown, FieldValue>;
}

/** What facts of live processes are made from. */
export class TableSource implements FactsSource {
  readonly table: ProcessTable;
  readonly accounts: Accounts;
  readonly #clock: BootClock;
  readonly #derived = new Map<TrackedProcess, Derived>();
  #derivedAt = -1;

  constructor(table: ProcessTable, accounts: Accounts, clock: BootClock) {
    this.table = table;
    this.accounts = accounts;
    this.#clock = clock;
  }

  get bootEpoch(): number {
    return this.#clock.bootEpoch;
  }

  factsAt(pid: number, startTicks: number, time: number): ProcessFacts | undefined {
    const process = this.table.find(pid, startTicks);
    return process && new TableFacts(this, process, process.imageAt(time), time);
  }

  newest(pid: number, time: number): ProcessFacts | undefined {
    const process = this.table.newest(pid);
    return process && new TableFacts(this, process, process.imageAt(time), time);
  }

  /** Where facts are kept that hold as long as no process changes. */
  derivedOf(process: TrackedProcess, image: ProcessImage): Map<unknown, FieldValue> {
    if (this.#derivedAt !== this.table.changes || this.#derived.size >= derivedLimit) {
      this.#derivedAt = this.table.changes;
      this.#derived.clear();
    }
    let derived = this.#derived.get(process);
    if (derived?.image !== image) {
      derived = { image, values: new Map() };
      this.#derived.set(process, derived);
    }
    return derived.values;
  }

  /** Facts of a process while it ran one of its programs, as they are known now. */
  factsOf(process: TrackedProcess, image: ProcessImage): ProcessFacts {
    return new TableFacts(this, process, image, Number.POSITIVE_INFINITY);
  }
}

class TableFacts implements ProcessFacts {
  readonly #source: TableSource;
  readonly #process: TrackedProcess;
  readonly #image: ProcessImage;
  readonly #at: number;

  constructor(source: TableSource, process: TrackedProcess, image: ProcessImage, at: number) {
    this.#at = at;
    this.#source = source;
    this.#process = process;
    this.#image = image;
  }

  get uid(): string {
    return this.#process.uid;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get name(): string {
    return this.#image.name;
  }

  get commandLine(): string {
    return this.#image.commandLine;
  }

  get workingDirectory(): string {
    return this.#image.workingDirectory;
  }

  get file(): ExecutableFile {
    return this.#image.file;
  }

  get sha256(): string | undefined {
    return this.#image.sha256;
  }

  get package(): OwningPackage | undefined {
    return this.#image.package ?? undefined;
  }

  get userId(): number | undefined {
    return idOf(this.#process.context.credentials.userId);
  }

  get effectiveUserId(): number | undefined {
    return idOf(this.#process.context.credentials.effectiveUserId);
  }

  get groupId(): number | undefined {
    return idOf(this.#process.context.credentials.groupId);
  }

  get effectiveGroupId(): number | undefined {
    return idOf(this.#process.context.credentials.effectiveGroupId);
  }

  get loginUserId(): number | undefined {
    return this.#process.context.loginUserId;
  }

  get sessionId(): number | undefined {
    return this.#process.context.sessionId || undefined;
  }

  get terminal(): string {
    return this.#process.context.terminal;
  }

  get environment(): readonly string[] {
    return this.#image.environment;
  }

  get capabilities(): readonly string[] {
    return capabilityNames(this.#process.context.credentials.capabilities);
  }

  get namespacePid(): number | undefined {
    return this.#process.context.namespacePid || undefined;
  }

  get container(): Container | undefined {
    return this.#process.context.container;
  }

  get createdTime(): number {
    return Math.floor(this.#source.bootEpoch + this.#process.createdTime);
  }

  get terminatedTime(): number | undefined {
    const time = this.#process.terminatedTime;
    if (time === undefined || time > this.#at) return undefined;
    return Math.floor(this.#source.bootEpoch + time);
  }

  get exitCode(): number | undefined {
    return (this.#process.terminatedTime ?? 0) > this.#at ? undefined : this.#process.exitCode;
  }

  get derived(): Map<unknown, FieldValue> {
    return this.#source.derivedOf(this.#process, this.#image);
  }

  userName(userId: number | undefined): string | undefined {
    if (userId === undefined || this.container !== undefined) return undefined;
    return this.#source.accounts.userName(userId);
  }

  groupName(groupId: number | undefined): string | undefined {
    if (groupId === undefined || this.container !== undefined) return undefined;
    return this.#source.accounts.groupName(groupId);
  }

  launcher(): ProcessFacts | undefined {
    return this.#step(launcherOf(this.#process, this.#image));
  }

  parent(): ProcessFacts | undefined {
    return this.#step(parentOf(this.#process));
  }

  #step(step: LineageStep | undefined): ProcessFacts | undefined {
    return step && new TableFacts(this.#source, step.process, step.image, this.#at);
  }
}
