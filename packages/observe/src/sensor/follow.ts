/** Feeding the process table from kernel records. */
import {
  capabilitiesOf,
  credentialsOf,
  deviceName,
  type ExecDetails,
  execOf,
  exitOf,
  type KernelRecord,
  Numbers,
  RecordCursor,
  Section,
} from '@redoubt/kernel';
import type { Container, EventKind } from '@redoubt/model';
import { containerOfCgroup } from '../enrich/cgroup.ts';
import type { FileVersion } from '../enrich/hasher.ts';
import { commandLineLimit, type ProcessImage, unknownImage } from '../process/image.ts';
import { adoptFromProc } from '../process/reconcile.ts';
import { type ProcessTable, unknownContext } from '../process/table.ts';
import type { ProcessContext, TrackedProcess } from '../process/tracked.ts';
import { WalkedPaths } from './walked-paths.ts';

/** What walking a batch found. Times are milliseconds since boot. */
export interface BatchSummary {
  count: number;
  firstTime: number;
  lastTime: number;
  kinds: Set<EventKind>;
}

/** Told about each program that began, so that its executable can be looked at. */
export type OnExec = (process: TrackedProcess, image: ProcessImage, version: FileVersion) => void;

/** Read one by one: a fork is decoded for every process of the host. */
const forkNumbers = {
  pid: Numbers.fork.indexOf('childPid'),
  start: Numbers.fork.indexOf('childStart'),
  namespacePid: Numbers.fork.indexOf('childNamespacePid'),
};
const execNumbers = {
  inode: Numbers.exec.indexOf('inode'),
  device: Numbers.exec.indexOf('device'),
  mode: Numbers.exec.indexOf('mode'),
  ownerId: Numbers.exec.indexOf('ownerUid'),
  size: Numbers.exec.indexOf('size'),
  links: Numbers.exec.indexOf('links'),
};
const modifiedNumber = Numbers.exec.indexOf('modified');
const changedNumber = Numbers.exec.indexOf('changed');
const ticksOf = (nanoseconds: number): number => Math.floor(nanoseconds / 1e7);

/** Unknown actors that are looked up in /proc for one batch; each takes about 0.1 ms. */
const lookupsPerBatch = 64;

/** Containers remembered by cgroup path. */
const maxCgroups = 4096;

/** Applies the process records of a batch to the table, and makes sure that every actor is in it. */
export class TableFollower {
  readonly #table: ProcessTable;
  readonly #now: () => number;
  readonly #onExec: OnExec;
  readonly #paths = new WalkedPaths();
  readonly #devices = new Map<number, string>();
  readonly #containers = new Map<string, Container | undefined>();
  #lookupsLeft = 0;
  /** Actors that were in no record and no longer in /proc. */
  unknownActors = 0;

  constructor(table: ProcessTable, now: () => number, onExec: OnExec) {
    this.#table = table;
    this.#now = now;
    this.#onExec = onExec;
  }

  /**
   * Walks a batch once.
   * @throws RecordError when the batch is torn
   */
  follow(records: Uint8Array): BatchSummary {
    const cursor = new RecordCursor(records);
    const { record } = cursor;
    const summary = {
      count: 0,
      firstTime: Number.POSITIVE_INFINITY,
      lastTime: 0,
      kinds: new Set<EventKind>(),
    };
    this.#lookupsLeft = lookupsPerBatch;
    let lastKind = -1;
    let lastPid = -1;
    while (cursor.next()) {
      const time = record.bootNanoseconds / 1e6;
      if (time < summary.firstTime) summary.firstTime = time;
      if (time > summary.lastTime) summary.lastTime = time;
      summary.count++;
      const { kindNumber, pid } = record;
      if (kindNumber !== lastKind) {
        summary.kinds.add(record.kind);
        lastKind = kindNumber;
      }
      if (kindNumber <= lastProcessNumber) {
        this.#apply(record, time);
        lastPid = -1;
      } else if (pid !== lastPid) {
        this.#actor(record, time);
        lastPid = pid;
      }
    }
    return summary;
  }

  #apply(record: KernelRecord, time: number): void {
    const actor = this.#actor(record, time);
    switch (record.kind) {
      case 'process.fork': {
        const childPid = record.number(forkNumbers.pid) ?? 0;
        const childStart = record.number(forkNumbers.start) ?? 0;
        const childNamespacePid = record.number(forkNumbers.namespacePid) ?? 0;
        const child = this.#table.fork(childPid, ticksOf(childStart), time, actor, record.pid);
        if (childNamespacePid !== 0 && childNamespacePid !== childPid) {
          this.#table.setContext(child, { ...child.context, namespacePid: childNamespacePid });
        }
        break;
      }
      case 'process.exec':
        if (actor !== undefined) this.#exec(actor, record, time);
        break;
      case 'process.exit':
        if (actor !== undefined) this.#table.exit(actor, time, exitOf(record).exitCode);
        break;
      case 'process.set_id':
        if (actor !== undefined && record.result >= 0) this.#setId(actor, record);
        break;
      case 'process.capset':
        if (actor !== undefined && record.result >= 0) {
          const capabilities = capabilitiesOf(record).effective;
          const credentials = { ...actor.context.credentials, capabilities };
          this.#table.setContext(actor, { ...actor.context, credentials });
        }
        break;
      default:
    }
  }

  /** The process of a record. One that the table does not know is looked up, or entered as unknown. */
  #actor(record: KernelRecord, time: number): TrackedProcess | undefined {
    const { pid, startTicks } = record;
    if (pid === 0) return undefined;
    const known = this.#table.find(pid, startTicks);
    if (known !== undefined) return known;
    if (this.#lookupsLeft > 0) {
      this.#lookupsLeft--;
      const found = adoptFromProc(this.#table, '/proc', pid, { now: this.#now });
      if (found?.startTicks === startTicks) return found;
    }
    this.unknownActors++;
    const context: ProcessContext = {
      ...unknownContext,
      credentials: {
        ...unknownContext.credentials,
        userId: record.uid,
        effectiveUserId: record.euid,
      },
    };
    return this.#table.adopt(pid, startTicks, startTicks * 10, undefined, 0, unknownImage(time), context);
  }

  #exec(process: TrackedProcess, record: KernelRecord, time: number): void {
    const exec = execOf(record);
    this.#adoptParent(process, record);
    const image = this.#imageOf(exec, record, time);
    this.#table.exec(process, image, this.#contextOf(exec, record, process));
    this.#onExec(process, image, {
      device: image.file.device,
      inode: BigInt(image.file.inode),
      modified: record.bigNumber(modifiedNumber) ?? 0n,
      changed: record.bigNumber(changedNumber) ?? 0n,
      size: BigInt(image.file.size ?? 0),
    });
  }

  #imageOf(exec: ExecDetails, record: KernelRecord, time: number): ProcessImage {
    const path = this.#paths.of(record, Section.path) ?? '';
    const unlinked = (record.number(execNumbers.links) ?? 0) === 0;
    const isMemfd = unlinked && path.startsWith('/memfd:');
    const environment = record.text(Section.environment) ?? '';
    return {
      since: time,
      source: 'exec',
      name: exec.command ?? '',
      commandLine: exec.commandLine.slice(0, commandLineLimit),
      file: {
        path,
        inode: record.number(execNumbers.inode) ?? 0,
        device: this.#deviceName(record.number(execNumbers.device) ?? 0),
        mode: record.number(execNumbers.mode) ?? 0,
        ownerId: record.number(execNumbers.ownerId),
        size: record.number(execNumbers.size),
        isDeleted: unlinked && !isMemfd,
        isMemfd,
      },
      workingDirectory: this.#paths.of(record, Section.workingDirectory) ?? '',
      environment: environment === '' ? noEnvironment : environment.replace(/\0$/, '').split('\0'),
    };
  }

  /** A host has few devices; each is spelled once. */
  #deviceName(device: number): string {
    let name = this.#devices.get(device);
    if (name === undefined) {
      name = deviceName(device);
      if (this.#devices.size < 1024) this.#devices.set(device, name);
    }
    return name;
  }

  /** An exec record names the parent; it repairs an ancestry whose fork record was lost. */
  #adoptParent(process: TrackedProcess, record: KernelRecord): void {
    if (process.parent !== undefined) return;
    const parentPid = record.number(0) ?? 0;
    const parent = this.#table.find(parentPid, ticksOf(record.number(1) ?? 0));
    if (parent !== undefined && parent !== process) {
      this.#table.fork(process.pid, process.startTicks, process.createdTime, parent);
    }
  }

  #contextOf(exec: ExecDetails, record: KernelRecord, process: TrackedProcess): ProcessContext {
    const { namespacePid, terminal } = exec;
    const cgroup = this.#paths.of(record, Section.cgroup);
    return {
      credentials: {
        userId: record.uid,
        effectiveUserId: record.euid,
        groupId: exec.gid,
        effectiveGroupId: exec.egid,
        capabilities: exec.capabilities,
      },
      loginUserId: exec.loginUid,
      sessionId: exec.sessionId ?? 0,
      // The kernel's name of a pseudo terminal has no slash: "pts0".
      terminal: (terminal ?? '').replace(/^pts(\d)/, 'pts/$1'),
      cgroupId: exec.cgroupId,
      container: cgroup === undefined ? process.context.container : this.#containerOf(cgroup, process),
      namespacePid: namespacePid === record.pid ? 0 : namespacePid,
    };
  }

  #containerOf(cgroup: string, process: TrackedProcess): Container | undefined {
    // Hosts with both cgroup versions keep containers in v1, where the record's path is only the v2 root.
    if (cgroup === '/') return process.context.container;
    if (this.#containers.has(cgroup)) return this.#containers.get(cgroup);
    const container = containerOfCgroup(cgroup);
    if (this.#containers.size >= maxCgroups) this.#containers.clear();
    this.#containers.set(cgroup, container);
    return container;
  }

  #setId(process: TrackedProcess, record: KernelRecord): void {
    const { uid, euid, gid, egid } = credentialsOf(record);
    const { context } = process;
    const ids = { userId: uid, effectiveUserId: euid, groupId: gid, effectiveGroupId: egid };
    this.#table.setContext(process, { ...context, credentials: { ...context.credentials, ...ids } });
  }
}

const noEnvironment: readonly string[] = [];

/** Highest number of the kinds that change the table: fork, exec, exit, …, capset stand first. */
const lastProcessNumber = 7;
