/** What a helper and its owner say to each other. Plain data. */
import type { EngineSettings } from '../engines.ts';
import type { ScanLimits } from '../limits.ts';
import type { FileResult } from '../run/messages.ts';

/** The helper's end of the socket over which open files come. */
export const descriptorSocket = 4;

/** What a helper starts with. */
export interface HelperSettings {
  readonly engines: EngineSettings;
  readonly limits: ScanLimits;
  /** Whether it gives way to every other program. */
  readonly isPolite: boolean;
}

/** What the owner says. */
export type HelperRequest =
  | { readonly settings: HelperSettings }
  /** Scan the file whose descriptor comes over the socket at the same time; `path` is for people. */
  | { readonly id: number; readonly path: string }
  /** Scan every file below the points that has changed since (milliseconds since the Unix epoch). */
  | {
      readonly id: number;
      readonly points: readonly string[];
      readonly since: number;
      readonly exclude: readonly string[];
    };

/** What the helper says. */
export type HelperAnswer =
  | { readonly ready: true }
  | { readonly failure: string }
  | { readonly id: number; readonly result: FileResult }
  /** One file of a walk of which something is to be said. */
  | { readonly id: number; readonly path: string; readonly found: FileResult }
  | { readonly id: number; readonly walked: number };
