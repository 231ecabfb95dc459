/** Checkpoints: what a journal said at one moment, to be kept where the host cannot reach it. */
import { type KeyObject, sign } from 'node:crypto';
import { KeyFile } from './key-file.ts';
import { type Head, isSigned, publicKeyOf, rawOf } from './line.ts';
import type { JournalReport } from './verify.ts';

/** A checkpoint as it is exported. */
export interface Checkpoint {
  /** SHA-256 of the journal's first key: which journal it is. */
  readonly journal: string;
  readonly seq: number;
  readonly hash: string;
  /** When it was made, milliseconds since the Unix epoch. */
  readonly time: number;
  /** The key that signed it, raw, base64. */
  readonly key: string;
  readonly signature: string;
}

function statementOf({ journal, seq, hash, time }: Omit<Checkpoint, 'key' | 'signature'>): string {
  return `Redoubt journal checkpoint, version 1\n${journal}\n${seq}\n${hash}\n${time}\n`;
}

/** The checkpoint of a journal's head. @param journal its identity */
export function makeCheckpoint(journal: string, head: Head, key: KeyObject, time: number): Checkpoint {
  const told = { journal, ...head, time };
  const signature = sign(null, Buffer.from(statementOf(told)), key).toString('base64');
  return { ...told, key: rawOf(key), signature };
}

/**
 * The checkpoint of a journal that was just verified, signed with the key that its folder holds.
 * @throws Error when the verification found faults: a checkpoint vouches for what stands before it
 */
export function checkpointOf(folder: string, report: JournalReport, time: number): Checkpoint {
  const { journal, head, faults } = report;
  if (journal === undefined || faults.length > 0) throw new Error('the journal does not verify');
  return makeCheckpoint(journal, head, new KeyFile(folder).read(), time);
}

/** Reads an exported checkpoint. @throws Error when it is none or its signature does not hold */
export function parseCheckpoint(text: string): Checkpoint {
  const value: unknown = JSON.parse(text);
  if (!isCheckpoint(value)) throw new Error('is no checkpoint of a journal');
  const key = publicKeyOf(value.key);
  const isGood =
    key !== undefined && isSigned(statementOf(value), Buffer.from(value.signature, 'base64'), key);
  if (!isGood) throw new Error('has a signature that does not hold');
  return value;
}

function isCheckpoint(value: unknown): value is Checkpoint {
  if (typeof value !== 'object' || value === null) return false;
  const { journal, seq, hash, time, key, signature } = value as Record<string, unknown>;
  return (
    [journal, hash, key, signature].every(one => typeof one === 'string') &&
    Number.isSafeInteger(seq) &&
    Number.isSafeInteger(time)
  );
}
