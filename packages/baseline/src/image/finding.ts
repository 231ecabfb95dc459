/** The finding of an image, host or guest that differs from its golden state. */
import { draftFinding, type Finding, type StateChange } from '@redoubt/model';

/** Differences that a finding names. */
const named = 20;

/** What was compared, and what came of it. */
export interface ImageComparison {
  /** What was looked at: a path, or the name of a guest. */
  readonly subject: string;
  /** File of the golden state. */
  readonly golden: string;
  /** How many entries differ. */
  readonly count: number;
  /** Some of them. */
  readonly first: readonly StateChange[];
}

/** One finding for all differences of one subject. */
export function imageFinding({ subject, golden, count, first }: ImageComparison): Finding {
  const words = {
    added: { en: 'added', zh: '新增' },
    removed: { en: 'missing', zh: '缺失' },
    changed: { en: 'changed', zh: '被更改' },
  } as const;
  return draftFinding({
    analytic: { uid: 'image-drift', name: 'Golden state of images' },
    title: { en: `${subject} differs from its golden image`, zh: `${subject} 与其黄金镜像不符` },
    description: {
      en: `${count} entries differ from the golden state ${golden}.`,
      zh: `与黄金状态 ${golden} 有 ${count} 项不同。`,
    },
    severity: 4,
    reasons: first.slice(0, named).map(({ key, kind }) => ({ field: 'key', value: key, text: words[kind] })),
    evidences: [{ file: { path: subject }, event: { golden, count } }],
    dedupKey: `image:${subject}:${golden}`,
    tags: ['attack.persistence', 'attack.t1525'],
    mlps: ['8.1.4.6', '8.2.4.4'],
    count,
    advice: {
      en: 'Look at the differences (redoubt image compare); build the image anew where nobody can explain them.',
      zh: '请查看差异（redoubt image compare）；无法解释时重新构建镜像。',
    },
  });
}
