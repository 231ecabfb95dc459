import type { Finding } from '../../api/contract.ts';

/**
 * Takes a new or changed finding into a list that is sorted newest first. One that no longer belongs
 * there leaves it.
 */
export function merge(list: readonly Finding[], finding: Finding, belongs: boolean): Finding[] {
  const rest = list.filter(other => other.finding_info.uid !== finding.finding_info.uid);
  if (!belongs) return rest;
  const seen = finding.finding_info.last_seen_time;
  const place = rest.findIndex(other => other.finding_info.last_seen_time <= seen);
  return place < 0 ? [...rest, finding] : rest.toSpliced(place, 0, finding);
}
