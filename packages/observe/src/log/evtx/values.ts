/** Values of Windows binary XML ([MS-EVEN6] 2.2.12 to 2.2.17) as text or numbers. */

/** Types of values. */
export const ValueType = {
  null: 0x00,
  string: 0x01,
  ansi: 0x02,
  int8: 0x03,
  uint8: 0x04,
  int16: 0x05,
  uint16: 0x06,
  int32: 0x07,
  uint32: 0x08,
  int64: 0x09,
  uint64: 0x0a,
  real32: 0x0b,
  real64: 0x0c,
  bool: 0x0d,
  binary: 0x0e,
  guid: 0x0f,
  size: 0x10,
  filetime: 0x11,
  systemtime: 0x12,
  sid: 0x13,
  hex32: 0x14,
  hex64: 0x15,
  binXml: 0x21,
} as const;

const arrayFlag = 0x80;
const epochDifference = 11_644_473_600_000;

/** A FILETIME (100 ns since 1601, UTC) as milliseconds since the Unix epoch. */
export function filetimeMilliseconds(data: Buffer, at: number): number {
  const low = data.readUInt32LE(at);
  const high = data.readUInt32LE(at + 4);
  // 2^32 and the division are exact enough: the error is below a microsecond.
  return Math.floor((high * 4_294_967_296 + low) / 10_000) - epochDifference;
}

/** A FILETIME as Windows writes it in XML, with seven places. */
function filetimeText(data: Buffer, at: number): string {
  const ticks = data.readBigUInt64LE(at);
  const milliseconds = Number(ticks / 10_000n) - epochDifference;
  if (Math.abs(milliseconds) > 8.64e15) return ticks.toString();
  const fraction = String(ticks % 10_000_000n).padStart(7, '0');
  return `${new Date(milliseconds).toISOString().slice(0, 19)}.${fraction}Z`;
}

function guidText(data: Buffer, at: number): string {
  const hex = (from: number, count: number): string => data.toString('hex', at + from, at + from + count);
  const little = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');
  const first = little(data.readUInt32LE(at), 8);
  const text = `${first}-${little(data.readUInt16LE(at + 4), 4)}-${little(data.readUInt16LE(at + 6), 4)}-${hex(8, 2)}-${hex(10, 6)}`;
  return `{${text.toUpperCase()}}`;
}

function sidText(data: Buffer, at: number, size: number): string {
  if (size < 8) return '';
  const count = Math.min(data.readUInt8(at + 1), Math.floor((size - 8) / 4));
  let text = `S-${data.readUInt8(at)}-${data.readUIntBE(at + 2, 6)}`;
  for (let index = 0; index < count; index += 1) text += `-${data.readUInt32LE(at + 8 + index * 4)}`;
  return text;
}

function safe(value: bigint): number | string {
  return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value.toString();
}

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

function systemtimeText(data: Buffer, at: number): string {
  const part = (index: number): number => data.readUInt16LE(at + index * 2);
  return `${pad(part(0), 4)}-${pad(part(1), 2)}-${pad(part(3), 2)}T${pad(part(4), 2)}:${pad(part(5), 2)}:${pad(part(6), 2)}.${pad(part(7), 3)}Z`;
}

const trailingNul = /\0+$/;

/** Text in UTF-16LE without the NUL that often ends it. */
function wideText(data: Buffer, at: number, size: number): string {
  const text = data.toString('utf16le', at, at + (size & ~1));
  return text.charCodeAt(text.length - 1) === 0 ? text.replace(trailingNul, '') : text;
}

/** Bytes of one item of each type of fixed size. */
const fixedSizes: Readonly<Record<number, number>> = {
  [ValueType.int8]: 1,
  [ValueType.uint8]: 1,
  [ValueType.int16]: 2,
  [ValueType.uint16]: 2,
  [ValueType.int32]: 4,
  [ValueType.uint32]: 4,
  [ValueType.int64]: 8,
  [ValueType.uint64]: 8,
  [ValueType.real32]: 4,
  [ValueType.real64]: 8,
  [ValueType.bool]: 4,
  [ValueType.guid]: 16,
  [ValueType.filetime]: 8,
  [ValueType.systemtime]: 16,
  [ValueType.hex32]: 4,
  [ValueType.hex64]: 8,
};

/** A value of an event. */
export type EvtxValue = string | number | readonly (string | number)[] | undefined;

/**
 * Reads a value.
 * @throws RangeError when it does not fit into its size, or its type is unknown
 */
export function readValue(data: Buffer, at: number, size: number, type: number): EvtxValue {
  if (at + size > data.length) throw new RangeError('value reaches past the record');
  if ((type & arrayFlag) !== 0) return readArray(data, at, size, type & ~arrayFlag);
  const least = fixedSizes[type] ?? 0;
  if (size === 0) return type === ValueType.string || type === ValueType.ansi ? '' : undefined;
  if (size < least) throw new RangeError(`value of type ${type} has only ${size} bytes`);
  switch (type) {
    case ValueType.null:
      return undefined;
    case ValueType.string:
      return wideText(data, at, size);
    case ValueType.ansi:
      return data.toString('latin1', at, at + size).replace(trailingNul, '');
    case ValueType.int8:
      return data.readInt8(at);
    case ValueType.uint8:
      return data.readUInt8(at);
    case ValueType.int16:
      return data.readInt16LE(at);
    case ValueType.uint16:
      return data.readUInt16LE(at);
    case ValueType.int32:
      return data.readInt32LE(at);
    case ValueType.uint32:
      return data.readUInt32LE(at);
    case ValueType.int64:
      return safe(data.readBigInt64LE(at));
    case ValueType.uint64:
      return safe(data.readBigUInt64LE(at));
    case ValueType.real32:
      return data.readFloatLE(at);
    case ValueType.real64:
      return data.readDoubleLE(at);
    case ValueType.bool:
      return data.readUInt32LE(at) === 0 ? 'false' : 'true';
    case ValueType.binary:
      return data.toString('hex', at, at + size).toUpperCase();
    case ValueType.guid:
      return guidText(data, at);
    case ValueType.size:
      return `0x${size >= 8 ? data.readBigUInt64LE(at).toString(16) : size >= 4 ? data.readUInt32LE(at).toString(16) : '0'}`;
    case ValueType.filetime:
      return filetimeText(data, at);
    case ValueType.systemtime:
      return systemtimeText(data, at);
    case ValueType.sid:
      return sidText(data, at, size);
    case ValueType.hex32:
      return `0x${data.readUInt32LE(at).toString(16)}`;
    case ValueType.hex64:
      return `0x${data.readBigUInt64LE(at).toString(16)}`;
    default:
      throw new RangeError(`unknown value type 0x${type.toString(16)}`);
  }
}

function readArray(data: Buffer, at: number, size: number, type: number): EvtxValue {
  if (type === ValueType.string) {
    const words = data.toString('utf16le', at, at + (size & ~1)).split('\0');
    if (words.at(-1) === '') words.pop();
    return words;
  }
  if (type === ValueType.ansi)
    return data
      .toString('latin1', at, at + size)
      .replace(trailingNul, '')
      .split('\0');
  const each = fixedSizes[type];
  if (each === undefined) throw new RangeError(`unknown array type 0x${type.toString(16)}`);
  const values: (string | number)[] = [];
  for (let from = at; from + each <= at + size; from += each) {
    const value = readValue(data, from, each, type);
    if (typeof value === 'string' || typeof value === 'number') values.push(value);
  }
  return values;
}
