/** Quarantine: files taken out of their place, sealed, and given back as they were. */
export type { FileAttributes } from './attributes.ts';
export { isEntryId, type QuarantineCause, type QuarantineEntry } from './entry.ts';
export { isReleased } from './released.ts';
export { SealBroken } from './seal.ts';
export { Quarantine, QuarantineError, type Recovery } from './vault.ts';
