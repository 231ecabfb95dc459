/** What the detectors of DNS look at: one question or answer, whoever saw it. */

/** A question, or an answer with its records. */
export interface DnsSighting {
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly isAnswer: boolean;
  /** In lower case, without the final dot. */
  readonly name: string;
  /** Such as `TXT`. */
  readonly type: string;
  /** Such as `NXDOMAIN`; of answers alone. */
  readonly rcode?: string;
  readonly answers: readonly { readonly type: string; readonly rdata: string; readonly ttl: number }[];
  /** Who asked: a stable id of the process, empty when it is not known. */
  readonly asker: string;
}

/** A connection, as far as it matters here. */
export interface ConnectionSighting {
  readonly time: number;
  readonly address: string;
  readonly port: number;
  readonly asker: string;
  /** Program that connects, its full path. */
  readonly program: string;
  /** Name that TLS was opened for (SNI), where it was seen. */
  readonly serverName?: string;
}
