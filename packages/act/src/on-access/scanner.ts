/** How on-access scanning comes by verdicts. */
import type { FileResult, ScanHelper } from '@redoubt/detect/scan-helper';

/** A verdict, with nothing in it where a content is clean and nothing is to be said of it. */
export type FileVerdict = Pick<FileResult, 'verdict' | 'sha256'>;

/**
 * Two processes that scan: one for programs that wait to be run, with little time for each, and one for everything
 * else, which gives way to all other programs.
 */
export interface AccessScanners {
  readonly waiting: ScanHelper;
  readonly patient: ScanHelper;
}

/** Whether a content is held to be malicious: only that is denied. */
export function isMalicious({ verdict }: FileVerdict): boolean {
  return verdict?.judged === 'malicious';
}

/** Whether a verdict stands for the content: a scan that was cut short, or whose engines failed, is done again. */
export function isWhole(scanned: FileVerdict): boolean {
  return isMalicious(scanned) || scanned.verdict?.notes.every(({ kind }) => !passing.has(kind)) !== false;
}

const passing: ReadonlySet<string> = new Set(['too-slow', 'engine-failed', 'changed', 'unreadable']);
