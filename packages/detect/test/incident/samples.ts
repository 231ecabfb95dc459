/** Findings to join, made from little. */
import {
  buildEvent,
  type Event,
  type EventKind,
  type Evidence,
  type Finding,
  type ProcessEntity,
} from '@redoubt/model';
import { createIncidentTracker, type IncidentTracker, type IncidentTrackerOptions } from '../../src/index.ts';

/** A moment to count from, milliseconds since the Unix epoch. */
export const noon = Date.UTC(2026, 10, 23, 12);
export const minute = 60_000;

/** What tells a finding apart. */
export interface Sketch {
  uid: string;
  time?: number;
  last?: number;
  severity?: number;
  rule?: string;
  host?: string;
  tactic?: [uid: string, name: string];
  technique?: string;
  count?: number;
  kind?: EventKind;
  event?: Partial<Event>;
  evidence?: Partial<Evidence>;
}

/** A finding as the detector makes one. */
export function finding(sketch: Sketch): Finding {
  const { uid, time = noon, severity = 3, rule = `rule-${uid}`, host = 'web-01' } = sketch;
  const last = sketch.last ?? time;
  const title = { en: `Title of ${rule}`, zh: `${rule} 的标题` };
  const event = buildEvent(sketch.kind ?? 'process.exec', time, {
    device: { hostname: host, type_id: 1 },
    ...sketch.event,
  });
  const [tacticUid, tacticName] = sketch.tactic ?? ['TA0002', 'Execution'];
  return {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200_401,
    time: last,
    severity_id: severity,
    status_id: 1,
    message: title.en,
    count: sketch.count ?? 1,
    metadata: { version: '1.6.0', product: { name: 'Redoubt', vendor_name: 'Redoubt' }, uid },
    device: { hostname: host, uid: `machine-of-${host}`, type_id: 1 },
    finding_info: {
      uid,
      title: title.en,
      analytic: { uid: rule, name: title.en, type_id: 1 },
      attacks: [
        {
          tactic: { uid: tacticUid, name: tacticName },
          ...(sketch.technique === undefined
            ? {}
            : { technique: { uid: sketch.technique, name: sketch.technique } }),
        },
      ],
      created_time: last,
      first_seen_time: time,
      last_seen_time: last,
    },
    evidences: [{ ...sketch.evidence, event }],
    redoubt: {
      title,
      description: title,
      reasons: [{ field: 'x', value: 'y', text: title }],
      dedup_key: uid,
    },
  };
}

/** A process below others: `chain('cron/10', 'cron/11', 'sh/12')` is sh, started by a cron, started by cron. */
export function chain(...names: readonly string[]): NonNullable<Evidence['process']> {
  const entities = names.map((text, depth): ProcessEntity => {
    const slash = text.lastIndexOf('/');
    const [name, pid] = [text.slice(0, slash), text.slice(slash + 1)];
    const path = name.startsWith('./') ? `/srv/${name.slice(2)}` : `/usr/bin/${name}`;
    return {
      uid: `${pid}:${pid}0`,
      pid: Number(pid),
      name,
      file: { path },
      created_time: noon - 3_600_000 + depth,
    };
  });
  const [process = {}, ...ancestry] = entities.reverse();
  return {
    ...process,
    cmd_line: process.name ?? '',
    ancestry: [...ancestry, { uid: '1:1', pid: 1, name: 'systemd' }],
  };
}

/** A tracker that remembers the last word on each incident; its clock stands a day after `noon`. */
export function trackerWith(options: Partial<IncidentTrackerOptions> = {}) {
  const told = new Map<string, import('@redoubt/model').Incident>();
  const tracker: IncidentTracker = createIncidentTracker({
    onIncident: incident => told.set(incident.metadata.uid, incident),
    now: () => noon + 86_400_000,
    ...options,
  });
  return { tracker, told };
}

/** Which findings are together: the groups, each in order, in order. */
export function groups(tracker: IncidentTracker): string[][] {
  return tracker
    .incidents()
    .map(incident => incident.finding_info_list.map(({ uid }) => uid).sort())
    .sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
