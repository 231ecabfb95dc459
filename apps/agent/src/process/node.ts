/** Processes as the nodes that the page and the command line show. */
import type { Process, ProcessEntity, StoredProcess } from '@redoubt/model';
import type { ProcessFlag, ProcessNode } from '../api/contract.ts';

/** Directories that every user may write to; a program that runs from there came from anyone. */
const writableByAll = /^\/(tmp|var\/tmp|dev\/shm|run\/user\/\d+)\//;

/** What can be said of a program by its file alone. */
export interface ExecutableFacts {
  path: string | undefined;
  memfd: boolean;
  deleted: boolean;
  setuid: boolean;
  /** undefined while it is not known whether a package owns it. */
  packaged: boolean | undefined;
}

/** What is remarkable about a program's file. */
export function executableFlags(facts: ExecutableFacts): ProcessFlag[] {
  const flags: ProcessFlag[] = [];
  if (facts.memfd) flags.push('memfd');
  if (facts.deleted) flags.push('deleted');
  if (facts.path !== undefined && writableByAll.test(facts.path)) flags.push('writable_dir');
  if (facts.setuid) flags.push('setuid');
  if (facts.packaged === false && !facts.memfd) flags.push('unpackaged');
  return flags;
}

/** Leaves out what is undefined: an absent attribute is not the same as an empty one. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** A node from an OCSF process, as it stands in a finding. */
export function nodeOfEntity(
  process: Process | ProcessEntity,
  uid: string,
  parentUid: string | undefined,
): ProcessNode {
  const { file } = process;
  const container = 'container' in process ? process.container : undefined;
  return {
    uid,
    pid: process.pid ?? 0,
    name: process.name ?? '',
    start: process.created_time ?? 0,
    flags: executableFlags({
      path: file?.path,
      memfd: file?.is_memfd === true,
      deleted: file?.is_deleted === true,
      setuid: ((file?.mode ?? 0) & 0o4000) !== 0,
      packaged: file?.package === undefined ? undefined : true,
    }),
    ...defined({
      parent_uid: parentUid,
      exe: file?.path,
      cmd_line: process.cmd_line,
      user:
        process.user?.uid === undefined
          ? undefined
          : defined({ uid: process.user.uid, name: process.user.name }),
      container,
      sha256: file?.hashes?.find(hash => hash.algorithm_id === 3)?.value,
      package: file?.package,
      end: process.terminated_time,
      exit_code: process.exit_code,
    }),
  } as ProcessNode;
}

/** A node from a row of the flight recorder. */
export function nodeOfRow(row: StoredProcess): ProcessNode {
  return {
    uid: row.uid,
    pid: row.pid,
    name: row.name,
    start: row.start_time,
    flags: executableFlags({
      path: row.exe,
      memfd: row.memfd === true,
      deleted: row.deleted === true,
      setuid: false,
      packaged: row.package === undefined ? undefined : true,
    }),
    ...defined({
      parent_uid: row.parent_uid,
      exe: row.exe,
      cmd_line: row.cmd_line,
      user:
        row.user_id === undefined ? undefined : defined({ uid: String(row.user_id), name: row.user_name }),
      container: row.container,
      sha256: row.sha256,
      package: row.package,
      end: row.end_time,
      exit_code: row.exit_code,
    }),
  } as ProcessNode;
}
