/** Writes event logs as firmware does. */
import { createHash } from 'node:crypto';

export interface Measured {
  readonly pcr: number;
  readonly type: number;
  readonly data: Buffer;
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** A crypto-agile log with SHA-1 and SHA-256. */
export function writeLog(events: readonly Measured[]): Buffer {
  const spec = Buffer.concat([
    Buffer.from('Spec ID Event03\0', 'latin1'),
    u32(0),
    Buffer.from([0, 2, 0, 2]),
    u32(2),
    u16(4),
    u16(20),
    u16(0xb),
    u16(32),
    Buffer.from([0]),
  ]);
  const head = Buffer.concat([u32(0), u32(3), Buffer.alloc(20), u32(spec.length), spec]);
  const records = events.map(({ pcr, type, data }) => {
    const digest = (name: string) => createHash(name).update(data).digest();
    return Buffer.concat([
      u32(pcr),
      u32(type),
      u32(2),
      u16(4),
      digest('sha1'),
      u16(0xb),
      digest('sha256'),
      u32(data.length),
      data,
    ]);
  });
  return Buffer.concat([head, ...records]);
}
