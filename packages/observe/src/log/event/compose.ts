/** Parts that the formats make OCSF events of. */
import {
  buildEvent,
  type Device,
  type Endpoint,
  type Event,
  type EventKind,
  type User,
} from '@redoubt/model';
import type { LogRecord } from '../record.ts';

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Leaves out the members that are undefined: OCSF attributes are absent, not empty. */
export function present<T extends object>(parts: T): Partial<Defined<T>> {
  const kept: Partial<Defined<T>> = {};
  for (const name of Object.keys(parts) as (keyof T)[]) {
    const value = parts[name];
    if (value !== undefined) kept[name] = value as Exclude<T[keyof T], undefined>;
  }
  return kept;
}

/** Text of a scalar that says something: not empty and not the `-` of logs. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return typeof value === 'string' && value !== '' && value !== '-' ? value : undefined;
}

/** A non-negative whole number, from a number or decimal text. */
export function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** An address; IPv4-mapped IPv6 addresses become IPv4. */
export function addressOf(ip: unknown): string | undefined {
  const text = textOf(ip);
  return text?.startsWith('::') === true ? text.replace(/^::ffff:(?=\d+\.)/i, '') : text;
}

/** An endpoint, or undefined when nothing is known of it. */
export function endpointOf(ip: unknown, port?: unknown, hostname?: unknown): Endpoint | undefined {
  const parts = present({ ip: addressOf(ip), port: wholeOf(port), hostname: textOf(hostname) });
  return Object.keys(parts).length === 0 ? undefined : parts;
}

/** A user, or undefined when neither name nor id is known. */
export function userOf(name: unknown, uid?: unknown): User | undefined {
  const parts = present({ name: textOf(name), uid: textOf(uid) });
  return Object.keys(parts).length === 0 ? undefined : parts;
}

/** A device by its host name. */
export function deviceOf(hostname: unknown, os: 'linux' | 'windows' | undefined): Device | undefined {
  const name = textOf(hostname);
  if (name === undefined) return undefined;
  const device: Device = { hostname: name, type_id: 0 };
  if (os !== undefined)
    device.os = { name: os === 'linux' ? 'Linux' : 'Windows', type_id: os === 'linux' ? 200 : 100 };
  return device;
}

/**
 * An event made from a record. All of the record's own fields stand in `unmapped`.
 * @param product name and vendor of what wrote the log
 */
export function logEvent(
  record: LogRecord,
  kind: EventKind,
  product: { name: string; vendor_name: string },
  attributes: object,
): Event {
  return buildEvent(kind, record.time, {
    metadata: { version: '1.6.0', product, event_code: kind, log_name: record.name },
    ...(present(attributes) as Partial<Event>),
    unmapped: record.fields,
  });
}

const methodActivities: Record<string, readonly [number, string]> = {
  CONNECT: [1, 'Connect'],
  DELETE: [2, 'Delete'],
  GET: [3, 'Get'],
  HEAD: [4, 'Head'],
  OPTIONS: [5, 'Options'],
  POST: [6, 'Post'],
  PUT: [7, 'Put'],
  TRACE: [8, 'Trace'],
  PATCH: [9, 'Patch'],
};

/** The OCSF activity of an HTTP method. */
export function methodActivity(method: string | undefined): {
  activity_id: number;
  activity_name: string;
  type_uid: number;
} {
  const [activity_id, activity_name] = methodActivities[method?.toUpperCase() ?? ''] ?? [99, 'Other'];
  return { activity_id, activity_name, type_uid: 4002 * 100 + activity_id };
}

/**
 * The OCSF API activity of a cloud operation, judged by whether it only reads and by its verb.
 * @param readOnly what the source says of it, when it does
 */
export function apiActivity(
  operation: string,
  readOnly: unknown,
): { activity_id: number; activity_name: string; type_uid: number } {
  const [activity_id, activity_name] =
    readOnly === true || readOnly === 'true' || /^(?:Get|List|Describe|Head|Query|Lookup)/.test(operation)
      ? [2, 'Read']
      : /^(?:Create|Run|Put|Add|Import|Allocate|Register|Upload)/.test(operation)
        ? [1, 'Create']
        : /^(?:Delete|Remove|Terminate|Release|Deregister)/.test(operation)
          ? [4, 'Delete']
          : /^(?:Update|Modify|Set|Attach|Detach|Change|Enable|Disable|Authorize|Revoke)/.test(operation)
            ? [3, 'Update']
            : [99, 'Other'];
  return { activity_id, activity_name, type_uid: 6003 * 100 + activity_id };
}
