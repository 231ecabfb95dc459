/** Golden values of a boot, and what a change of them means. */
import type { Bilingual } from '@redoubt/model';
import type { Decision } from '../state/golden-file.ts';
import { type Bank, isBank } from './algorithms.ts';
import { BootDataError } from './cursor.ts';
import { type BootEvent, type EventLog, eventText, eventTypeName } from './event-log.ts';

/** One measurement as it is kept. */
export interface GoldenEvent {
  readonly pcr: number;
  readonly type: string;
  readonly digest: string;
  readonly text: string;
}

/** The golden state of a boot. */
export interface GoldenBoot {
  readonly format: 'redoubt-golden-boot-1';
  readonly bank: Bank;
  readonly created: number;
  readonly decision?: Decision;
  readonly pcrs: Readonly<Record<string, string>>;
  readonly events: readonly GoldenEvent[];
}

/** What is measured where. Source: TCG PC Client profile, 3.3.4; the UAPI group's registry for 8 to 15. */
const meanings: readonly (readonly [pcrs: readonly number[], what: Bilingual])[] = [
  [[0], { en: 'the firmware', zh: '固件' }],
  [[1], { en: 'the firmware’s settings', zh: '固件设置' }],
  [[2, 3], { en: 'firmware of devices (option ROMs)', zh: '设备固件（Option ROM）' }],
  [[4], { en: 'the boot loader or the kernel’s own image', zh: '引导程序或内核映像' }],
  [[5], { en: 'the partition table or settings of the boot loader', zh: '分区表或引导程序设置' }],
  [[7], { en: 'Secure Boot: its state, keys and revocations', zh: '安全启动：状态、密钥与吊销' }],
  [[8], { en: 'the boot loader’s commands and the kernel’s command line', zh: '引导程序命令与内核命令行' }],
  [[9], { en: 'the kernel and the initial RAM disk', zh: '内核与 initrd' }],
  [[10], { en: 'files measured by IMA', zh: 'IMA 度量的文件' }],
  [[11], { en: 'a unified kernel image', zh: '统一内核映像' }],
  [[12], { en: 'the kernel’s command line and credentials', zh: '内核命令行与凭据' }],
  [[13], { en: 'system extensions', zh: '系统扩展' }],
  [[14], { en: 'shim’s machine owner keys', zh: 'shim 的 MOK 密钥' }],
];

/** What a PCR measures. */
export function meaningOf(pcr: number): Bilingual {
  return meanings.find(([pcrs]) => pcrs.includes(pcr))?.[1] ?? { en: `PCR ${pcr}`, zh: `PCR ${pcr}` };
}

/** PCRs that stay the same from one boot to the next while nothing changes; 10 grows and the others are free to use. */
export const stablePcrs: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14];

function kept(event: BootEvent, bank: Bank): GoldenEvent {
  return {
    pcr: event.pcr,
    type: eventTypeName(event.type),
    digest: event.digests[bank] ?? '',
    text: eventText(event),
  };
}

/** A golden state out of PCR values and, where there is one, the log that explains them. */
export function goldenBoot(
  bank: Bank,
  pcrs: ReadonlyMap<number, string>,
  log?: EventLog,
  decision?: Decision,
): GoldenBoot {
  const values = Object.fromEntries([...pcrs].filter(([pcr]) => stablePcrs.includes(pcr)));
  const events = (log?.events ?? []).map(event => kept(event, bank)).filter(one => one.digest !== '');
  return {
    format: 'redoubt-golden-boot-1',
    bank,
    created: Date.now(),
    ...(decision && { decision }),
    pcrs: values,
    events,
  };
}

/** A PCR that is not golden. */
export interface BootChange {
  readonly pcr: number;
  readonly expected: string;
  readonly found: string;
  readonly what: Bilingual;
  /** Measurements that are new, and those that are missing. */
  readonly added: readonly GoldenEvent[];
  readonly removed: readonly GoldenEvent[];
}

/** How the PCRs of now differ from the golden ones, and which measurements account for it. */
export function compareBoot(
  golden: GoldenBoot,
  pcrs: ReadonlyMap<number, string>,
  log?: EventLog,
): BootChange[] {
  const now = (log?.events ?? []).map(event => kept(event, golden.bank)).filter(one => one.digest !== '');
  return Object.entries(golden.pcrs).flatMap(([name, expected]) => {
    const pcr = Number(name);
    const found = pcrs.get(pcr) ?? '';
    if (found === expected) return [];
    const mine = now.filter(one => one.pcr === pcr);
    const before = golden.events.filter(one => one.pcr === pcr);
    const added = mine.filter(one => !before.some(other => other.digest === one.digest));
    const removed = before.filter(one => !mine.some(other => other.digest === one.digest));
    return [{ pcr, expected, found, what: meaningOf(pcr), added, removed }];
  });
}

/** Reads a golden state. @throws BootDataError when the text is none */
export function parseGoldenBoot(text: string): GoldenBoot {
  let value: Partial<GoldenBoot> | null;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BootDataError('it is no JSON');
  }
  const { format, bank, pcrs, events } = value ?? {};
  if (
    format !== 'redoubt-golden-boot-1' ||
    typeof bank !== 'string' ||
    !isBank(bank) ||
    typeof pcrs !== 'object' ||
    pcrs === null ||
    !Array.isArray(events)
  ) {
    throw new BootDataError('it is no golden state of a boot');
  }
  return value as GoldenBoot;
}
