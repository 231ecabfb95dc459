/** What the record holds of incidents, for going on after a start. */
import type { IncidentHistory } from '@redoubt/detect';
import { type Finding, findingStatus, incidentStatus } from '@redoubt/model';
import type { Reader } from '@redoubt/store';

/** Open incidents, and findings, taken up at a start; older ones stay in the record as they are. */
const incidentLimit = 2_000;
const findingLimit = 10_000;
/** Findings of this time may still be tied to new ones, milliseconds. */
const reach = 25 * 3_600_000;

/** Open incidents, their findings, and recent findings that no incident has. */
export async function incidentHistory(reader: Reader, now: number): Promise<IncidentHistory> {
  const { inProgress, new: fresh, onHold } = incidentStatus;
  const incidents = reader.incidents.list({ status: [fresh, inProgress, onHold], limit: incidentLimit });
  const findings = new Map<string, Finding>();
  const recent = await reader.findings({
    from: now - reach,
    status: [findingStatus.new, findingStatus.inProgress],
    limit: findingLimit,
  });
  for (const finding of recent) {
    const uid = finding.finding_info.uid;
    const of = reader.incidents.ofFinding(uid);
    const isClosed = of !== undefined && of.status_id >= incidentStatus.resolved;
    if (!isClosed) findings.set(uid, finding);
  }
  for (const { uid } of incidents.flatMap(incident => incident.finding_info_list)) {
    if (findings.size >= findingLimit) break;
    const finding = findings.has(uid) ? undefined : reader.finding(uid);
    if (finding !== undefined) findings.set(uid, finding);
  }
  return { incidents, findings: [...findings.values()] };
}
