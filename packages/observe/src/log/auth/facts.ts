/** What a line of an authentication log says, whoever wrote it. */
import type { EventKind } from '@redoubt/model';

/** Facts read from a message. Names are those that stand in the record's fields. */
export interface AuthFacts {
  readonly kind: EventKind;
  readonly outcome?: 'success' | 'failure' | undefined;
  /** Account that is logged in to, changed, or acted as. */
  readonly user?: string | undefined;
  /** Account that acts, when another than `user`. */
  readonly actor?: string | undefined;
  readonly src_ip?: string | undefined;
  readonly src_port?: number | undefined;
  readonly auth_method?: string | undefined;
  readonly tty?: string | undefined;
  readonly cwd?: string | undefined;
  readonly command?: string | undefined;
  readonly group?: string | undefined;
  readonly uid?: string | undefined;
  readonly shell?: string | undefined;
  readonly home?: string | undefined;
  readonly reason?: string | undefined;
  /** The account does not exist. */
  readonly invalid_user?: boolean | undefined;
  /** The text could be read in more than one way, because a client chose parts of it. */
  readonly ambiguous?: boolean | undefined;
}

/** Reads facts from one message; undefined when it says none of those it knows. */
export type AuthReader = (message: string) => AuthFacts | undefined;
