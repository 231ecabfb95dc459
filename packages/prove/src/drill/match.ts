/** Telling a drill's own finding from all others. */
import type { Finding } from '@redoubt/model';
import type { Drill } from './drill.ts';

/**
 * How a finding belongs to a drill's run: `tag` — it bears the run's unique name; `repeat` — it is an older
 * finding of the same rule about the drill program, whose count grew during the run.
 */
export type DrillMatch = 'tag' | 'repeat';

/**
 * Whether a finding is what a run of a drill should produce.
 * @param drill the drill that ran
 * @param run its unique name and when its step began (milliseconds since the Unix epoch)
 * @param finding a finding that was made or changed since
 */
export function matchFinding(
  drill: Drill,
  run: { readonly tag: string; readonly startedAt: number },
  finding: Finding,
): DrillMatch | undefined {
  const { uid, name } = finding.finding_info.analytic;
  if (!drill.rules.includes(uid) && !drill.rules.includes(name)) return undefined;
  if (JSON.stringify(finding).includes(run.tag)) return 'tag';
  const aboutDrill = finding.evidences.some(({ process }) => {
    const names = [process?.file?.path, process?.cmd_line, process?.parent_process?.file?.path];
    return names.some(name => name?.includes('redoubt-drill'));
  });
  return aboutDrill && finding.count > 1 && finding.finding_info.last_seen_time >= run.startedAt
    ? 'repeat'
    : undefined;
}
