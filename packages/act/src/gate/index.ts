export { BlockedContents, type BlockedRun } from './blocked-contents.ts';
export { type Guard, isBelow, type WrittenFile } from './guard.ts';
export { SharedGate, type SharedGateOptions } from './shared-gate.ts';
