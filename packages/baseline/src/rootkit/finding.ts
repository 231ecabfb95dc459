/** What a check of the kernel found, as findings. */
import { type Device, draftFinding, type Finding, type Process } from '@redoubt/model';
import type { RootkitFinding } from './report.ts';

/** The finding of the record. @param process that it is about, where it is known */
export function findingOfRootkit(found: RootkitFinding, device?: Device, process?: Process): Finding {
  const { key, severity, title, reasons, tags, mlps, advice } = found;
  return draftFinding({
    analytic: { uid: 'rootkit-check', name: 'Cross-view check of the kernel', type_id: 2 },
    title,
    description: {
      en: 'Views of the kernel that must agree do not, or something has changed how the kernel works.',
      zh: '内核的多个视图不一致，或内核的工作方式已被改变。',
    },
    severity,
    reasons,
    evidences: [{ ...(process === undefined ? {} : { process }), event: { check: 'rootkit', key } }],
    dedupKey: `rootkit:${key}`,
    tags,
    mlps,
    ...(advice === undefined ? {} : { advice }),
    ...(device === undefined ? {} : { device }),
  });
}
