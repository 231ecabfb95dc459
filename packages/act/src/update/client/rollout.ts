/** Staged roll-out: which hosts take a release when. */
import { createHash } from 'node:crypto';
import type { Release } from '../metadata/types.ts';

/** What decides a host's turn. */
export interface HostPlace {
  /** Stable identity of the host, e.g. its machine id. */
  readonly host: string;
  /** Group that the operator has put it into: `canary`, `web`; empty for none. */
  readonly group: string;
}

/**
 * Whether it is this host's turn. A host's place within a stage differs from release to release, so that it is not
 * always the same hosts that go first.
 * @param now milliseconds since the Unix epoch
 */
export function isDue(release: Release, { host, group }: HostPlace, now: number): boolean {
  if (release.rollout.length === 0) return true;
  const place = createHash('sha256').update(`${release.version}:${host}`).digest().readUInt32BE(0) % 100;
  return release.rollout.some(
    stage =>
      now >= release.issued + stage.afterHours * 3_600_000 &&
      (stage.group === undefined || stage.group === group) &&
      place < stage.percent,
  );
}
