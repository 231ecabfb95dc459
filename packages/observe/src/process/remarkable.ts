/** What is remarkable about processes that run now and changes while they run: looked up in /proc when asked. */
import { closeSync, opendirSync, openSync, readdirSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readListeners, socketInode } from '../sensor/listeners.ts';
import { linkOf, readProc } from './procfs.ts';

/**
 * `traced`: another process controls it (ptrace). `wx_memory`: it has memory that can be written and executed.
 * `listening`: it holds a TCP socket that accepts connections.
 */
export type RemarkableFact = 'traced' | 'wx_memory' | 'listening';

/** Processes looked at before the event loop gets a turn; bounds one slice to about 5 ms. */
const slice = 16;

/** Bytes read of one process's list of mappings: about 10,000 mappings. */
const mapsLimit = 1024 * 1024;
const chunkSize = 64 * 1024;

/** Descriptors of one process that are looked at. */
const descriptorLimit = 4096;

/** Network namespaces whose sockets are read: one for each container, as a rule. */
const namespaceLimit = 256;

/**
 * Looks at living processes; takes about 0.1 ms each. What may not be read is not remarkable, and a process that
 * ends meanwhile is left out.
 * @param pids processes to look at; all of them by default
 * @param root mount point of /proc
 * @returns the facts by pid; a process of which there are none is not in it
 */
export async function remarkableOf(
  pids?: Iterable<number>,
  root = '/proc',
): Promise<Map<number, RemarkableFact[]>> {
  const wanted = [...(pids ?? allPids(root))];
  const sockets = await listeningSockets(wanted, root);
  const found = new Map<number, RemarkableFact[]>();
  for (const [index, pid] of wanted.entries()) {
    if (index % slice === slice - 1) await nextTurn();
    const facts: RemarkableFact[] = [];
    if (isTraced(root, pid)) facts.push('traced');
    if (hasWritableCode(root, pid)) facts.push('wx_memory');
    if (sockets.size > 0 && holdsOneOf(sockets, root, pid)) facts.push('listening');
    if (facts.length > 0) found.set(pid, facts);
  }
  return found;
}

function allPids(root: string): number[] {
  return readdirSync(root)
    .filter(name => /^\d+$/.test(name))
    .map(Number);
}

/** proc(5), /proc/PID/status: TracerPid is 0 when nobody traces the process. */
function isTraced(root: string, pid: number): boolean {
  return /^TracerPid:\t[1-9]/m.test(readProc(root, pid, 'status') ?? '');
}

/** Whether a mapping has both rights (proc(5), /proc/PID/maps: "start-end rwxp …"). */
function hasWritableCode(root: string, pid: number): boolean {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(`${root}/${pid}/maps`, 'r');
    const chunk = Buffer.allocUnsafe(chunkSize);
    let line = '';
    for (let total = 0; total < mapsLimit; ) {
      const length = readSync(descriptor, chunk, 0, chunkSize, null);
      if (length === 0) return false;
      total += length;
      const text = line + chunk.toString('latin1', 0, length);
      if (/^[0-9a-f]+-[0-9a-f]+ rwx/m.test(text)) return true;
      line = text.slice(text.lastIndexOf('\n') + 1);
    }
    return false;
  } catch {
    return false; // it has ended, or is not ours to read
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Inodes of the TCP sockets that listen in any network namespace of these processes. */
async function listeningSockets(pids: readonly number[], root: string): Promise<Set<number>> {
  const namespaces = new Set<string>();
  const inodes = new Set<number>();
  for (const pid of pids) {
    const namespace = linkOf(root, pid, 'ns/net');
    if (namespace === undefined || namespaces.has(namespace) || namespaces.size >= namespaceLimit) continue;
    namespaces.add(namespace);
    await nextTurn();
    for (const { protocol, inode } of readListeners(`${root}/${pid}`)) {
      if (protocol === 'tcp') inodes.add(inode);
    }
  }
  return inodes;
}

function holdsOneOf(sockets: ReadonlySet<number>, root: string, pid: number): boolean {
  try {
    using descriptors = opendirSync(`${root}/${pid}/fd`);
    for (let count = 0; count < descriptorLimit; count++) {
      const entry = descriptors.readSync();
      if (entry === null) return false;
      const inode = socketInode(`${root}/${pid}/fd/${entry.name}`);
      if (inode !== undefined && sockets.has(inode)) return true;
    }
  } catch {
    // it has ended, or is not ours to read
  }
  return false;
}
