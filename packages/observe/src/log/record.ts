/** What every log becomes: records with the source's own names, which can say themselves in OCSF. */
import type { Event, EventKind, EventView, FieldValue } from '@redoubt/model';
import { valueAt } from '@redoubt/model';

/** Names of the formats that can be read. */
export const logFormats = [
  'jsonl',
  'ecs',
  'ocsf',
  'winlogbeat',
  'evtx',
  'windows-xml',
  'auditd',
  'syslog',
  'journald-export',
  'journald-json',
  'web-access',
  'nginx-error',
  'apache-error',
  'modsecurity',
  'modsecurity-json',
  'suricata-eve',
  'zeek',
  'zeek-json',
  'kubernetes-audit',
  'cloudtrail',
  'actiontrail',
  'vpc-flow',
  'postgresql',
  'postgresql-csv',
  'postgresql-json',
  'mysql-error',
  'mysql-general',
  'mysql-slow',
  'vsftpd',
] as const;

/** Name of a format that can be read. */
export type LogFormat = (typeof logFormats)[number];

/** Where a record comes from, in the terms that Sigma rules are routed by. */
export interface Logsource {
  readonly product: string;
  readonly category?: string;
  readonly service?: string;
  /** Windows event channel. */
  readonly channel?: string;
  /** Windows event id. */
  readonly eventId?: number;
  /** Kind of event, of records in a common schema (OCSF, ECS) whose field names are not those of a source. */
  readonly kind?: EventKind;
  /** Wider categories and services under which rules may also ask for this record, e.g. `auth` for `sshd`. */
  readonly also?: readonly string[];
}

/** The record's own names and values: flat, or nested as the source nests. */
export type LogFields = Record<string, unknown>;

/** Where in the source a record began. Offsets count decompressed bytes, lines begin at 1. */
export interface Place {
  readonly offset: number;
  readonly line: number;
}

/** A part of a log that could not be read. It is reported and counted, never passed over in silence. */
export interface LogDamage extends Place {
  readonly name: string;
  readonly reason: string;
  /** How many bytes were passed over. */
  readonly skipped: number;
}

/** What {@link LogRecordInit.peek} says where only the event can tell. */
export const notTold = Symbol('not told');

/** What a format's parser knows of a record. A parser may work out any of it when it is first asked for. */
export interface LogRecordInit {
  readonly format: LogFormat;
  readonly name: string;
  readonly logsource: Logsource;
  /** Event time, milliseconds since the Unix epoch; NaN when the record carries none. */
  readonly time: number;
  readonly fields: LogFields;
  readonly parts?: readonly LogFields[];
  readonly place: Place;
  /** Says the record in OCSF. */
  mapper(record: LogRecord): Event;
  /**
   * An attribute of the event that `mapper` would make, told without making it: who looks at millions of records asks
   * for a few attributes of each. `undefined` says that there is none; {@link notTold}, that only the event can tell.
   * The kind is told under `metadata.event_code`.
   */
  peek?(path: string): FieldValue | typeof notTold;
}

/**
 * One log record. It is an `EventView` too: `kind`, `get` and `toEvent` speak OCSF and are worked out when
 * first asked for, while `fields` and `field` hold the source's own names, as Sigma rules expect them.
 */
export class LogRecord implements EventView {
  /** Event time as the source states it, milliseconds since the Unix epoch. */
  readonly time: number;
  /** When the record carries no time of its own, the time at which it was read. */
  readonly timeIsReceiveTime: boolean;
  /** When the collector received the record, milliseconds since the Unix epoch. */
  receivedTime: number | undefined;
  readonly #init: LogRecordInit;
  #event: Event | undefined;

  constructor(init: LogRecordInit) {
    this.#init = init;
    this.timeIsReceiveTime = Number.isNaN(init.time);
    this.time = this.timeIsReceiveTime ? Date.now() : init.time;
  }

  get format(): LogFormat {
    return this.#init.format;
  }

  /** Name of the source, as given to the reader. */
  get name(): string {
    return this.#init.name;
  }

  get logsource(): Logsource {
    return this.#init.logsource;
  }

  get fields(): LogFields {
    return this.#init.fields;
  }

  /** The single lines that were joined into this record (auditd), each with its own fields. */
  get parts(): readonly LogFields[] | undefined {
    return this.#init.parts;
  }

  get place(): Place {
    return this.#init.place;
  }

  get kind(): EventKind {
    return this.get('metadata.event_code') as EventKind;
  }

  /** The value under the source's own name: a field of exactly that name, else a dotted path. */
  field(name: string): FieldValue {
    const { fields } = this;
    if (Object.hasOwn(fields, name)) {
      const value = fields[name];
      if (typeof value !== 'object' || value === null) return value as FieldValue;
    }
    return valueAt(fields, name);
  }

  /** The value at an OCSF attribute path. */
  get(path: string): FieldValue {
    if (this.#event === undefined && this.#init.peek !== undefined) {
      const told = this.#init.peek(path);
      if (told !== notTold) return told;
    }
    return valueAt(this.toEvent(), path);
  }

  /** The record as a plain OCSF event. */
  toEvent(): Event {
    if (this.#event === undefined) {
      this.#event = this.#init.mapper(this);
      if (this.receivedTime !== undefined) this.#event.metadata.logged_time = this.receivedTime;
    }
    return this.#event;
  }
}

/**
 * Sets a field by a name that the log chose. A plain assignment would let the name `__proto__` change the
 * object itself.
 */
export function setField(fields: LogFields, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(fields, name, { value, enumerable: true, writable: true, configurable: true });
  } else fields[name] = value;
}

/** Adds a value to a field; a name that comes more than once holds a list. */
export function addField(fields: LogFields, name: string, value: unknown): void {
  if (!Object.hasOwn(fields, name)) {
    setField(fields, name, value);
    return;
  }
  const before = fields[name];
  if (Array.isArray(before)) before.push(value);
  else setField(fields, name, [before, value]);
}
