/** What is said of a program that was denied because a response blocks its content. */
import { type Device, draftFinding, type Finding, type Process } from '@redoubt/model';

/** The finding that somebody wanted to run a blocked content. @param count starts that it stands for */
export function blockedRunFinding(path: string, who: Process, count: number, device: Device): Finding {
  return draftFinding({
    analytic: { uid: 'redoubt.response.blocked-content', name: 'Blocked content' },
    title: { en: `Blocked content denied: ${path}`, zh: `已拒绝被阻断的内容：${path}` },
    description: {
      en: 'Its start was refused (EPERM), because a response blocks every program with this content.',
      zh: '启动被拒绝（EPERM）：处置操作阻断了具有该内容的所有程序。',
    },
    severity: 4,
    reasons: [
      {
        field: 'file.path',
        value: path,
        text: { en: 'its content is the one that is blocked', zh: '其内容与被阻断的内容一致' },
      },
    ],
    evidences: [{ process: who, file: { path } }],
    tags: ['attack.execution', 'attack.t1204.002'],
    mlps: ['8.1.4.5', '8.1.4.6'],
    dedupKey: `blocked-content:${path}`,
    advice: {
      en: 'Find out who brought it here again. Take the block back with redoubt respond undo.',
      zh: '查明是谁再次带入该文件。可用 redoubt respond undo 撤销阻断。',
    },
    count,
    device,
  });
}
