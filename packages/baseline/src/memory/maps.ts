/** What is mapped where in a process: /proc/PID/maps. Source: proc(5), fs/proc/task_mmu.c. */

/** What stands behind a mapping. */
export type MappingKind = 'file' | 'anonymous' | 'memfd' | 'shared' | 'stack' | 'heap' | 'kernel';

/** One line of /proc/PID/maps. Addresses in bytes. */
export interface Mapping {
  readonly start: number;
  readonly end: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly executable: boolean;
  /** Shared with others; private (copy on write) otherwise. */
  readonly shared: boolean;
  /** Where in the file it begins. */
  readonly offset: number;
  /** "major:minor" in hexadecimal, as written there. */
  readonly device: string;
  readonly inode: string;
  /** Without the kernel's " (deleted)"; empty when nothing is named. */
  readonly path: string;
  readonly deleted: boolean;
  readonly kind: MappingKind;
}

/** Most mappings that are read of one process: vm.max_map_count is 65,530 by default, and may be raised. */
export const maxMappings = 300_000;

const line =
  /^([0-9a-f]{1,16})-([0-9a-f]{1,16}) ([r-])([w-])([x-])([ps]) ([0-9a-f]{8,16}) ([0-9a-f]+:[0-9a-f]+) (\d+)(?: +(.*))?$/;
const deletedSuffix = ' (deleted)';

/** A path as the kernel writes it, with line breaks as `\012`. */
function unescaped(path: string): string {
  return path.replaceAll('\\012', '\n');
}

function kindOf(path: string, inode: string, deleted: boolean): MappingKind {
  if (path === '' || path.startsWith('[anon:')) return 'anonymous';
  if (path.startsWith('[stack')) return 'stack';
  if (path === '[heap]') return 'heap';
  if (path.startsWith('[anon_shmem:')) return 'shared';
  if (path.startsWith('[')) return 'kernel';
  if (path.startsWith('/memfd:') && deleted) return 'memfd';
  // Shared anonymous memory is a file of the kernel's own tmpfs that was never named (mm/shmem.c).
  if ((path === '/dev/zero' && deleted) || path.startsWith('/SYSV')) return 'shared';
  return inode === '0' ? 'anonymous' : 'file';
}

/** Parses /proc/PID/maps; lines that are none are left out and counted in `damaged`. */
export function parseMaps(text: string): { mappings: Mapping[]; damaged: number } {
  const mappings: Mapping[] = [];
  let damaged = 0;
  for (const one of text.split('\n')) {
    if (one === '') continue;
    const match = mappings.length < maxMappings ? line.exec(one) : null;
    if (match === null) {
      damaged++;
      continue;
    }
    const [, start = '', end = '', r, w, x, share, offset = '', device = '', inode = '', named = ''] = match;
    // The emulated vsyscall page lies beyond what a number holds exactly; it is the kernel's own.
    if (start.length > 13) continue;
    const marked = named.endsWith(deletedSuffix);
    const path = unescaped(marked ? named.slice(0, -deletedSuffix.length) : named);
    mappings.push({
      start: Number.parseInt(start, 16),
      end: Number.parseInt(end, 16),
      readable: r === 'r',
      writable: w === 'w',
      executable: x === 'x',
      shared: share === 's',
      offset: Number.parseInt(offset, 16),
      device,
      inode,
      path,
      deleted: marked,
      kind: kindOf(path, inode, marked),
    });
  }
  return { mappings, damaged };
}

/** Index of the mapping that holds an address; -1 when none does. Mappings are in ascending order. */
export function indexAt(mappings: readonly Mapping[], address: number): number {
  let low = 0;
  let high = mappings.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const { start, end } = mappings[middle] as Mapping;
    if (address < start) high = middle - 1;
    else if (address >= end) low = middle + 1;
    else return middle;
  }
  return -1;
}

/** Permissions as /proc writes them: `r-xp`. */
export function permissions(mapping: Mapping): string {
  const { readable, writable, executable, shared } = mapping;
  return `${readable ? 'r' : '-'}${writable ? 'w' : '-'}${executable ? 'x' : '-'}${shared ? 's' : 'p'}`;
}

/** An address as people write it. */
export function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
