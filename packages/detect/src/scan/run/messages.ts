/** What the processes of a scan say to each other. Plain data. */
import type { EngineSettings } from '../engines.ts';
import type { ScanLimits } from '../limits.ts';
import type { ScannedFile } from '../scan-file.ts';
import { fuse, type Verdict } from '../verdict.ts';
import type { FileIdentity } from './cache.ts';

/** What a scanning process starts with. */
export interface WorkerSettings {
  readonly engines: EngineSettings;
  readonly limits: ScanLimits;
  readonly opens: boolean;
  /** Part of its time that the process may work, above 0 up to 1. */
  readonly share: number;
}

/** A file to scan. */
export interface FileTask {
  readonly path: string;
  readonly raw?: Uint8Array;
  /** Descriptor under which the process already has it open. */
  readonly fd?: number;
  readonly size: number;
}

/** What a scanning process is told: first how to scan, then files, in their order. */
export type WorkerRequest = { readonly settings: WorkerSettings } | { readonly files: readonly FileTask[] };

/** What became of one file; a clean one without notes has no verdict. */
export interface FileResult {
  readonly identity?: FileIdentity;
  readonly verdict?: Verdict;
  readonly sha256?: string;
}

/** What a scanning process says. Results come in the order of the files, in one piece or several. */
export type WorkerMessage =
  | { readonly ready: true }
  | { readonly failure: string }
  | { readonly results: readonly FileResult[] };

/** The result of a scan, as little as says it. */
export function resultOf({ verdict, stats, sha256 }: ScannedFile): FileResult {
  const isPlain = verdict.judged === 'clean' && verdict.notes.length === 0;
  return {
    ...(stats !== undefined && {
      identity: {
        dev: stats.dev,
        ino: stats.ino,
        size: stats.size,
        mtimeMs: stats.mtimeMs,
        ctimeMs: stats.ctimeMs,
      },
    }),
    ...(!isPlain && { verdict }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

/** The verdict on a file that no engine has seen. @param words why not */
export function notScanned(kind: 'too-slow' | 'unreadable', path: string, words: string): Verdict {
  const text = { en: `it could not be scanned: ${words}`, zh: `无法扫描：${words}` };
  return fuse([], [{ kind, where: path, text }]);
}
