/** What application control says: programs denied, programs let through unjudged. */
import type { DeniedProgram } from '@redoubt/act/app-control';
import type { GateEvent } from '@redoubt/kernel';
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

const troubleTexts: Readonly<Record<Exclude<GateEvent['kind'], 'denied'>, { en: string; zh: string }>> = {
  'timed-out': { en: 'no verdict came in time', zh: '未能及时作出判断' },
  blind: { en: 'too many programs waited for a verdict', zh: '等待判断的程序过多' },
  failed: { en: 'it could not be judged', zh: '无法判断' },
  overflow: { en: 'the kernel lost word of written files', zh: '内核丢失了文件写入通知' },
  'watchdog-lost': {
    en: 'the watchdog of the gate ended and was started anew',
    zh: '关卡看门狗退出并已重新启动',
  },
};

/** The finding that programs were let through unjudged. */
export function openedFinding(
  { kind, path, error }: GateEvent & { kind: Exclude<GateEvent['kind'], 'denied'> },
  who: Process,
  count: number,
  device: Device,
): Finding {
  const text = troubleTexts[kind];
  return draftFinding({
    analytic: { uid: `redoubt.app-control.${kind}`, name: 'Application control' },
    title: { en: `The gate let through: ${text.en}`, zh: `关卡已放行：${text.zh}` },
    description: {
      en: `Programs run although application control has not judged them: ${text.en}.`,
      zh: `有程序在未经应用程序控制判断的情况下运行：${text.zh}。`,
    },
    severity: 3,
    reasons: [
      {
        field: 'file.path',
        value: path,
        text: error === undefined ? text : { en: String(error), zh: String(error) },
      },
    ],
    evidences: [{ process: who, ...(path !== '' && { file: { path } }) }],
    tags: ['attack.execution'],
    mlps,
    dedupKey: `app-control.${kind}`,
    count,
    device,
  });
}
