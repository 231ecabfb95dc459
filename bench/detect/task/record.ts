/** Bytes in, judged records out, as `redoubt detect` does it. */
import type { Detector } from '@redoubt/detect';
import type { LogRecord } from '@redoubt/observe/log';

const chunkBytes = 128 * 1024;

/** The bytes of a file in memory, in pieces as a file gives them. */
export async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

/** Hands a record to the detector as `redoubt detect` does: our own events are host events. */
export function judgeRecord(detector: Detector, record: LogRecord): void {
  if (record.format === 'ocsf') detector.evaluate(record);
  else detector.evaluateRecord(record);
}
