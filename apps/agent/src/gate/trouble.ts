/** Findings about the gate itself: what was let through unjudged, and what it could not see. */
import type { GateEvent } from '@redoubt/kernel';
import { type Bilingual, type Device, draftFinding, type Finding, type Process } from '@redoubt/model';

/** An event at the gate that means that something was not judged. */
export type GateTrouble = GateEvent & { kind: Exclude<GateEvent['kind'], 'denied'> };

/** Whose verdict was missing: the gate's own trouble, or that of one protection. */
export type TroubledBy = 'gate' | 'app-control' | 'on-access';

/** Whether an event is trouble. */
export function isTrouble(event: GateEvent): event is GateTrouble {
  return event.kind !== 'denied';
}

const names: Readonly<Record<TroubledBy, Bilingual>> = {
  gate: { en: 'The gate', zh: '执行关卡' },
  'app-control': { en: 'Application control', zh: '应用程序控制' },
  'on-access': { en: 'Scanning on access', zh: '访问时扫描' },
};

const texts: Readonly<Record<GateTrouble['kind'], Bilingual>> = {
  'timed-out': { en: 'no verdict came in time', zh: '未能及时作出判断' },
  blind: { en: 'too many programs waited for a verdict', zh: '等待判断的程序过多' },
  failed: { en: 'a file could not be judged', zh: '有文件无法判断' },
  overflow: {
    en: 'the kernel lost word of written files; what changed is scanned a little later',
    zh: '内核丢失了文件写入通知；稍后将扫描有变化的文件',
  },
  'watchdog-lost': {
    en: 'the watchdog of the gate ended and was started anew',
    zh: '关卡看门狗退出并已重新启动',
  },
  'taken-over': {
    en: 'the agent was stopped or had no processor time, and the watchdog let every program through meanwhile',
    zh: '代理被暂停或得不到处理器时间，其间看门狗放行了所有程序',
  },
};

/** The finding that something went unjudged. @param count occasions that it stands for */
export function troubleFinding(
  by: TroubledBy,
  { kind, path, error }: GateTrouble,
  who: Process,
  count: number,
  device: Device,
): Finding {
  const text = texts[kind];
  const name = names[by];
  const words = error instanceof Error ? error.message : String(error);
  return draftFinding({
    analytic: { uid: `redoubt.${by}.${kind}`, name: name.en },
    title: { en: `${name.en} let through: ${text.en}`, zh: `${name.zh}已放行：${text.zh}` },
    description: {
      en: `Files were run or written unjudged: ${text.en}.`,
      zh: `有文件在未经判断的情况下运行或写入：${text.zh}。`,
    },
    severity: 3,
    reasons: [
      {
        field: 'file.path',
        value: path,
        text: error === undefined ? text : { en: `${text.en}: ${words}`, zh: `${text.zh}：${words}` },
      },
    ],
    evidences: [{ process: who, ...(path !== '' && { file: { path } }) }],
    tags: ['attack.execution'],
    mlps: ['8.1.4.5', '8.1.4.6'],
    dedupKey: `${by}.${kind}`,
    count,
    device,
  });
}
