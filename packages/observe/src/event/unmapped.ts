/**
 * What kernel events say beyond OCSF: the attributes under `unmapped`. This table is their documentation.
 */
import {
  argumentOf,
  capabilitiesOf,
  credentialsOf,
  execOf,
  fileOf,
  type KernelRecord,
  memoryOf,
  nameOf,
  networkOf,
  signalOf,
  tracingOf,
} from '@redoubt/kernel';
import { capabilityNames, type EventKind, type FieldValue } from '@redoubt/model';

/** One attribute under `unmapped`. */
export interface UnmappedField {
  /** What it is; with units where there are any. */
  description: string;
  read(record: KernelRecord): FieldValue;
}

type Fields = Readonly<Record<string, UnmappedField>>;

const field = (description: string, read: (record: KernelRecord) => FieldValue): UnmappedField => ({
  description,
  read,
});

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0');
const list = (values: readonly string[]): FieldValue => (values.length > 1 ? values : values[0]);

/** Names of the bits of a number, lowest first. */
function bits(value: number, names: Readonly<Record<number, string>>): string[] {
  const found: string[] = [];
  for (const [bit, name] of Object.entries(names)) {
    // Division, because flags go beyond 32 bits and JavaScript's bit operations do not.
    if (Math.floor(value / Number(bit)) % 2 === 1) found.push(name);
  }
  return found;
}

/** Namespace flags of clone(2). */
const namespaceFlags = {
  [0x80]: 'time',
  [0x20000]: 'mount',
  [0x2000000]: 'cgroup',
  [0x4000000]: 'uts',
  [0x8000000]: 'ipc',
  [0x10000000]: 'user',
  [0x20000000]: 'pid',
  [0x40000000]: 'network',
};
const protectionFlags = { 1: 'read', 2: 'write', 4: 'exec' };
/** Flags of open(2) that a judgement may need (asm-generic/fcntl.h). */
const openFlags = { 1: 'write', 2: 'read_write', [0x40]: 'create', [0x200]: 'truncate', [0x400]: 'append' };

/** Attributes that every record may have. */
const common: Fields = {
  compat: field('true when the call came through the 32-bit system call table', record =>
    record.isCompat ? true : undefined,
  ),
  incomplete: field('true when parts did not fit in the record', record =>
    record.isIncomplete ? true : undefined,
  ),
};

const exec: Fields = {
  filename: field(
    'file name given to execve: the script, when an interpreter runs it',
    record => execOf(record).filename,
  ),
  interpreter: field(
    'interpreter named in the first line of the script',
    record => execOf(record).interpreter,
  ),
  arguments: field('arguments one by one, argv[0] first', record => list(execOf(record).arguments)),
  arguments_truncated: field('true when the arguments were longer than what is kept (4 KiB)', record =>
    execOf(record).argumentsTruncated ? true : undefined,
  ),
  cgroup: field('path of the cgroup', record => execOf(record).cgroup),
  mount_namespace: field('inode number of the mount namespace', record => execOf(record).mountNamespace),
  pid_namespace: field('inode number of the pid namespace', record => execOf(record).pidNamespace),
};

const pathFields: Fields = {
  path_resolved: field(
    'true when the kernel resolved file.path, false when it is as the caller wrote it',
    record => fileOf(record).isResolved,
  ),
};

const open: Fields = {
  ...pathFields,
  open_flags: field('what the file was opened for: write, read_write, create, truncate, append', record =>
    list(bits(fileOf(record).flags, openFlags)),
  ),
};

const mode: Fields = {
  ...pathFields,
  new_mode: field('permission bits asked for (st_mode & 07777), as a number', record => {
    const value = fileOf(record).mode;
    return value === undefined ? undefined : value & 0o7777;
  }),
  new_mode_octal: field('the same in octal, four digits: "4755"', record => {
    const value = fileOf(record).mode;
    return value === undefined ? undefined : octal(value);
  }),
};

const tracing: Fields = {
  target_pid: field('pid of the target as the caller names it', record => tracingOf(record).targetPid),
};

const namespaces: Fields = {
  namespaces: field('namespaces concerned: mount, pid, network, user, uts, ipc, cgroup, time', record =>
    list(bits(argumentOf(record), namespaceFlags)),
  ),
};

const module: Fields = {
  module_name: field('name of the kernel module', nameOf),
  flags: field('flags of finit_module or delete_module', argumentOf),
};

const network: Fields = {
  network_namespace: field('inode number of the network namespace', record => networkOf(record).namespace),
};

const byKind: Partial<Record<EventKind, Fields>> = {
  'process.exec': exec,
  'process.exit': {
    duration: field('from start to end, milliseconds', record => Math.round((record.number(1) ?? 0) / 1e6)),
  },
  'process.ptrace': {
    ...tracing,
    request: field('PTRACE_ request number', record => tracingOf(record).request),
  },
  'process.vm_write': {
    ...tracing,
    length: field('bytes written', record => tracingOf(record).length),
  },
  'process.set_id': {
    new_uid: field('real user id after the call', record => credentialsOf(record).uid),
    new_euid: field('effective user id after the call', record => credentialsOf(record).euid),
    new_suid: field('saved user id after the call', record => credentialsOf(record).suid),
    new_gid: field('real group id after the call', record => credentialsOf(record).gid),
    new_egid: field('effective group id after the call', record => credentialsOf(record).egid),
    new_sgid: field('saved group id after the call', record => credentialsOf(record).sgid),
  },
  'process.capset': {
    new_capabilities: field('effective capabilities after the call', record =>
      list(capabilityNames(capabilitiesOf(record).effective)),
    ),
    new_permitted: field('permitted capabilities after the call', record =>
      list(capabilityNames(capabilitiesOf(record).permitted)),
    ),
  },
  'process.signal': {
    signal: field('signal number', record => signalOf(record).signal),
    target_uid: field(
      'real user id of the process that gets the signal',
      record => signalOf(record).targetUid,
    ),
  },
  'process.unshare': namespaces,
  'process.setns': namespaces,
  'process.io_uring_setup': { entries: field('size of the submission queue', argumentOf) },
  'process.io_uring_submit': { opcode: field('IORING_OP_ number', argumentOf) },
  'file.create': open,
  'file.read': open,
  'file.write': open,
  'file.truncate': {
    ...pathFields,
    new_size: field('length after the call', record => fileOf(record).length),
  },
  'file.unlink': pathFields,
  'file.rmdir': pathFields,
  'file.rename': pathFields,
  'file.setxattr': { ...pathFields, xattr: field('name of the attribute', record => fileOf(record).name) },
  'file.chmod': mode,
  'file.chown': {
    ...pathFields,
    new_owner: field('new user id; absent when it stays', record => fileOf(record).ownerUid),
    new_group: field('new group id; absent when it stays', record => fileOf(record).ownerGid),
  },
  'file.mkdir': mode,
  'file.mknod': mode,
  'file.link': pathFields,
  'file.symlink': { ...pathFields, link_target: field('text of the link', record => fileOf(record).name) },
  'file.mount': {
    ...pathFields,
    source: field('what is mounted: device, directory or name', record => fileOf(record).source),
    file_system: field('type of the file system', record => fileOf(record).name),
    mount_flags: field('MS_ flags', record => fileOf(record).flags),
  },
  'file.umount': pathFields,
  'file.pivot_root': pathFields,
  'memory.wx': {
    address: field(
      'start of the mapping, hexadecimal',
      record => `0x${memoryOf(record).address.toString(16)}`,
    ),
    length: field('bytes', record => memoryOf(record).length),
    prot: field('PROT_ bits asked for: 1 read, 2 write, 4 exec', record => memoryOf(record).protection),
    prot_flags: field('the same as names', record =>
      list(bits(memoryOf(record).protection, protectionFlags)),
    ),
    map_flags: field('MAP_ flags of mmap; 0 for mprotect', record => memoryOf(record).flags),
    anonymous: field('whether no file stands behind the mapping', record => memoryOf(record).isAnonymous),
  },
  'memory.memfd_create': {
    memfd_name: field('name given to memfd_create', nameOf),
    flags: field('MFD_ flags', argumentOf),
  },
  'network.connect': network,
  'network.accept': network,
  'network.bind': network,
  'network.listen': network,
  'network.udp_send': network,
  'dns.query': network,
  'dns.answer': network,
  'kernel.module_load': module,
  'kernel.module_unload': module,
  'kernel.bpf': {
    bpf_command: field('bpf(2) command number: 0 map create, 5 program load …', argumentOf),
    bpf_name: field('name of the program or map', nameOf),
  },
};

/** The attributes under `unmapped` that a kind of kernel event may have. */
export function unmappedFields(kind: EventKind): Fields {
  return complete.get(kind) ?? common;
}

const complete = new Map<EventKind, Fields>();
for (const [kind, fields] of Object.entries(byKind)) {
  complete.set(kind as EventKind, { ...common, ...fields });
}
