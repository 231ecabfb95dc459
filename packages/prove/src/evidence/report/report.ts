/** The report of a container: host, times, steps, hashes, findings, the story of incidents, custody. */
import type { Bilingual, Finding, Incident } from '@redoubt/model';
import { ContainerReader } from '../container/reader.ts';
import type { Manifest } from '../manifest.ts';
import { statusNames } from '../segment.ts';
import { readSegment } from '../unpack.ts';
import { type VerifyEvidenceReport, verifyEvidence } from '../verify.ts';
import { type Block, fillTemplate } from './document.ts';

/** How a report is made. */
export interface ReportOptions {
  /** Text of the template. */
  readonly template: string;
  readonly language: 'en' | 'zh';
  /** age identities; without them an encrypted record is not told of. */
  readonly identities: readonly string[];
}

/** A report, and whether the evidence is as it was sealed. */
export interface EvidenceReport {
  readonly blocks: readonly Block[];
  readonly isGood: boolean;
}

const recordLimit = 64 << 20;
const rowLimit = 2000;

const moment = (time: number): string => new Date(time).toISOString().replace('T', ' ').slice(0, 19);

/** @throws EvidenceError `container`, `key` */
export async function reportEvidence(file: string, options: ReportOptions): Promise<EvidenceReport> {
  const { language, identities } = options;
  const report = await verifyEvidence(file);
  const isGood = report.faults.length === 0;
  const { manifest } = report;
  const isReadable = isGood && manifest !== undefined && (!manifest.encrypted || identities.length > 0);
  const { findings, incidents } = isReadable
    ? await recordOf(file, manifest, identities)
    : { findings: [], incidents: [] };
  const verdicts = isGood
    ? { en: 'The evidence is as it was sealed.', zh: '证据与封存时一致。' }
    : { en: 'THE EVIDENCE IS NOT AS IT WAS SEALED.', zh: '证据与封存时不一致！' };
  const unread = {
    en: ' The record is encrypted and was not read for this report.',
    zh: ' 飞行记录已加密，本报告未读取。',
  };
  const verdict = verdicts[language] + (isGood && !isReadable ? unread[language] : '');
  const values = {
    texts: { ...textsOf(report, file), verdict },
    tables: { ...tablesOf(report, language), ...recordTables(findings, incidents, language) },
  };
  return { blocks: fillTemplate(options.template, values, language === 'zh' ? '无。' : 'None.'), isGood };
}

function textsOf({ manifest, manifest_sha256, key }: VerifyEvidenceReport, file: string) {
  if (manifest === undefined) return { file, manifest_sha256: manifest_sha256 ?? '', key: key ?? '' };
  const { host, plan } = manifest;
  return {
    file,
    host: host.name,
    host_id: host.id,
    system: host.system,
    kernel: host.kernel,
    zone: host.zone,
    booted: moment(host.booted),
    begun: moment(manifest.begun),
    ended: moment(manifest.ended),
    from: moment(plan.from),
    to: moment(plan.to),
    who: manifest.who,
    why: manifest.why,
    case: manifest.case ?? '-',
    runs: String(manifest.runs),
    redoubt: manifest.redoubt,
    id: manifest.id,
    manifest_sha256: manifest_sha256 ?? '',
    key: key ?? '',
  };
}

function tablesOf({ manifest, faults, custody }: VerifyEvidenceReport, language: 'en' | 'zh') {
  const steps = manifest?.steps ?? [];
  return {
    faults: faults.map(({ kind, text }) => [kind, text[language]]),
    steps: steps.map(({ title, status, begun, members, content_bytes, segment }) => [
      title[language],
      (statusNames[status] as Bilingual | undefined)?.[language] ?? status,
      moment(begun),
      String(members),
      String(content_bytes),
      segment?.sha256 ?? '',
    ]),
    notes: steps.flatMap(({ title, notes }) => notes.map(note => [title[language], note[language]])),
    custody: (custody?.entries ?? []).map(({ time, actor, text, signed_by }) => [
      moment(time),
      actor,
      text[language],
      signed_by.slice(0, 16),
    ]),
  };
}

function recordTables(findings: readonly Finding[], incidents: readonly Incident[], language: 'en' | 'zh') {
  return {
    incidents: incidents.map(({ redoubt, start_time, end_time }) => [
      String(redoubt.score.value),
      `${moment(start_time)} – ${moment(end_time)}`,
      redoubt.title[language],
    ]),
    story: incidents
      .flatMap(({ redoubt }) => redoubt.story)
      .map(({ time, tactic, text }) => [moment(time), tactic?.name ?? '', text[language]]),
    findings: findings
      .slice(0, rowLimit)
      .map(({ finding_info, severity_id, count, redoubt }) => [
        moment(finding_info.last_seen_time),
        String(severity_id),
        String(count),
        redoubt.title[language],
      ]),
  };
}

/** Findings and incidents of a container that verifies. */
async function recordOf(file: string, manifest: Manifest, identities: readonly string[]) {
  const texts: Record<string, Buffer[]> = { findings: [], incidents: [] };
  const step = manifest.steps.find(({ id }) => id === 'record');
  const reader = await ContainerReader.open(file);
  try {
    const { members } = await reader.outline();
    const placed = members.find(({ name }) => name === step?.segment?.name);
    if (step !== undefined && placed !== undefined)
      await readSegment(reader, placed, step, {
        identities,
        onMember: (name, bytes) => {
          const parts = texts[/^(\w+)(?:-\d+)?\.jsonl$/.exec(name)?.[1] ?? ''];
          if (parts === undefined || bytes > recordLimit) return undefined;
          return { write: async part => void parts.push(Buffer.from(part)), end: async () => undefined };
        },
      });
  } finally {
    await reader.close();
  }
  const linesOf = <T>(name: string): T[] =>
    Buffer.concat(texts[name] ?? [])
      .toString('utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as T);
  return { findings: linesOf<Finding>('findings'), incidents: linesOf<Incident>('incidents') };
}
