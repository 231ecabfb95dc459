/** Making whole findings from what tells them apart. */
import type { Bilingual, Finding, ProcessNode, Reason } from '@redoubt/agent/contract';
import { minutesAgo } from './processes.ts';

/** A finding with the processes around it. */
export interface Case {
  finding: Finding;
  tree: { processes: ProcessNode[]; focus: string };
}

/** What tells one finding from another; the rest is the same for all. */
export interface Sketch {
  uid: string;
  rule: string;
  severity: number;
  title: Bilingual;
  description: Bilingual;
  reasons: Reason[];
  advice: Bilingual;
  falsePositives: Bilingual;
  tactic: [string, string];
  technique: [string, string];
  clause: string;
  minutes: number;
  count?: number;
  status?: number;
  tree: Case['tree'];
  file?: string;
}

/** The whole finding that a sketch stands for. */
export function toCase(sketch: Sketch): Case {
  const node = sketch.tree.processes.find(process => process.uid === sketch.tree.focus);
  if (!node) throw new Error(`the tree of ${sketch.uid} has no focus`);
  const last = minutesAgo(sketch.minutes);
  const first = sketch.count === undefined ? last : last - 45 * 60_000;
  const finding: Finding = {
    class_uid: 2004,
    category_uid: 2,
    activity_id: 1,
    type_uid: 200401,
    time: last + 14,
    severity_id: sketch.severity,
    status_id: sketch.status ?? 1,
    message: sketch.title.en,
    count: sketch.count ?? 1,
    metadata: {
      version: '1.6.0',
      product: { name: 'Redoubt', vendor_name: 'Redoubt', version: '0.1.0' },
      uid: sketch.uid,
    },
    device: { hostname: 'web-01', type_id: 1 },
    finding_info: {
      uid: sketch.uid,
      title: sketch.title.en,
      analytic: { uid: sketch.rule, name: sketch.title.en, type_id: 1, version: '1' },
      attacks: [
        {
          tactic: { uid: sketch.tactic[0], name: sketch.tactic[1] },
          technique: { uid: sketch.technique[0], name: sketch.technique[1] },
        },
      ],
      created_time: last + 14,
      first_seen_time: first,
      last_seen_time: last,
    },
    evidences: [
      {
        process: {
          uid: node.uid,
          pid: node.pid,
          name: node.name,
          cmd_line: node.cmd_line ?? node.name,
          file: {
            path: node.exe ?? '',
            hashes: [{ algorithm_id: 3, algorithm: 'SHA-256', value: node.sha256 ?? '' }],
          },
          ...(node.user ? { user: node.user } : {}),
          ...(node.container ? { container: node.container } : {}),
          created_time: node.start,
          working_directory: node.user?.name === 'www-data' ? '/var/www/shop/public' : '/root',
          ...(node.user?.name === 'root' ? { session: { uid: '41', terminal: 'pts/0' } } : {}),
        },
        ...(sketch.file === undefined ? {} : { file: { path: sketch.file } }),
      },
    ],
    compliance: { standards: ['GB/T 22239-2019'], requirements: [sketch.clause] },
    redoubt: {
      title: sketch.title,
      description: sketch.description,
      reasons: sketch.reasons,
      advice: sketch.advice,
      false_positives: sketch.falsePositives,
      dedup_key: `${sketch.rule}:${node.uid}`,
    },
  };
  return { finding, tree: sketch.tree };
}
