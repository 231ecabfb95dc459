/** Findings of a boot that is not as it should be. */
import { type Device, draftFinding, type Finding, type Reason } from '@redoubt/model';
import type { BootChange } from './golden.ts';

/** Trusted verification of what starts, level 2 and 3 (GB/T 22239-2019). */
const mlps = ['8.1.4.6'];
/** Measurements that are shown of each side. */
const shown = 16;

/** The finding of a PCR that is not golden. */
export function bootFinding(
  { pcr, what, expected, found, added, removed }: BootChange,
  device?: Device,
): Finding {
  const measurement =
    (word: 'added' | 'removed') =>
    (one: BootChange['added'][number]): Reason => ({
      field: `boot.measurement.${word}`,
      value: one.text || one.digest,
      text:
        word === 'added'
          ? { en: `measured now and not before (${one.type})`, zh: `本次新增的度量（${one.type}）` }
          : { en: `measured before and not now (${one.type})`, zh: `此前有而本次没有的度量（${one.type}）` },
    });
  return draftFinding({
    analytic: { uid: 'measured-boot', name: 'Measured boot' },
    title: { en: `This boot is not the golden one: ${what.en}`, zh: `本次启动与黄金状态不符：${what.zh}` },
    description: {
      en: `PCR ${pcr} of the TPM has another value than in the golden state of the boot.`,
      zh: `TPM 的 PCR ${pcr} 与启动黄金状态中的值不同。`,
    },
    severity: pcr === 7 ? 5 : 4,
    reasons: [
      {
        field: `pcr.${pcr}`,
        value: `${expected} → ${found}`,
        text: { en: `PCR ${pcr} measures ${what.en}`, zh: `PCR ${pcr} 度量${what.zh}` },
      },
      ...added.slice(0, shown).map(measurement('added')),
      ...removed.slice(0, shown).map(measurement('removed')),
    ],
    evidences: [{ event: { pcr, expected, found } }],
    dedupKey: `boot:pcr:${pcr}:${found}`,
    tags: ['attack.persistence', 'attack.defense-evasion', 'attack.t1542'],
    mlps,
    advice: {
      en: 'After an update of the kernel or the firmware that you made, keep the new boot as golden (redoubt boot golden). Otherwise start from a medium that you trust and look at the boot loader, kernel and initial RAM disk.',
      zh: '若刚更新过内核或固件，请将本次启动记为黄金状态（redoubt boot golden）；否则请用可信介质启动，检查引导程序、内核与 initrd。',
    },
    ...(device !== undefined && { device }),
  });
}

/** The finding of PCRs whose values are not what the firmware's own log comes to. */
export function brokenLogFinding(pcrs: readonly number[], device?: Device): Finding {
  const list = pcrs.join(', ');
  return draftFinding({
    analytic: { uid: 'measured-boot-log', name: 'Measured boot: event log' },
    title: {
      en: `The event log of the boot is not what the TPM has: PCR ${list}`,
      zh: `启动事件日志与 TPM 不符：PCR ${list}`,
    },
    description: {
      en: 'Replayed, the log comes to other values than the PCRs have: it was changed, or is not complete.',
      zh: '重放日志得到的值与 PCR 不同：日志被修改或不完整。',
    },
    severity: 4,
    reasons: [
      {
        field: 'boot.log.pcrs',
        value: list,
        text: { en: 'the log does not come to the value of these PCRs', zh: '日志重放结果与这些 PCR 不一致' },
      },
    ],
    evidences: [{ event: { pcrs: [...pcrs] } }],
    dedupKey: `boot:log:${list}`,
    tags: ['attack.defense-evasion', 'attack.t1542'],
    mlps,
    ...(device !== undefined && { device }),
  });
}
