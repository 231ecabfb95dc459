/** What the agent and the process of the DNS firewall say to each other. */
import type { BlockList, LoadedList, NameVerdict } from './name-policy.ts';
import type { BlockAnswer, ResolverCounters } from './resolver.ts';

/** What the process is to do; sent once, first. */
export interface FirewallOrder {
  readonly lists: readonly BlockList[];
  readonly allow: readonly string[];
  /** Names that are blocked beside the lists, with all below them. */
  readonly own?: readonly string[];
  /** Absent when names are only judged. */
  readonly serve?: {
    readonly address: string;
    readonly port: number;
    readonly upstreams: readonly string[];
    readonly networks: readonly string[];
    readonly rate: number;
    readonly answer: BlockAnswer;
    /** Certificates that upstreams may have beside the system's, PEM. */
    readonly authority?: string;
  };
}

/** What is known of it. */
export interface FirewallState {
  readonly lists: readonly LoadedList[];
  readonly names: number;
  /** Bytes of the table of names; of the whole process. */
  readonly bytes: number;
  readonly rss: number;
  /** Port it listens on; absent when names are only judged. */
  readonly port?: number;
  readonly counters?: ResolverCounters & {
    cached: number;
    cacheBytes: number;
    evicted: number;
    limited: number;
  };
}

/** A name and what becomes of it. */
export interface JudgedName {
  readonly name: string;
  readonly list: string;
  readonly entry: string;
  readonly action: NameVerdict['action'];
}

export type ToFirewall =
  | { readonly order: FirewallOrder }
  | { readonly ask: number; readonly judge: readonly string[] }
  | { readonly ask: number; readonly own: readonly string[] }
  | { readonly ask: number; readonly state: true };

export type FromFirewall =
  | { readonly ready: FirewallState }
  | { readonly failed: string }
  | { readonly answer: number; readonly judged: readonly JudgedName[] }
  | { readonly answer: number; readonly state: FirewallState }
  /** Names that were blocked since the last time, each with its number. */
  | { readonly blocked: readonly (JudgedName & { readonly count: number })[]; readonly more: number };
