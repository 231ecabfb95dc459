/** Words about evidence. */
import type { Bilingual } from '@redoubt/model';
import type { StepStatus } from '@redoubt/prove/evidence';

const statuses: Readonly<Record<StepStatus, Bilingual>> = {
  done: { en: 'done   ', zh: '完成' },
  absent: { en: 'absent ', zh: '不存在' },
  failed: { en: 'failed ', zh: '失败' },
  'no-room': { en: 'no room', zh: '空间不足' },
  skipped: { en: 'skipped', zh: '已跳过' },
};

/** How a step ended. */
export function statusName(status: StepStatus): Bilingual {
  return statuses[status];
}
