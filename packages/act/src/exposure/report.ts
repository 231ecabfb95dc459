/** What an exposure report is made of. */
import type { Bilingual } from '@redoubt/model';
import type { Scope } from '../network/scope.ts';

/** Who gets through the packet filter of this host: everybody, some, nobody, or it is not known. */
export type Reach = 'open' | 'some' | 'closed' | 'unknown';

/** One thing that is wrong with a listener. */
export interface ExposureIssue {
  /** Stable: `public-management`, `tls-old`. */
  readonly code: string;
  /** OCSF `severity_id`, 1 to 5. */
  readonly severity: number;
  readonly text: Bilingual;
  readonly advice: Bilingual;
  /** Clauses of GB/T 22239-2019. */
  readonly mlps: readonly string[];
}

/** What a real handshake told. */
export interface TlsFacts {
  /** Versions that the server accepts: `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3`. */
  readonly versions: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  /** End of validity, milliseconds since the Unix epoch. */
  readonly validTo: number;
  readonly selfSigned: boolean;
  /** `rsa 2048`, `ec prime256v1`. */
  readonly key: string;
  readonly keyIsWeak: boolean;
  /** Whether the server asks for the client's certificate, and insists; undefined where it could not be told. */
  readonly clientCertificate: 'required' | 'asked' | 'no' | undefined;
}

/** A listener, who can reach it, and what is wrong with it. */
export interface ExposureItem {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** How far its address reaches; for all addresses, as far as the widest of this host. */
  readonly scope: Scope;
  readonly reach: Reach;
  readonly program: string | undefined;
  readonly user: string;
  /** What it is, where port or program tell. */
  readonly service: string | undefined;
  readonly tls?: TlsFacts;
  /** The most severe first. */
  readonly issues: readonly ExposureIssue[];
  /** Of its worst issue; 1 when it has none. */
  readonly severity: number;
}

/** What listens on a host. */
export interface ExposureReport {
  readonly time: number;
  /** The most severe first. */
  readonly items: readonly ExposureItem[];
  /** Issues of sshd's settings; undefined where there is no sshd or it does not tell. */
  readonly sshd?: readonly ExposureIssue[];
  /** What was not judged. */
  readonly limits: readonly Bilingual[];
}
