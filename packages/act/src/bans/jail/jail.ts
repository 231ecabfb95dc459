/** A jail: what counts as an offence, how many are too many, and for how long an address is then kept out. */
import type { Bilingual, EventKind } from '@redoubt/model';
import type { Network } from '../../address/address.ts';

/** Events that are offences: all conditions that are there must hold. */
export interface EventFilter {
  readonly kind: EventKind;
  /** `status_id` of OCSF: 1 success, 2 failure. */
  readonly status?: 1 | 2;
  /** Names of the programs that wrote it (`service.name`). */
  readonly programs?: ReadonlySet<string>;
  readonly notPrograms?: ReadonlySet<string>;
  /** Text that the name of the log holds (`metadata.log_name`); not asked where a file is tested by hand. */
  readonly log?: string;
  /** HTTP status codes. */
  readonly codes?: ReadonlySet<number>;
  /** Paths of requests, in any of these forms. */
  readonly paths?: readonly RegExp[];
  /** Beginnings of messages that do not count. */
  readonly notMessages?: readonly string[];
  /** Reasons (`status_code`) that tell of a connection as a whole: they count only once a connection. */
  readonly once?: ReadonlySet<string>;
}

/** Lines that are offences. Each pattern has one group `addr`. */
export interface LineFilter {
  /** Programs whose messages are looked at; all lines of `files` are. */
  readonly programs: ReadonlySet<string>;
  /** Patterns of files that are followed for this jail alone. */
  readonly files: readonly string[];
  readonly patterns: readonly RegExp[];
}

/** One jail. Times are milliseconds. */
export interface Jail {
  /** In lower case with hyphens. */
  readonly name: string;
  readonly title: Bilingual;
  readonly enabled: boolean;
  readonly events: readonly EventFilter[];
  readonly lines: LineFilter | undefined;
  /** Offences within so long count together. */
  readonly findTime: number;
  /** So many offences within the find time lead to a ban. */
  readonly maxRetries: number;
  readonly banTime: number;
  /** Each further ban of the same address lasts so many times as long as the one before. */
  readonly factor: number;
  readonly maxBanTime: number;
  /** TCP ports that are closed to the address; all traffic when undefined. */
  readonly ports: readonly number[] | undefined;
  readonly ignore: readonly Network[];
  /** `user`: offences have no address (sudo on a terminal), so they are counted by account and only reported. */
  readonly countBy: 'address' | 'user';
  /** Whether a ban asks that the kernel has seen the address, where the kernel sensor runs. */
  readonly evidence: boolean;
  /** The file it was read from. */
  readonly file: string;
}
