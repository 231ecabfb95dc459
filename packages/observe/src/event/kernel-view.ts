/** An event over one kernel record: decoded attribute by attribute, as it is asked. */
import {
  dnsPayloadOf,
  type FileDetails,
  fileOf,
  forkOf,
  type KernelRecord,
  type NetworkDetails,
  networkOf,
  signalOf,
  tracingOf,
} from '@redoubt/kernel';
import { buildEvent, type Event, type EventKind, type EventView, type FieldValue } from '@redoubt/model';
import { type DnsMessage, parseDns } from './dns.ts';
import { type Endpoints, endpointsOf } from './endpoints.ts';
import { bareFacts, execFacts } from './exec-facts.ts';
import type { FactsSource, ProcessFacts } from './facts.ts';
import { readField } from './fields.ts';
import { eventAttributes } from './whole.ts';

/** What a missing message is remembered as, so that it is not parsed again. */
const unreadable = Symbol('unreadable');

/** A kernel event. Values that several attributes need are decoded once and kept. */
export class KernelEventView implements EventView {
  readonly record: KernelRecord;
  readonly source: FactsSource;
  #file: FileDetails | undefined;
  #path: string | undefined;
  #network: NetworkDetails | undefined;
  #endpoints: Endpoints | undefined;
  #dns: DnsMessage | typeof unreadable | undefined;
  #actor: ProcessFacts | undefined;
  #process: ProcessFacts | undefined;

  /** @param record one that no cursor moves (`retain()`) */
  constructor(record: KernelRecord, source: FactsSource) {
    this.record = record;
    this.source = source;
  }

  get kind(): EventKind {
    return this.record.kind;
  }

  get time(): number {
    return Math.floor(this.record.epochMilliseconds(this.source.bootEpoch));
  }

  get(path: string): FieldValue {
    return readField(this, path);
  }

  toEvent(): Event {
    return buildEvent(this.kind, this.time, eventAttributes(this));
  }

  /** Milliseconds since boot. */
  get bootTime(): number {
    return this.record.bootNanoseconds / 1e6;
  }

  /** The process that wrote the record, as it was then. */
  own(): ProcessFacts {
    const { record } = this;
    return (
      this.source.factsAt(record.pid, record.startTicks, this.bootTime) ?? bareFacts(record, this.source)
    );
  }

  /**
   * Who did it. For an exec: who launched the program, which is the same process with the program that it ran
   * before, or, when it was forked to exec, its parent. Else the process that wrote the record.
   */
  actor(): ProcessFacts | undefined {
    if (this.#actor !== undefined) return this.#actor;
    this.#actor = this.kind === 'process.exec' ? this.process()?.launcher() : this.own();
    return this.#actor;
  }

  /** Whether the record's user ids are those of the actor. */
  get actorIsOwn(): boolean {
    return this.kind !== 'process.exec';
  }

  /** The process that it was done to: launched, forked, ended, traced, written to, signalled. */
  process(): ProcessFacts | undefined {
    this.#process ??= this.#findProcess();
    return this.#process;
  }

  #findProcess(): ProcessFacts | undefined {
    const { record, source } = this;
    switch (this.kind) {
      case 'process.exec':
        return execFacts(record, source);
      case 'process.exit':
        return this.own();
      case 'process.fork': {
        const { childPid, childStart } = forkOf(record);
        return source.factsAt(childPid, Math.floor(childStart / 1e7), this.bootTime);
      }
      case 'process.signal': {
        const { targetPid, targetStart } = signalOf(record);
        return source.factsAt(targetPid, Math.floor(targetStart / 1e7), this.bootTime);
      }
      case 'process.ptrace':
      case 'process.vm_write':
        return source.newest(tracingOf(record).targetPid, this.bootTime);
      default:
        return undefined;
    }
  }

  /** What a `file.*` record says; undefined for other kinds. */
  file(): FileDetails | undefined {
    if (this.#file === undefined && this.kind.startsWith('file.')) this.#file = fileOf(this.record);
    return this.#file;
  }

  /** Path of the file that a `file.*` event is about. */
  filePath(): string | undefined {
    this.#path ??= this.file()?.path;
    return this.#path;
  }

  /** Addresses of a `network.*` or `dns.*` record; undefined for other kinds. */
  network(): NetworkDetails | undefined {
    const { kind } = this;
    if (this.#network === undefined && (kind.startsWith('network.') || kind.startsWith('dns.'))) {
      this.#network = networkOf(this.record);
    }
    return this.#network;
  }

  /** Which end of a `network.*` or `dns.*` event is the source; undefined for other kinds. */
  endpoints(): Endpoints | undefined {
    if (this.#endpoints === undefined) {
      const details = this.network();
      if (details !== undefined) this.#endpoints = endpointsOf(this.kind, details);
    }
    return this.#endpoints;
  }

  /** The message of a `dns.*` record, as far as it can be read. */
  dns(): DnsMessage | undefined {
    if (this.#dns === undefined) {
      const payload = this.kind.startsWith('dns.') ? dnsPayloadOf(this.record) : undefined;
      this.#dns = (payload && parseDns(payload)) ?? unreadable;
    }
    return this.#dns === unreadable ? undefined : this.#dns;
  }
}
