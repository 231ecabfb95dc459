/** The journal of everything that was done to a host's protection, which tells when it was tampered with. */
export { type Checkpoint, checkpointOf, makeCheckpoint, parseCheckpoint } from './checkpoint.ts';
export { Journal, journalFolder } from './journal.ts';
export { type JournalFault, type JournalReport, type VerifyOptions, verifyJournal } from './verify.ts';
