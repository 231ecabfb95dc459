/** The kill chain: tactics of MITRE ATT&CK (Enterprise) in the order in which attacks usually take them. */
import type { Attack, Bilingual } from '@redoubt/model';

type Tactic = Attack['tactic'];

const chain: readonly (readonly [uid: string, en: string, zh: string])[] = [
  ['TA0043', 'Reconnaissance', '侦察'],
  ['TA0042', 'Resource Development', '资源开发'],
  ['TA0001', 'Initial Access', '初始访问'],
  ['TA0002', 'Execution', '执行'],
  ['TA0003', 'Persistence', '持久化'],
  ['TA0004', 'Privilege Escalation', '权限提升'],
  ['TA0005', 'Defense Evasion', '防御规避'],
  ['TA0006', 'Credential Access', '凭据访问'],
  ['TA0007', 'Discovery', '发现'],
  ['TA0008', 'Lateral Movement', '横向移动'],
  ['TA0009', 'Collection', '收集'],
  ['TA0011', 'Command and Control', '命令与控制'],
  ['TA0010', 'Exfiltration', '数据渗出'],
  ['TA0040', 'Impact', '影响'],
];
const places = new Map(chain.map(([uid], place) => [uid, place]));

/** Place of a tactic in the chain, from 0; after all others when it is not known. */
export function placeOf(uid: string): number {
  return places.get(uid) ?? chain.length;
}

/** The name of a tactic in both languages. */
export function tacticName({ uid, name }: Tactic): Bilingual {
  const [, en = name, zh = name] = chain[placeOf(uid)] ?? [];
  return { en, zh };
}

/** Different tactics in the order of the chain; those without an id are left out. */
export function inChainOrder(tactics: Iterable<Tactic>): Tactic[] {
  const known = new Map<string, Tactic>();
  for (const tactic of tactics)
    if (tactic.uid !== '' && !known.has(tactic.uid)) known.set(tactic.uid, tactic);
  return [...known.values()].sort((a, b) => placeOf(a.uid) - placeOf(b.uid));
}

/**
 * How far an attack went along the chain: the longest series of tactics, in the order of their times, in which
 * each stands after the one before.
 * @param uids tactics in the order of time
 */
export function progress(uids: readonly string[]): number {
  // The end of the best series of each length (patience sorting).
  const ends: number[] = [];
  for (const uid of uids) {
    const place = placeOf(uid);
    if (place === chain.length) continue;
    const at = ends.findIndex(end => end >= place);
    ends[at < 0 ? ends.length : at] = place;
  }
  return ends.length;
}
