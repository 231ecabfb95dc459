/**
 * The firmware's event log in the crypto-agile format, and its replay. Source: TCG PC Client Platform Firmware Profile
 * 1.05, chapter 10; Linux shows it in /sys/kernel/security/tpm0/binary_bios_measurements.
 */
import { createHash } from 'node:crypto';
import { type Bank, bankOf, digestSize } from './algorithms.ts';
import { BootDataError, Cursor } from './cursor.ts';

/** One measurement. */
export interface BootEvent {
  readonly pcr: number;
  readonly type: number;
  readonly digests: Readonly<Partial<Record<Bank, string>>>;
  readonly data: Buffer;
}

/** A log. `legacy`: SHA-1 alone, as before TPM 2.0. */
export interface EventLog {
  readonly events: readonly BootEvent[];
  readonly banks: readonly Bank[];
  readonly legacy: boolean;
}

/** Bounds: firmware logs hold some hundred events in some ten kilobytes. */
export const logLimits = {
  bytes: 16 * 1024 * 1024,
  events: 65_536,
  digests: 16,
  eventBytes: 4 * 1024 * 1024,
} as const;

export const eventType = {
  noAction: 3,
  separator: 4,
  ipl: 13,
  efiVariableDriverConfig: 0x80000001,
  efiVariableBoot: 0x80000002,
  efiBootApplication: 0x80000003,
} as const;

const typeNames: Readonly<Record<number, string>> = {
  0: 'EV_PREBOOT_CERT',
  1: 'EV_POST_CODE',
  3: 'EV_NO_ACTION',
  4: 'EV_SEPARATOR',
  5: 'EV_ACTION',
  6: 'EV_EVENT_TAG',
  7: 'EV_S_CRTM_CONTENTS',
  8: 'EV_S_CRTM_VERSION',
  9: 'EV_CPU_MICROCODE',
  10: 'EV_PLATFORM_CONFIG_FLAGS',
  11: 'EV_TABLE_OF_DEVICES',
  12: 'EV_COMPACT_HASH',
  13: 'EV_IPL',
  14: 'EV_IPL_PARTITION_DATA',
  15: 'EV_NONHOST_CODE',
  2147483649: 'EV_EFI_VARIABLE_DRIVER_CONFIG',
  2147483650: 'EV_EFI_VARIABLE_BOOT',
  2147483651: 'EV_EFI_BOOT_SERVICES_APPLICATION',
  2147483652: 'EV_EFI_BOOT_SERVICES_DRIVER',
  2147483653: 'EV_EFI_RUNTIME_SERVICES_DRIVER',
  2147483654: 'EV_EFI_GPT_EVENT',
  2147483655: 'EV_EFI_ACTION',
  2147483656: 'EV_EFI_PLATFORM_FIRMWARE_BLOB',
  2147483657: 'EV_EFI_HANDOFF_TABLES',
  2147483658: 'EV_EFI_PLATFORM_FIRMWARE_BLOB2',
  2147483659: 'EV_EFI_HANDOFF_TABLES2',
  2147483660: 'EV_EFI_VARIABLE_BOOT2',
  2147483872: 'EV_EFI_VARIABLE_AUTHORITY',
};

/** The name of an event type, as the standard has it. */
export function eventTypeName(type: number): string {
  return typeNames[type] ?? `0x${type.toString(16)}`;
}

const specId = Buffer.from('Spec ID Event03\0', 'latin1');
const locality = Buffer.from('StartupLocality\0', 'latin1');

function legacyEvent(cursor: Cursor): BootEvent {
  const pcr = cursor.u32le();
  const type = cursor.u32le();
  const sha1 = cursor.take(20).toString('hex');
  return { pcr, type, digests: { sha1 }, data: dataOf(cursor) };
}

function dataOf(cursor: Cursor): Buffer {
  const size = cursor.u32le();
  if (size > logLimits.eventBytes) throw new BootDataError(`an event of ${size} bytes is too large`);
  return cursor.take(size);
}

/** Sizes of digests by algorithm, as the first event announces them. */
function sizesOf(data: Buffer): Map<number, number> {
  const cursor = new Cursor(data, specId.length + 8);
  const count = cursor.u32le();
  if (count === 0 || count > logLimits.digests)
    throw new BootDataError(`${count} algorithms cannot be right`);
  const sizes = new Map<number, number>();
  for (let index = 0; index < count; index++) {
    const algorithm = cursor.u16le();
    const size = cursor.u16le();
    const bank = bankOf(algorithm);
    if (bank !== undefined && digestSize[bank] !== size)
      throw new BootDataError(`${bank} digests of ${size} bytes`);
    sizes.set(algorithm, size);
  }
  return sizes;
}

function agileEvent(cursor: Cursor, sizes: ReadonlyMap<number, number>): BootEvent {
  const pcr = cursor.u32le();
  const type = cursor.u32le();
  const count = cursor.u32le();
  if (count > logLimits.digests)
    throw new BootDataError(`at byte ${cursor.at}: ${count} digests cannot be right`);
  const digests: Partial<Record<Bank, string>> = {};
  for (let index = 0; index < count; index++) {
    const algorithm = cursor.u16le();
    const size = sizes.get(algorithm);
    if (size === undefined)
      throw new BootDataError(
        `at byte ${cursor.at}: algorithm 0x${algorithm.toString(16)} was not announced`,
      );
    const digest = cursor.take(size).toString('hex');
    const bank = bankOf(algorithm);
    if (bank !== undefined) digests[bank] = digest;
  }
  return { pcr, type, digests, data: dataOf(cursor) };
}

/**
 * Parses an event log. Zeros after the last event (firmware reserves room) end it.
 * @throws BootDataError with the place when it is torn, too large or not a log
 */
export function parseEventLog(bytes: Buffer): EventLog {
  if (bytes.length > logLimits.bytes) throw new BootDataError(`a log of ${bytes.length} bytes is too large`);
  const cursor = new Cursor(bytes);
  const first = legacyEvent(cursor);
  const agile = first.type === eventType.noAction && first.data.subarray(0, specId.length).equals(specId);
  const sizes = agile ? sizesOf(first.data) : new Map<number, number>();
  const events: BootEvent[] = agile ? [] : [first];
  while (cursor.left > 0) {
    if (bytes.subarray(cursor.at, cursor.at + 32).every(byte => byte === 0)) break;
    if (events.length >= logLimits.events) throw new BootDataError(`more than ${logLimits.events} events`);
    events.push(agile ? agileEvent(cursor, sizes) : legacyEvent(cursor));
  }
  const banks = agile ? [...sizes.keys()].flatMap(one => bankOf(one) ?? []) : (['sha1'] as const);
  return { events, banks: [...banks], legacy: !agile };
}

/** A PCR after one more digest. */
export function extended(bank: Bank, value: Buffer, digest: Buffer): Buffer {
  return createHash(bank).update(value).update(digest).digest();
}

/** What the log says the PCRs of a bank hold: values in hexadecimal by number, for those that it measures into. */
export function replay(log: EventLog, bank: Bank): Map<number, string> {
  const values = new Map<number, Buffer>();
  const initial = (pcr: number): Buffer => Buffer.alloc(digestSize[bank], pcr >= 17 && pcr <= 22 ? 0xff : 0);
  for (const { pcr, type, digests, data } of log.events) {
    if (type === eventType.noAction) {
      // The locality that the TPM was started from is the last byte of PCR 0 (10.4.5.3).
      if (pcr === 0 && data.subarray(0, locality.length).equals(locality) && data.length > locality.length) {
        const value = initial(0);
        value[value.length - 1] = data[locality.length] ?? 0;
        values.set(0, value);
      }
      continue;
    }
    const digest = digests[bank];
    if (digest === undefined) continue;
    values.set(pcr, extended(bank, values.get(pcr) ?? initial(pcr), Buffer.from(digest, 'hex')));
  }
  return new Map(
    [...values].toSorted(([one], [other]) => one - other).map(([pcr, value]) => [pcr, value.toString('hex')]),
  );
}

/** What an event measured, in words: a variable's name, a command line, a path; empty when its data is no text. */
export function eventText({ type, data }: BootEvent): string {
  if (
    type === eventType.efiVariableDriverConfig ||
    type === eventType.efiVariableBoot ||
    type === 0x800000e0 ||
    type === 0x8000000c
  ) {
    if (data.length < 32) return '';
    const length = Number(data.readBigUInt64LE(16));
    return length > 0 && length <= 256 && 32 + length * 2 <= data.length
      ? data.toString('utf16le', 32, 32 + length * 2)
      : '';
  }
  const wide = data.length >= 4 && data.length % 2 === 0 && data[1] === 0 && data[0] !== 0;
  const text = (wide ? data.toString('utf16le') : data.toString('utf8')).replace(/\0+$/, '');
  return /^[\P{Cc}\t\n]*$/u.test(text) && !text.includes('\ufffd') ? text.slice(0, 1024) : '';
}
