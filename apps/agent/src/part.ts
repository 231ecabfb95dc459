/** The seam between the agent and what is built on top of its events: integrity, scanning, protections. */
import type { Protection } from '@redoubt/act';
import type { Network } from '@redoubt/act/bans';
import type { DnsFirewall } from '@redoubt/act/dns';
import type { BlockedContents } from '@redoubt/act/gate';
import type { Bilingual, EventView, Finding, JournalSink } from '@redoubt/model';
import type { ObservedBatch } from '@redoubt/observe';
import type { Reader, Recorder } from '@redoubt/store';
import type { Summary } from './api/contract.ts';
import type { Api } from './api/server.ts';
import type { AgentOptions } from './options.ts';
import type { HostSensor } from './sensor.ts';
import type { WarningChange } from './state/warnings.ts';

/** What parts do for one another; looked at when it is needed, because parts start one after the other. */
export interface PartOffers {
  /** The DNS firewall. */
  dns?: DnsFirewall;
  /** The gate before executions. */
  blockedContents?: BlockedContents;
  /** Why bans leave a network alone at present. */
  banObjection?: (network: Network) => Bilingual | undefined;
}

/** What a part works with. Everything here outlives the part. */
export interface PartContext {
  readonly options: AgentOptions;
  readonly host: Summary['host'];
  /** The sensor that runs; its process table knows who did what. */
  readonly sensor: HostSensor;
  readonly recorder: Recorder<ObservedBatch>;
  readonly reader: Reader;
  /** Takes a finding, new or changed, into record, page and incidents. */
  readonly publish: (finding: Finding) => void;
  /** Tells the operator of a state of the agent itself that begins or is over. */
  readonly warn: (warning: WarningChange) => void;
  /**
   * Hands each recorded event, of sensors and of logs, to a listener, with its number in the record, after the
   * rules have judged it. A listener must be quick: it stands in the way of every event.
   */
  readonly onEvent: (listener: (view: EventView, sequence: number) => void) => void;
  /** Loads the rules anew, as after an update; open sequences of events are kept. */
  readonly reloadRules: () => Promise<void>;
  /** How many rules run, and how many were refused. */
  readonly rules: () => Summary['rules'];
  /** Hands each finding, new or changed, of rules and of parts, to a listener, after it is in the record. */
  readonly onFinding: (listener: (finding: Finding) => void) => void;
  /**
   * Puts a protection on the ladder: from then on it is listed, stepped, confirmed, watched and undone there. Resolves
   * once the system is where the protection stood before the agent ended.
   */
  readonly protect: <Settings>(protection: Protection<Settings>) => Promise<void>;
  /** Where every action is written down before it is taken. */
  readonly journal: JournalSink;
  readonly offers: PartOffers;
}

/** A part that runs. */
export interface AgentPart {
  /** Name in summaries and errors: `integrity`. */
  readonly name: string;
  /** Adds its routes, all below `/api/<name>`. */
  routes?(api: Api): void;
  /** Ends it; what it has changed in the system is undone or kept as its policy says. Called once. */
  stop(): void | Promise<void>;
}

/** Starts a part; undefined when there is nothing for it to do on this host. A part that cannot start warns. */
export type StartPart = (context: PartContext) => Promise<AgentPart | undefined>;
