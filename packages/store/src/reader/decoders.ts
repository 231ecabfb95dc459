/** Turning the bytes of a batch back into events; each format brings its own decoder. */
import { decodeJsonLines, type EventView, jsonLinesFormat, type StoredProcess } from '@redoubt/model';
import { RecorderError } from '../errors.ts';

/** What a decoder may need beside the bytes. */
export interface DecodeContext {
  /** Boot that the batch was recorded under. */
  readonly bootId: string;
  /** As the batch gave them. */
  readonly firstTime: number;
  readonly lastTime: number;
  readonly count: number;
  /** Sequence number of the batch's first event. */
  readonly firstSequence: number;
  /**
   * Row of a process of this boot.
   * @param image which image; the latest when absent
   */
  process(uid: string, image?: number): StoredProcess | undefined;
  /** Row of the image that a process had at a time, milliseconds since the Unix epoch. */
  processAt(uid: string, time: number): StoredProcess | undefined;
}

/**
 * Gives the events of a batch in order. The bytes begin on a multiple of 8 and stay valid as long as they are
 * referred to.
 */
export type EventDecoder = (bytes: Uint8Array, context: DecodeContext) => Iterable<EventView>;

const decoders = new Map<string, EventDecoder>([[jsonLinesFormat, decodeJsonLines]]);

/** Registers the decoder of a format, for every reader of this process. The later one of two stands. */
export function registerDecoder(format: string, decoder: EventDecoder): void {
  if (format === '' || format.includes(',')) {
    throw new RecorderError(
      'invalid',
      `"${format}" cannot be the name of a format: it is empty or has a comma`,
    );
  }
  decoders.set(format, decoder);
}

/**
 * Decoder of a format.
 * @throws RecorderError `invalid` when none is registered
 */
export function decoderOf(format: string): EventDecoder {
  const decoder = decoders.get(format);
  if (decoder === undefined) throw new RecorderError('invalid', `no decoder is registered for "${format}"`);
  return decoder;
}
