/** Drift as findings. */
import {
  type Device,
  draftFinding,
  type Evidence,
  type Finding,
  type Process,
  type StateChange,
} from '@redoubt/model';
import type { Collector, DriftJudgement } from '../collector.ts';
import type { Drift } from './check.ts';

/** What findings are made with. */
export interface DriftContext {
  readonly device?: Device;
  /** The process that made a change, where it is known. */
  readonly processOf?: (change: StateChange) => Promise<Process | undefined> | Process | undefined;
}

/** Changes of a group that are told one by one; more become one finding. */
const toldAlone = 10;
/** Groups that are counted at a time; changes of further groups are told one by one. */
const mostGroups = 1000;

const kindWords = {
  added: { en: 'added', zh: '新增' },
  removed: { en: 'removed', zh: '消失' },
  changed: { en: 'changed', zh: '被更改' },
} as const;

function evidenceOf(collector: Collector, change: StateChange, process: Process | undefined): Evidence {
  const file = change.key.startsWith('/')
    ? { file: { path: change.key, name: change.key.split('/').at(-1) ?? '' } }
    : {};
  const event = { collector: collector.name, ...change };
  return { ...(process === undefined ? {} : { process }), ...file, event };
}

/** A judgement with what has changed inside among its reasons. */
export function withLines(judgement: DriftJudgement, lines: readonly string[] | undefined): DriftJudgement {
  if (lines === undefined || lines.length === 0) return judgement;
  const text = { en: 'what has changed inside', zh: '内容变化' };
  return { ...judgement, reasons: [...judgement.reasons, { field: 'lines', value: lines.join('\n'), text }] };
}

/** The finding of one difference. */
export function findingOfDrift(
  collector: Collector,
  change: StateChange,
  judgement: DriftJudgement,
  process: Process | undefined,
  device?: Device,
): Finding {
  const { severity, title, reasons, tags, mlps, advice } = judgement;
  const verb = kindWords[change.kind];
  return draftFinding({
    analytic: { uid: `baseline-${collector.name}`, name: `Golden state: ${collector.title.en}` },
    title,
    description: {
      en: `${change.key} ${verb.en} since the golden state was signed (${collector.title.en}).`,
      zh: `${change.key} 自黄金状态签名后${verb.zh}（${collector.title.zh}）。`,
    },
    severity,
    reasons: reasons.length > 0 ? reasons : [{ field: 'key', value: change.key, text: verb }],
    evidences: [evidenceOf(collector, change, process)],
    dedupKey: `baseline:${collector.name}:${change.key}:${versionOf(change)}`,
    tags,
    mlps: mlps ?? ['8.1.4.6'],
    ...(advice === undefined ? {} : { advice }),
    ...(device === undefined ? {} : { device }),
  });
}

/** Tells one form of an entry from the next, so that a second change is a second finding. */
function versionOf(change: StateChange): string {
  if (change.kind === 'removed') return 'removed';
  const { facts } = change.after;
  return change.kind + JSON.stringify(facts['sha256'] ?? facts['hash'] ?? change.after.facts).slice(0, 200);
}

/** Changes of groups as they happen: few are told one by one, many as one finding that is told anew as it grows. */
export class LiveGroups {
  readonly #collector: Collector;
  readonly #device: Device | undefined;
  readonly #groups = new Map<string, Group & { told: number; seen: number }>();

  constructor(collector: Collector, device?: Device) {
    this.#collector = collector;
    this.#device = device;
  }

  /** Takes a change of a group. @returns false when too many groups are open: it must be told by itself */
  add(change: StateChange, judgement: DriftJudgement, process: Process | undefined): boolean {
    const key = judgement.group?.key;
    if (key === undefined) return false;
    let group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= mostGroups) return false;
      group = {
        judgement,
        counts: { added: 0, removed: 0, changed: 0 },
        first: [],
        severity: 1,
        told: 0,
        seen: 0,
      };
      this.#groups.set(key, group);
    }
    group.counts[change.kind]++;
    group.severity = Math.max(group.severity, judgement.severity);
    if (group.first.length < toldAlone) group.first.push({ change, judgement, process });
    return true;
  }

  /**
   * What there is to tell since it was asked last. Few changes are told one by one once no more have come since; a group
   * at rest is closed.
   */
  take(): Finding[] {
    const findings: Finding[] = [];
    for (const [key, group] of this.#groups) {
      const total = group.counts.added + group.counts.changed + group.counts.removed;
      if (total === group.told) this.#groups.delete(key);
      else if (total > toldAlone) {
        findings.push(findingOfGroup(this.#collector, key, group, this.#device, total - group.told));
        group.told = total;
      } else if (total === group.seen) {
        for (const { change, judgement, process } of group.first.slice(group.told))
          findings.push(findingOfDrift(this.#collector, change, judgement, process, this.#device));
        group.told = total;
      }
      group.seen = total;
    }
    return findings;
  }
}

interface Group {
  readonly judgement: DriftJudgement;
  readonly counts: Record<StateChange['kind'], number>;
  readonly first: { change: StateChange; judgement: DriftJudgement; process: Process | undefined }[];
  severity: number;
}

/** @param fresh changes that were not told before: the record adds them up */
function findingOfGroup(
  collector: Collector,
  key: string,
  group: Group,
  device: Device | undefined,
  fresh?: number,
): Finding {
  const { judgement, counts, first, severity } = group;
  const total = counts.added + counts.removed + counts.changed;
  const { tags, mlps, advice } = judgement;
  const title = judgement.group?.title ?? judgement.title;
  return draftFinding({
    analytic: { uid: `baseline-${collector.name}`, name: `Golden state: ${collector.title.en}` },
    title: { en: `${title.en}: ${total} changes`, zh: `${title.zh}：${total} 处变更` },
    description: {
      en: `${counts.added} added, ${counts.changed} changed, ${counts.removed} removed since the golden state was signed.`,
      zh: `自黄金状态签名后新增 ${counts.added}、更改 ${counts.changed}、消失 ${counts.removed}。`,
    },
    severity,
    reasons: first.map(({ change }) => ({ field: 'key', value: change.key, text: kindWords[change.kind] })),
    evidences: first.map(one => evidenceOf(collector, one.change, one.process)),
    dedupKey: `baseline:${collector.name}:group:${key}`,
    tags,
    mlps: mlps ?? ['8.1.4.6'],
    count: fresh ?? total,
    ...(advice === undefined ? {} : { advice }),
    ...(device === undefined ? {} : { device }),
  });
}

/**
 * Findings of what is unexplained and of interest. Memory is bounded by the number of groups, not of changes.
 * @returns findings as they become certain; those of groups at the end
 */
export async function* findingsOfDrift(
  collector: Collector,
  drifts: AsyncIterable<Drift>,
  { device, processOf }: DriftContext = {},
): AsyncGenerator<Finding> {
  const groups = new Map<string, Group>();
  for await (const { change, judgement: bare, explanation, lines } of drifts) {
    if (bare === undefined || explanation !== undefined) continue;
    const judgement = withLines(bare, lines);
    const key = judgement.group?.key;
    const group = key === undefined ? undefined : groups.get(key);
    if (key === undefined || (group === undefined && groups.size >= mostGroups)) {
      yield findingOfDrift(collector, change, judgement, await processOf?.(change), device);
      continue;
    }
    const counted = group ?? {
      judgement,
      counts: { added: 0, removed: 0, changed: 0 },
      first: [],
      severity: 1,
    };
    groups.set(key, counted);
    counted.counts[change.kind]++;
    counted.severity = Math.max(counted.severity, judgement.severity);
    if (counted.first.length < toldAlone) {
      const process = await processOf?.(change);
      counted.first.push({ change, judgement, process });
    }
  }
  for (const [key, group] of groups) {
    const total = group.counts.added + group.counts.changed + group.counts.removed;
    if (total > toldAlone) yield findingOfGroup(collector, key, group, device);
    else
      for (const { change, judgement, process } of group.first)
        yield findingOfDrift(collector, change, judgement, process, device);
  }
}
