/** What application control says of a program that it denied. */
import type { DeniedProgram } from '@redoubt/act/app-control';
import { type Device, draftFinding, type Finding, type Process } from '@redoubt/model';

const mlps = ['8.1.4.5', '8.1.4.6'];

/** The finding that a program was denied, or at audit would have been. @param count starts that it stands for */
export function deniedFinding(
  { path, rung, decision }: DeniedProgram,
  who: Process,
  count: number,
  device: Device,
): Finding {
  const isDenied = rung === 'enforce';
  const { sha256, owner, text } = decision;
  return draftFinding({
    analytic: {
      uid: `redoubt.app-control.${isDenied ? 'denied' : 'would-deny'}`,
      name: 'Application control',
    },
    title: isDenied
      ? { en: `Program denied: ${path}`, zh: `已拒绝程序：${path}` }
      : { en: `Program would be denied: ${path}`, zh: `程序将被拒绝：${path}` },
    description: isDenied
      ? { en: `Its start was refused (EPERM): ${text.en}.`, zh: `启动被拒绝（EPERM）：${text.zh}。` }
      : {
          en: `At enforce its start would be refused: ${text.en}.`,
          zh: `在强制阶段将被拒绝启动：${text.zh}。`,
        },
    severity: isDenied ? 3 : 2,
    reasons: [
      { field: 'file.path', value: path, text },
      {
        field: 'file.hashes.value',
        value: sha256,
        text: { en: 'SHA-256 of its content', zh: '其内容的 SHA-256' },
      },
      { field: 'file.owner.uid', value: String(owner), text: { en: 'owner of the file', zh: '文件所有者' } },
    ],
    evidences: [
      {
        process: who,
        file: {
          path,
          owner: { uid: String(owner) },
          ...(sha256 !== '' && { hashes: [{ algorithm_id: 3, algorithm: 'SHA-256', value: sha256 }] }),
        },
      },
    ],
    tags: ['attack.execution', 'attack.t1204.002'],
    mlps,
    dedupKey: `app-control.${isDenied ? 'denied' : 'would-deny'}:${owner}:${path}:${sha256}`,
    advice: {
      en: 'If it should run, add a rule or a signed catalog: redoubt app-control report shows a rule for each program.',
      zh: '若应允许运行，请添加规则或签名目录：redoubt app-control report 会为每个程序给出建议规则。',
    },
    count,
    device,
  });
}
