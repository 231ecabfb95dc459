/** Running drills against a live agent. */
import type { Bilingual, Finding } from '@redoubt/model';
import {
  type Drill,
  type DrillMatch,
  type DrillNeed,
  type DrillProgram,
  matchFinding,
  obstacleText,
  startDrill,
  unmetNeeds,
} from '@redoubt/prove';
import type { FindingsFeed } from './findings-feed.ts';

/**
 * How a drill went: `found` — its finding came; `missed` — the step was made and no finding came; `skipped` —
 * the step cannot be made or seen here, `reason` tells why; `failed` — the step itself went wrong.
 */
export type DrillVerdict = 'found' | 'missed' | 'skipped' | 'failed';

/** What came of one drill. Times are in milliseconds. */
export interface DrillReport {
  readonly drill: string;
  readonly verdict: DrillVerdict;
  readonly technique: string;
  readonly expected_rules: readonly string[];
  readonly tag?: string;
  readonly started_at?: number;
  readonly finding_uid?: string;
  readonly rule?: string;
  readonly match?: DrillMatch;
  /** From the beginning of the step until the agent had made the finding. */
  readonly finding_after_ms?: number;
  /** From the beginning of the step until this program knew of the finding. */
  readonly seen_after_ms?: number;
  /** Rules of other findings that the same step produced. */
  readonly also?: readonly string[];
  readonly reason?: Bilingual;
}

const needTexts: Record<DrillNeed, Bilingual> = {
  root: { en: 'needs root', zh: '需要 root 权限' },
  'kernel-sensor': {
    en: 'only the kernel sensor can see it; the agent runs reduced',
    zh: '只有内核传感器能看到，而代理处于受限模式',
  },
  'log-drills': {
    en: 'the agent does not follow the logs of drills',
    zh: '代理没有跟踪演练日志',
  },
};

function skipped(drill: Drill, unmet: readonly DrillNeed[]): DrillReport {
  const texts = unmet.map(need => needTexts[need]);
  return {
    ...facts(drill),
    verdict: 'skipped',
    reason: {
      en: texts.map(text => text.en).join('; '),
      zh: texts.map(text => text.zh).join('；'),
    },
  };
}

function facts(drill: Drill) {
  return { drill: drill.name, technique: drill.technique.uid, expected_rules: drill.rules };
}

/** Everything else that the run set off. */
function alsoFound(feed: FindingsFeed, from: number, tag: string, own: Finding | undefined): string[] {
  const others = feed.seen
    .slice(from)
    .map(({ finding }) => finding)
    .filter(finding => finding.finding_info.uid !== own?.finding_info.uid)
    .filter(finding => JSON.stringify(finding).includes(tag))
    .map(finding => finding.finding_info.analytic.uid);
  return [...new Set(others)];
}

/** Runs one drill, waits for its finding, and cleans up. */
export async function runDrill(
  drill: Drill,
  setting: {
    readonly feed: FindingsFeed;
    readonly program: DrillProgram;
    readonly have: ReadonlySet<DrillNeed>;
    /** The folder whose logs the agent follows. */
    readonly logs: string;
    /** How long to wait for the finding after the step was made, milliseconds. */
    readonly patience: number;
  },
): Promise<DrillReport> {
  const unmet = unmetNeeds(drill, setting.have);
  if (unmet.length > 0) return skipped(drill, unmet);
  const { feed } = setting;
  const from = feed.seen.length;
  const run = await startDrill(drill, setting.program, setting.logs);
  try {
    const { state, detail } = await run.outcome;
    const made = { ...facts(drill), tag: run.tag, started_at: run.startedAt };
    if (state !== 'made') {
      const verdict = state === 'not-here' ? 'skipped' : 'failed';
      return { ...made, verdict, reason: obstacleText(detail) };
    }
    const hit = await feed.find(
      finding => matchFinding(drill, run, finding) !== undefined,
      from,
      setting.patience,
    );
    const also = alsoFound(feed, from, run.tag, hit?.finding);
    if (!hit) return { ...made, verdict: 'missed', also };
    const { finding, seenAt } = hit;
    const match = matchFinding(drill, run, finding);
    return {
      ...made,
      verdict: 'found',
      finding_uid: finding.finding_info.uid,
      rule: finding.finding_info.analytic.uid,
      ...(match && { match }),
      finding_after_ms: Math.max(0, finding.time - run.startedAt),
      seen_after_ms: Math.max(0, seenAt - run.startedAt),
      also,
    };
  } finally {
    await run.end();
  }
}
