/** Bans: who offends too often, as jails judge it, is kept out for a time. */
export { canonicalAddress, type Network, overlaps, parseNetwork, subjectOf } from '../address/address.ts';
export { parseDuration, writeDuration } from '../duration.ts';
export { type Ban, isStanding } from './decision/ban.ts';
export {
  type CrowdsecDecision,
  type Imported,
  importedFor,
  readDecisions,
  toCrowdsec,
  toPlain,
} from './decision/exchange.ts';
export { BanStore } from './decision/store.ts';
export { Guard, type GuardOptions, type Outcome, type Refusal } from './guard.ts';
export type { Jail } from './jail/jail.ts';
export { type LoadedJails, loadJails } from './jail/load.ts';
export { parseJail } from './jail/parse.ts';
export { JailWatch, type Offender } from './jail/watch.ts';
export { BanTable, tableName } from './kernel/table.ts';
export { bansProtection } from './protection.ts';
export { type BanSettings, parseSettings } from './settings.ts';
