/**
 * Records in a common schema (OCSF, ECS) under the names that rules have: those of host events, and those that the
 * readers of logs give to log-ins and requests.
 */
import type { EventKind, FieldValue } from '@redoubt/model';
import { own, valueAt } from '@redoubt/model';
import { type EventReader, type FieldSource, pathSource, RecordReader } from '../sigma/event.ts';
import { hostField } from './host.ts';

/** Where OCSF has what the readers of authentication and web logs name otherwise. */
const logNames: Readonly<Record<string, readonly string[]>> = {
  src_ip: ['src_endpoint.ip'],
  src_port: ['src_endpoint.port'],
  user: ['user.name'],
  actor: ['actor.user.name'],
  hostname: ['device.hostname'],
  Computer: ['device.hostname'],
  program: ['service.name', 'actor.process.name'],
  command: ['process.cmd_line'],
  auth_method: ['auth_protocol'],
  tty: ['session.terminal'],
  group: ['group.name'],
  'c-ip': ['src_endpoint.ip'],
  'cs-method': ['http_request.http_method'],
  'cs-host': ['http_request.url.hostname'],
  'cs-uri': ['http_request.url.url_string'],
  'cs-uri-stem': ['http_request.url.path'],
  'cs-uri-query': ['http_request.url.query_string'],
  'cs-user-agent': ['http_request.user_agent'],
  'cs-referer': ['http_request.referrer'],
  'sc-status': ['http_response.code'],
};

/** OCSF `status_id` in the words of the readers. */
const outcome: FieldSource = {
  key: 'outcome',
  read: event => {
    const said = event.get('outcome');
    if (said !== undefined) return said;
    const status = event.get('status_id');
    return status === 1 ? 'success' : status === 2 ? 'failure' : undefined;
  },
};

/** Where a field is found in records of a kind: under its own name first. */
export function schemaField(field: string, kind: EventKind): FieldSource {
  if (field === 'outcome') return outcome;
  const host = hostField(field, kind);
  const elsewhere = own(logNames, field);
  if (elsewhere !== undefined) return pathSource(field, ...elsewhere);
  if (host === undefined) return pathSource(field);
  return {
    key: `${field}|${host.key}`,
    read: event => event.get(field) ?? host.read(event),
  };
}

/** A record of a common schema: asked by its own names and by those of OCSF. */
export class SchemaReader implements EventReader {
  readonly time: number;
  readonly #record: RecordReader;
  readonly #toEvent: () => unknown;
  /** The record in OCSF, when it is not OCSF itself. */
  #event: unknown;

  /** @param toEvent says the record in OCSF */
  constructor(fields: Readonly<Record<string, unknown>>, time: number, toEvent: () => unknown) {
    this.time = time;
    this.#record = new RecordReader(fields, time);
    this.#toEvent = toEvent;
    if (Object.hasOwn(fields, 'class_uid')) this.#event = null;
  }

  get(path: string): FieldValue {
    const found = this.#record.get(path);
    if (found !== undefined || this.#event === null) return found;
    this.#event ??= this.#toEvent();
    return valueAt(this.#event, path);
  }

  toEvent(): unknown {
    return this.#record.toEvent();
  }
}
