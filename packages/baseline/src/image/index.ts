/** Images and guests: golden states of directories, disks and container images, and what differs from them. */
export { ImageError } from './entry.ts';
export { type ImageComparison, imageFinding } from './finding.ts';
export { disksOf, guestStates, hookPath, hookScript, installHook, removeHook, stateOfGuest } from './hook.ts';
export { compareImage, kindOf, readState, type SourceKind, withImage, writeState } from './state.ts';
