/** One update: follow the repository, fetch what is new, try it, put it in force. */
import { promisify } from 'node:util';
import { zstdDecompress } from 'node:zlib';
import type { Bilingual } from '@redoubt/model';
import type { Release, ReleaseFile } from '../metadata/types.ts';
import { UpdateRefused } from '../refusal.ts';
import type { UpdateSource } from '../source/source.ts';
import type { InstalledContent } from './installed.ts';
import { type HostPlace, isDue } from './rollout.ts';
import { followRepository, mixed, repositoryPaths, requiredFetch, sha256Of, torn } from './trust.ts';

const decompress = promisify(zstdDecompress);

/** How an update is run. */
export interface UpdateOptions {
  readonly place: HostPlace;
  /** Takes it before the host's turn, and again what was taken back here. */
  readonly force?: boolean;
  /** Verifies and fetches nothing but metadata. */
  readonly checkOnly?: boolean;
  /** Milliseconds since the Unix epoch; the wall clock by default. */
  readonly now?: number;
  /**
   * Tries a staged release in its folder: do its rules load, do its canaries fire?
   * @returns why it must not come into force, or undefined
   */
  readonly tryOut: (folder: string) => Promise<Bilingual | undefined>;
  readonly onProgress?: (done: { files: number; of: number; bytes: number; ofBytes: number }) => void;
}

/** What came of an update. */
export interface UpdateReport {
  readonly outcome: 'installed' | 'up_to_date' | 'available' | 'not_due';
  readonly repository: string;
  readonly version: number;
  /** Version in force before. */
  readonly before: number | undefined;
  readonly notes: Bilingual;
  /** Files that are new or changed, and the bytes that were fetched for them. */
  readonly changed: number;
  readonly fetchedBytes: number;
}

/**
 * Brings the content up to date.
 * @throws UpdateRefused; what was in force stays in force
 */
export async function update(
  source: UpdateSource,
  content: InstalledContent,
  options: UpdateOptions,
): Promise<UpdateReport> {
  const now = options.now ?? Date.now();
  const before = content.version;
  const { release, root } = await followRepository(source, content, now);
  const missing = filesToFetch(release, content);
  const report = (outcome: UpdateReport['outcome'], fetchedBytes = 0): UpdateReport => ({
    outcome,
    repository: root.repository,
    version: release.version,
    before,
    notes: release.notes,
    changed: missing.length,
    fetchedBytes,
  });
  if (before === release.version) return report('up_to_date');
  if (options.checkOnly) return report('available');
  if (!options.force) {
    if (content.withdrawn.includes(release.version)) throw withdrawnHere(release.version);
    if (!isDue(release, options.place, now)) return report('not_due');
  }
  const fetched = await fetchFiles(source, content, missing, options);
  const folder = content.stage(release.version, release.files);
  const fault = await options.tryOut(folder);
  if (fault !== undefined) {
    throw new UpdateRefused('check_failed', repositoryPaths.release(release.version), fault.en, fault.zh);
  }
  content.activate(release.version, now, { en: `from ${source.place}`, zh: `来自 ${source.place}` });
  content.prune(release);
  return report('installed', fetched);
}

/** Files whose content is not at hand, each content once. What is at hand but damaged is fetched anew. */
function filesToFetch(release: Release, content: InstalledContent): ReleaseFile[] {
  const wanted = new Map(release.files.map(file => [file.sha256, file]));
  return [...wanted.values()].filter(({ sha256 }) => {
    const bytes = content.object(sha256);
    if (bytes !== undefined && sha256Of(bytes) === sha256) return false;
    content.discard(sha256);
    return true;
  });
}

async function fetchFiles(
  source: UpdateSource,
  content: InstalledContent,
  files: readonly ReleaseFile[],
  { onProgress }: UpdateOptions,
): Promise<number> {
  const ofBytes = files.reduce((sum, { packed }) => sum + packed.bytes, 0);
  let bytes = 0;
  for (const [at, file] of files.entries()) {
    onProgress?.({ files: at, of: files.length, bytes, ofBytes });
    content.keep(file.sha256, await fetchFile(source, file));
    bytes += file.packed.bytes;
  }
  onProgress?.({ files: files.length, of: files.length, bytes, ofBytes });
  return bytes;
}

async function fetchFile(
  source: UpdateSource,
  { path, bytes, sha256, packed }: ReleaseFile,
): Promise<Buffer> {
  const blob = await requiredFetch(source, repositoryPaths.blob(packed.sha256), packed.bytes);
  if (blob.length < packed.bytes) throw torn(path, packed.bytes, blob.length);
  if (sha256Of(blob) !== packed.sha256) throw mixed(path);
  let unpacked: Buffer;
  try {
    unpacked = await decompress(blob, { maxOutputLength: Math.max(bytes, 1) });
  } catch (cause) {
    throw new UpdateRefused('malformed', path, 'cannot be unpacked to its size', '无法解压为应有大小', {
      cause,
    });
  }
  if (unpacked.length !== bytes || sha256Of(unpacked) !== sha256) throw mixed(path);
  return unpacked;
}

function withdrawnHere(version: number): UpdateRefused {
  return new UpdateRefused(
    'withdrawn_here',
    repositoryPaths.release(version),
    'was taken back on this host; --force takes it again',
    '已在本机撤回；可用 --force 再次安装',
  );
}
