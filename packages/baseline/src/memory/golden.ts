/**
 * Golden images of code: SHA-256 of every page of the executable segments of files, by build id. Taken on a host that is
 * known to be good, they show a file that was replaced as a whole, which memory beside its own file cannot show.
 */
import { createHash } from 'node:crypto';
import { ElfError, type ElfFile, segmentFlag } from '@redoubt/observe/elf';
import type { Decision } from '../state/golden-file.ts';
import type { MappedFile } from './files.ts';
import { MappedFiles } from './files.ts';
import { hex } from './maps.ts';
import { baseName, Modules } from './modules.ts';
import type { Observation } from './observation.ts';
import { LiveProcess, pageSize } from './process.ts';

/** One file's code. */
export interface GoldenFile {
  readonly path: string;
  readonly build_id: string;
  /** Hashes of pages, first 16 hexadecimal digits each, in order; by the file offset of the segment. */
  readonly segments: readonly { readonly offset: number; readonly pages: readonly string[] }[];
}

/** The golden code of one or more services. */
export interface GoldenText {
  readonly format: 'redoubt-golden-text-1';
  readonly host: string;
  readonly created: number;
  readonly decision?: Decision;
  readonly files: readonly GoldenFile[];
}

/** A golden image that is none. */
export class GoldenError extends Error {}

function segmentsOf(elf: ElfFile): GoldenFile['segments'] {
  return elf.loads
    .filter(one => (one.flags & segmentFlag.execute) !== 0)
    .map(({ offset, fileSize }) => {
      const pages: string[] = [];
      for (let at = 0; at < fileSize; at += pageSize) {
        const bytes = elf.source.read(offset + at, Math.min(pageSize, fileSize - at));
        pages.push(createHash('sha256').update(bytes).digest('hex').slice(0, 16));
      }
      return { offset, pages };
    });
}

/** The golden code of running processes: of every file that they map to run and that has a build id. */
export function goldenOf(
  pids: readonly number[],
  host: string,
  decision?: Decision,
  root = '/proc',
): GoldenText {
  const files = new MappedFiles();
  const byId = new Map<string, GoldenFile>();
  try {
    for (const pid of pids) {
      const process = new LiveProcess(pid, root);
      for (const { file } of new Modules(process, files).list) {
        const id = file.elf?.buildId;
        if (file.elf === undefined || id === undefined || byId.has(id)) continue;
        byId.set(id, { path: file.path, build_id: id, segments: segmentsOf(file.elf) });
      }
      process.close();
    }
  } finally {
    files.close();
  }
  const sorted = [...byId.values()].toSorted((one, other) => (one.path < other.path ? -1 : 1));
  return {
    format: 'redoubt-golden-text-1',
    host,
    created: Date.now(),
    ...(decision && { decision }),
    files: sorted,
  };
}

/** Reads a golden image. @throws GoldenError when the text is none */
export function parseGolden(text: string): GoldenText {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new GoldenError('it is no JSON', { cause: error });
  }
  const golden = value as Partial<GoldenText> | null;
  const isFile = (one: unknown): boolean => {
    const file = one as Partial<GoldenFile> | null;
    return (
      typeof file?.path === 'string' && typeof file.build_id === 'string' && Array.isArray(file.segments)
    );
  };
  if (
    golden?.format !== 'redoubt-golden-text-1' ||
    !Array.isArray(golden.files) ||
    !golden.files.every(isFile)
  ) {
    throw new GoldenError('it is no golden image of code');
  }
  return golden as GoldenText;
}

function firstDifference(elf: ElfFile, golden: GoldenFile): number | undefined {
  const now = segmentsOf(elf);
  for (const { offset, pages } of golden.segments) {
    const mine = now.find(one => one.offset === offset)?.pages ?? [];
    const at = pages.findIndex((page, index) => mine[index] !== page);
    if (at >= 0 || mine.length !== pages.length) return offset + Math.max(at, 0) * pageSize;
  }
  return undefined;
}

const judged = new WeakMap<MappedFile, Observation | null>();

/**
 * Compares the files behind the modules with golden code. Memory is compared with the files elsewhere, so both
 * together say whether what runs is golden. Files of a name that the golden image has under another build id are told.
 */
export function checkGolden(modules: Modules, golden: GoldenText): Observation[] {
  const byId = new Map(golden.files.map(file => [file.build_id, file]));
  const names = new Set(golden.files.map(file => file.path));
  const found: Observation[] = [];
  for (const { file, mapping } of modules.list) {
    let known = judged.get(file);
    if (known === undefined) {
      try {
        known = judge(file, byId, names) ?? null;
      } catch (error) {
        if (!(error instanceof ElfError)) throw error;
        known = null;
      }
      judged.set(file, known);
    }
    if (known !== null) found.push({ ...known, address: mapping.start });
  }
  return found;
}

function judge(
  file: MappedFile,
  byId: ReadonlyMap<string, GoldenFile>,
  names: ReadonlySet<string>,
): Observation | undefined {
  const id = file.elf?.buildId ?? '';
  const golden = byId.get(id);
  const base = { subject: file.path, address: 0 };
  if (golden === undefined) {
    if (!names.has(file.path)) return undefined;
    return {
      kind: 'golden.unknown',
      severity: 2,
      ...base,
      facts: { module: file.path, name: baseName(file.path), build_id: id },
    };
  }
  const at = file.elf === undefined ? 0 : firstDifference(file.elf, golden);
  if (at === undefined) return undefined;
  return {
    kind: 'golden.changed',
    severity: 5,
    ...base,
    facts: { module: file.path, name: baseName(file.path), build_id: id, offset: hex(at) },
  };
}
