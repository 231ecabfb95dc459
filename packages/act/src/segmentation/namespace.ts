/** The network namespace that the agent stands in. */
import { readlinkSync } from 'node:fs';

/** Its inode number (namespaces(7)); undefined where /proc does not tell. */
export function networkNamespace(proc = '/proc'): number | undefined {
  try {
    const number = /^net:\[(\d+)\]$/.exec(readlinkSync(`${proc}/self/ns/net`))?.[1];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}
