/** A verdict as an OCSF finding. */

import { basename } from 'node:path';
import { analyticType, draftFinding, type Evidence, type Finding, type FindingDraft } from '@redoubt/model';
import type { Judged, Verdict } from './verdict.ts';

/** What a finding is made of. */
export interface FindingSource {
  readonly path: string;
  readonly size: number;
  readonly verdict: Verdict;
  readonly sha256?: string;
  /** The process whose program it is. */
  readonly process?: NonNullable<Evidence['process']>;
}

const severities: Readonly<Record<Exclude<Judged, 'clean'>, number>> = { suspicious: 3, malicious: 4 };
/** ATT&CK for files that nobody has tagged closer. */
const defaultTags = ['attack.execution', 'attack.t1204.002'];
/** GB/T 22239-2019, 8.1.4.5: protection against malicious code. */
const clause = '8.1.4.5';

/** The finding of a verdict; undefined for a clean file. */
export function findingOf(source: FindingSource): Finding | undefined {
  const draft = findingDraftOf(source);
  return draft === undefined ? undefined : draftFinding(draft);
}

/** What the finding of a verdict says, for those who have more to say; undefined for a clean file. */
export function findingDraftOf({
  path,
  size,
  verdict,
  sha256,
  process,
}: FindingSource): FindingDraft | undefined {
  const { judged, findings, notes } = verdict;
  const [first] = findings;
  if (judged === 'clean' || first === undefined) return undefined;
  const tags = [...new Set(findings.flatMap(({ tags: own }) => own ?? []))];
  const where = first.where === path ? path : first.where;
  return {
    analytic: {
      uid: `scan.${first.engine}.${first.signature}`,
      name: first.title.en,
      type_id: analyticType.fingerprint,
    },
    title: first.title,
    description: {
      en: `${where} is ${judged}: ${findings.length} finding(s) of ${new Set(findings.map(({ engine }) => engine)).size} engine(s), score ${verdict.score} of 100.`,
      zh: `${where} 判定为${judged === 'malicious' ? '恶意' : '可疑'}：${new Set(findings.map(({ engine }) => engine)).size} 个引擎给出 ${findings.length} 条结论，得分 ${verdict.score}/100。`,
    },
    severity: severities[judged],
    reasons: [
      ...findings.flatMap(finding =>
        finding.reasons.map(reason => ({ ...reason, field: `${finding.engine}.${reason.field}` })),
      ),
      ...notes.map(note => ({ field: `scan.${note.kind}`, value: note.where, text: note.text })),
    ],
    evidences: [
      {
        file: {
          path,
          name: basename(path),
          type_id: 1,
          size,
          ...(sha256 !== undefined && { hashes: [{ algorithm_id: 3, algorithm: 'SHA-256', value: sha256 }] }),
        },
        ...(process !== undefined && { process }),
      },
    ],
    dedupKey: `scan:${path}:${first.engine}:${first.signature}`,
    tags: tags.length > 0 ? tags : defaultTags,
    mlps: [clause],
    advice: {
      en: 'See where the file comes from and what runs it. Quarantine it (redoubt quarantine add PATH); it can be brought back unchanged.',
      zh: '查明文件来源及其使用者，并将其隔离（redoubt quarantine add 路径）；之后可原样恢复。',
    },
    falsePositives: {
      en: 'Rules that are too broad; files made to test scanners; packed or protected commercial software.',
      zh: '过于宽泛的规则；用于测试扫描器的文件；加壳或受保护的商业软件。',
    },
  };
}
