/** What a follower is told, and what it gives. */
import type { LogDamage } from '../../record.ts';
import type { FollowPosition } from './position.ts';

/** How a file is to be followed. */
export interface FollowOptions {
  readonly path: string;
  /** Where to go on; store it together with what was delivered. */
  readonly position?: FollowPosition | undefined;
  /** Where to begin in a file that was never followed: at its start (the default) or its end. */
  readonly from?: 'start' | 'end';
  /** How long to wait between looks when nothing wakes the follower, milliseconds; 250 when left out. */
  readonly pollMilliseconds?: number;
  /** How long a file that was rotated away is still read after its last line, milliseconds; 10,000 when left out. */
  readonly retireMilliseconds?: number;
  /** Most bytes of one batch; 256 KiB when left out. */
  readonly batchBytes?: number;
  /** Longest line, bytes; longer ones are reported and passed over. 1 MiB when left out. */
  readonly lineBytes?: number;
  readonly onDamage?: (damage: LogDamage) => void;
  readonly signal?: AbortSignal;
}

/** Whole lines of one file. Nothing more is read before the next batch is asked for. */
export interface LineBatch {
  readonly path: string;
  /** Device and inode of the file, and where in it the lines begin: together they name each line. */
  readonly file: string;
  readonly offset: number;
  /** The lines with their line ends. The last line of a file that is gone may have none. */
  readonly bytes: Buffer;
  /** Where to go on once this batch has been kept. */
  readonly position: FollowPosition;
}
