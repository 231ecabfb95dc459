/** What an incident names: processes that still run, files, its time. */
import type { Finding, Incident } from '@redoubt/model';
import type { Reader } from '@redoubt/store';
import { EvidenceError } from './error.ts';
import type { MemoryTarget } from './step.ts';
import { textOf } from './steps/read.ts';
import { openRecordIn } from './steps/record.ts';

/** An incident and the findings that it is made of. */
export interface RecordedIncident {
  readonly incident: Incident;
  readonly findings: readonly Finding[];
}

/** An incident of a record. @throws EvidenceError `indicators` when there is none of this uid; NotHere without a record */
export function recordedIncident(record: string, uid: string): RecordedIncident {
  const reader = openRecordIn(record);
  try {
    return readIncident(reader, uid);
  } finally {
    reader.close();
  }
}

function readIncident(reader: Reader, uid: string): RecordedIncident {
  const incident = reader.incidents.find(uid);
  if (incident === undefined) {
    throw new EvidenceError('indicators', {
      en: `the record has no incident ${uid}`,
      zh: `记录中没有编号为 ${uid} 的安全事件`,
    });
  }
  const findings = incident.finding_info_list.flatMap(({ uid: one }) => reader.finding(one) ?? []);
  return { incident, findings };
}

/** Files that a finding names. What lives in memory alone is no file; it is kept from the processes that run it. */
export function filesNamed({ evidences }: Finding): string[] {
  return evidences
    .flatMap(({ process, file }) => [process?.file?.path, file?.path])
    .filter(path => path?.startsWith('/') === true && !path.startsWith('/memfd:'))
    .map(String);
}

/** Time around an incident that is collected as well, milliseconds. */
const margin = 3_600_000;

/** What a collection about an incident is aimed at. */
export interface IncidentTargets {
  readonly from: number;
  readonly to: number;
  /** Its processes that run still; a reused pid is none of them. */
  readonly memory: readonly MemoryTarget[];
  /** Files that its findings name. */
  readonly files: readonly string[];
}

/** @throws as `recordedIncident` */
export function incidentTargets(record: string, uid: string): IncidentTargets {
  const { incident, findings } = recordedIncident(record, uid);
  const pids = new Set<number>();
  for (const { process } of findings.flatMap(({ evidences }) => evidences)) {
    if (process?.uid !== undefined && runs(process.uid)) pids.add(Number.parseInt(process.uid, 10));
  }
  return {
    from: incident.start_time - margin,
    to: incident.end_time + margin,
    memory: Array.from(pids, pid => ({ pid })),
    files: [...new Set(findings.flatMap(filesNamed))],
  };
}

/** Whether the very process of a uid, `PID:START`, runs. */
function runs(uid: string): boolean {
  const [pid, start] = uid.split(':');
  if (!/^\d+$/.test(pid ?? '')) return false;
  return /\) (?:\S+ ){19}(\d+)/.exec(textOf(`/proc/${pid}/stat`) ?? '')?.[1] === start;
}
