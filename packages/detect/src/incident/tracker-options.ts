/** What a tracker of incidents is given, and what it counts. */
import type { Finding, Incident } from '@redoubt/model';
import type { EventLookup } from './around.ts';

/** What the record holds from before: how a tracker goes on after a restart. */
export interface IncidentHistory {
  /** Incidents that are open. */
  readonly incidents: readonly Incident[];
  /** Their findings, and every other finding of the strong window. */
  readonly findings: readonly Finding[];
}

export interface IncidentTrackerOptions {
  /** Receives each incident, new or changed; one that was merged into another comes with `merged_into`. */
  readonly onIncident: (incident: Incident) => void;
  readonly history?: IncidentHistory;
  /** Asks the record for events; without it the story holds findings only. */
  readonly events?: EventLookup;
  /** Told when asking the record failed; the story then holds less. */
  readonly onError?: (error: unknown) => void;
  /** Addresses that everything talks to or through: resolvers, proxies, load balancers. */
  readonly hubAddresses?: Iterable<string>;
  /** Addresses by the name of their host, as far as they are known from elsewhere. */
  readonly hosts?: ReadonlyMap<string, readonly string[]>;
  /** Milliseconds since the Unix epoch; the wall clock by default. */
  readonly now?: () => number;
  /** How far apart two findings with a strong key in common may lie, milliseconds; 24 hours by default. */
  readonly strongWindow?: number;
  /** The same for two weak keys; 30 minutes by default. */
  readonly weakWindow?: number;
  /** How late a finding may come, by the times of events, milliseconds; an hour by default. */
  readonly lateness?: number;
  /** Findings that one strong key may tie; 500 by default. */
  readonly strongFanOut?: number;
  /** Findings that one weak key may help to tie within the weak window; 200 by default. */
  readonly weakFanOut?: number;
  /** Findings whose ties are remembered; the oldest go first. 20,000 by default. */
  readonly findings?: number;
  /** Severity that a group of findings must reach to be told of; 2 (low) by default. */
  readonly opensAt?: number;
  /** Least time between two changes told of one incident, milliseconds; a second by default. */
  readonly interval?: number;
}

/** Counters since the start. */
export interface IncidentStatistics {
  /** Findings whose ties are remembered, keys that they have, incidents that are open. */
  readonly findings: number;
  readonly keys: number;
  readonly open: number;
  readonly merges: number;
  /** Keys that tied too much and were demoted. */
  readonly demotedKeys: number;
  /** Findings whose ties were forgotten before their time, because there were too many. */
  readonly forgotten: number;
  /** Findings that came later than the lateness allows. */
  readonly late: number;
}

/** Options that always have a value. */
export type TrackerSettings = Required<
  Omit<IncidentTrackerOptions, 'history' | 'events' | 'hubAddresses' | 'hosts'>
>;

/** Settings where the options say nothing. */
export function settingsOf(options: IncidentTrackerOptions): TrackerSettings {
  const { history: _history, events: _events, hubAddresses: _hubs, hosts: _hosts, ...given } = options;
  return {
    onError: () => {},
    now: Date.now,
    strongWindow: 86_400_000,
    weakWindow: 1_800_000,
    lateness: 3_600_000,
    strongFanOut: 500,
    weakFanOut: 200,
    findings: 20_000,
    opensAt: 2,
    interval: 1_000,
    ...given,
  };
}
