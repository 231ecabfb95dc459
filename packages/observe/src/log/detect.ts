/** Recognises the format of a log from its first bytes and its name. */

import type { Head } from './format.ts';
import { formats } from './formats.ts';
import { compressionOf } from './input/decompress.ts';
import { type JsonObject, parseObject } from './input/json.ts';
import { JsonFramer } from './input/json-framer.ts';
import { defaultLimits } from './limits.ts';
import type { LogFormat } from './record.ts';

const linesLooked = 20;

/** The least confidence at which a format is taken. */
const threshold = 30;

/**
 * The format of a log, or undefined when none is recognised.
 * @param head the first bytes, decompressed; 16 KiB are plenty
 * @param fileName the file's name; only a hint
 */
export function detectFormat(head: Uint8Array, fileName: string): LogFormat | undefined {
  const described = describeHead(head, fileName);
  let best: LogFormat | undefined;
  let bestScore = threshold - 1;
  for (const format of Object.values(formats)) {
    const score = format.recognise(described);
    if (score > bestScore) {
      best = format.name;
      bestScore = score;
    }
  }
  return best;
}

function describeHead(bytes: Uint8Array, fileName: string): Head {
  const compressed = compressionOf(bytes) !== undefined;
  const text = compressed
    ? ''
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const lines = text
    .split(/\r?\n/, linesLooked * 2)
    .filter(line => line !== '')
    .slice(0, linesLooked);
  const base = fileName.slice(fileName.lastIndexOf('/') + 1).toLowerCase();
  return {
    bytes,
    text,
    lines,
    json: firstObject(bytes, text),
    fileName: base.replace(/(?:\.(?:gz|zst|\d+))+$/, ''),
  };
}

/** The first object of a JSON source, be it lines, an array or a wrapped array. */
function firstObject(bytes: Uint8Array, text: string): JsonObject | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  let found: JsonObject | undefined;
  const { recordBytes, depth } = defaultLimits;
  const framer = new JsonFramer(
    object => {
      if (found !== undefined) return;
      const value = parseObject(object, depth);
      if (typeof value !== 'string') found = value;
    },
    { recordBytes, depth, wrappers: ['Records', 'items'] },
  );
  framer.push(bytes, { record: () => {}, damage: () => {} });
  return found;
}
