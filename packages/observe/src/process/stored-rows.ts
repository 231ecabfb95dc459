/** From the table's processes to the rows that are kept of them. */
import type { Container, PackageRef, StoredProcess } from '@redoubt/model';
import type { ProcessImage } from './image.ts';
import { parentOf } from './lineage.ts';
import type { TrackedProcess } from './tracked.ts';

/** What rows need beside the process itself. */
export interface RowContext {
  /** Epoch time of boot, milliseconds. */
  bootEpoch: number;
  bootId: string;
  /** Login name of a host user. */
  userName(userId: number): string | undefined;
}

/**
 * Rows of a changed process: of the program that was its last when it was stored before, and of those since.
 * A forked process that went on to exec before it was stored gets no row for what it inherited: that is in
 * its parent's. Marks the rows as stored.
 */
export function rowsOf(process: TrackedProcess, context: RowContext): StoredProcess[] {
  const first = process.storedImages === 0 ? firstRow(process) : process.storedImages - 1;
  const base = process.images.length - 1 + process.forgottenImages;
  const rows: StoredProcess[] = [];
  process.storedEpoch ??= context.bootEpoch;
  for (let index = 0; index < process.images.length; index++) {
    // Programs were forgotten from the middle, so numbers are counted from the end.
    const number = index === 0 ? 0 : base - (process.images.length - 1 - index);
    if (number < first) continue;
    const image = process.images[index] as ProcessImage;
    rows.push(rowOf(process, image, number, context, process.storedEpoch));
  }
  process.storedImages = base + 1;
  return rows;
}

function firstRow(process: TrackedProcess): number {
  return process.inheritedFirst && process.images.length > 1 ? 1 : 0;
}

function rowOf(
  process: TrackedProcess,
  image: ProcessImage,
  number: number,
  { bootId, userName }: RowContext,
  bootEpoch: number,
): StoredProcess {
  const { credentials, container, loginUserId, terminal, sessionId } = process.context;
  const parent = parentOf(process)?.process;
  const row: StoredProcess = {
    uid: process.uid,
    boot_id: bootId,
    pid: process.pid,
    start_time: bootEpoch + process.createdTime,
    image: number,
    name: image.name,
  };
  if (number > 0) row.exec_time = bootEpoch + image.since;
  if (process.terminatedTime !== undefined) row.end_time = bootEpoch + process.terminatedTime;
  if (process.exitCode !== undefined) row.exit_code = process.exitCode;
  if (parent !== undefined) row.parent_uid = parent.uid;
  if (image.file.path !== '') row.exe = image.file.path;
  if (image.commandLine !== '') row.cmd_line = image.commandLine;
  if (image.workingDirectory !== '') row.cwd = image.workingDirectory;
  if (credentials.userId !== 0xffffffff) {
    row.user_id = credentials.userId;
    row.euid = credentials.effectiveUserId;
    row.gid = credentials.groupId;
    row.egid = credentials.effectiveGroupId;
    const name = container === undefined ? userName(credentials.userId) : undefined;
    if (name !== undefined) row.user_name = name;
    if (credentials.capabilities !== 0n) row.capabilities = credentials.capabilities.toString(16);
  }
  if (loginUserId !== undefined) row.auid = loginUserId;
  if (container !== undefined) row.container = container satisfies Container;
  if (image.sha256 !== undefined) row.sha256 = image.sha256;
  if (image.package) row.package = packageRow(image.package);
  if (terminal !== '') row.tty = terminal;
  if (sessionId > 0) row.session = sessionId;
  if (image.file.isDeleted) row.deleted = true;
  if (image.file.isMemfd) row.memfd = true;
  return row;
}

function packageRow({ name, version, type }: NonNullable<ProcessImage['package']>): PackageRef {
  return { name, version, type };
}
