/** The part of the API that is about scans of files. Times are milliseconds since the Unix epoch. */
import { Finding, type Static, Type } from '@redoubt/model';

const count = (of: string) => Type.Integer({ minimum: 0, description: of });

/** What a scan did. */
export const ScanSummary = Type.Object({
  files: count('files'),
  bytes: count('bytes'),
  cached: count('of these, files whose verdict was known'),
  clean: count('files'),
  suspicious: count('files'),
  malicious: count('files'),
  noted: count('files that were not seen in full'),
  notFiles: count('devices, pipes and sockets'),
  unreadableCount: count('files and folders that could not be read'),
  milliseconds: Type.Number({ minimum: 0 }),
  engines: Type.Array(
    Type.Object({ name: Type.String({ maxLength: 64 }), version: Type.String({ maxLength: 256 }) }),
    { maxItems: 32 },
  ),
  stopped: Type.Boolean({ description: 'it was ended before it was done' }),
});
export type ScanSummary = Static<typeof ScanSummary>;

/** Body of `POST /api/scanning/findings`, which only the unix socket takes. */
export const ScanDelivery = Type.Object({
  findings: Type.Array(Finding, { maxItems: 100 }),
  report: Type.Optional(ScanSummary),
});
export type ScanDelivery = Static<typeof ScanDelivery>;

/** A scan that the agent was told of. */
export const KnownScan = Type.Object({ time: Type.Integer(), report: ScanSummary });

/** Answer of `GET /api/scanning`. */
export const ScanningAnswer = Type.Object({
  scans: Type.Array(KnownScan, { description: 'the last ones, the newest first' }),
  findings: count('findings taken since the start'),
});
export type ScanningAnswer = Static<typeof ScanningAnswer>;
