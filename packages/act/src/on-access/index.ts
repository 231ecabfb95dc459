export { KnownVerdicts } from './known.ts';
export { type AccessFinding, type AccessState, OnAccess, type OnAccessParts } from './protection.ts';
export { type AccessScanners, isMalicious } from './scanner.ts';
export { type OnAccessSettings, onAccessDefaults, parseOnAccess, writtenChoices } from './settings.ts';
export { type WaitingFile, type WrittenCounters, WrittenFiles } from './written-files.ts';
