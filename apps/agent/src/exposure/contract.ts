/** The part of the API that is about exposure. Times are milliseconds since the Unix epoch. */
import type { Bilingual } from '@redoubt/model';

/** One thing that is wrong with a listener. */
export interface ExposureIssueItem {
  readonly code: string;
  /** OCSF `severity_id`, 1 to 5. */
  readonly severity: number;
  readonly text: Bilingual;
  readonly advice: Bilingual;
  readonly mlps: readonly string[];
}

/** A listener, who can reach it, and what is wrong with it. */
export interface ListenerItem {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly scope: 'any' | 'loopback' | 'link-local' | 'multicast' | 'private' | 'public' | 'unknown';
  /** Who gets through the packet filter of this host. */
  readonly reach: 'open' | 'some' | 'closed' | 'unknown';
  readonly program: string | undefined;
  readonly user: string;
  readonly service: string | undefined;
  readonly tls?: { readonly versions: readonly string[]; readonly validTo: number };
  readonly issues: readonly ExposureIssueItem[];
  readonly severity: number;
}

/** Answer of `GET /api/exposure` and `POST /api/exposure/check`. */
export interface ExposureAnswer {
  /** `null` before the first assessment. */
  readonly report: {
    readonly time: number;
    readonly items: readonly ListenerItem[];
    readonly sshd?: readonly ExposureIssueItem[];
    readonly limits: readonly Bilingual[];
  } | null;
  /** Whether an assessment is under way. */
  readonly checking: boolean;
}
