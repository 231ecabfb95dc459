/**
 * The record layout as TypeScript sees it; `native/record.h` is the other side and describes the format.
 * `test/layout.test.ts` fails when the two disagree.
 */
import type { EventKind } from '@redoubt/model';

/** Version of the record layout. A flight recorder keeps it beside the batches it stores. */
export const recordLayoutVersion = 1;

/** Bytes of `struct record_header`. */
export const headerSize = 48;

/** Bytes of `struct section_header`. */
export const sectionHeaderSize = 8;

/** Event kind by the number in the record; 0 is never written. */
export const kindNames: readonly EventKind[] = [
  'sensor.loss',
  'process.fork',
  'process.exec',
  'process.exit',
  'process.ptrace',
  'process.vm_write',
  'process.set_id',
  'process.capset',
  'process.signal',
  'process.unshare',
  'process.setns',
  'process.io_uring_setup',
  'process.io_uring_submit',
  'file.create',
  'file.read',
  'file.write',
  'file.truncate',
  'file.unlink',
  'file.rmdir',
  'file.rename',
  'file.setxattr',
  'file.chmod',
  'file.chown',
  'file.mkdir',
  'file.mknod',
  'file.link',
  'file.symlink',
  'file.mount',
  'file.umount',
  'file.pivot_root',
  'memory.wx',
  'memory.memfd_create',
  'network.connect',
  'network.accept',
  'network.bind',
  'network.listen',
  'network.udp_send',
  'dns.query',
  'dns.answer',
  'kernel.module_load',
  'kernel.module_unload',
  'kernel.bpf',
];

/** How many kind numbers there are, 0 included. */
export const kindCount = kindNames.length;

/** Tags of the variable-length sections. */
export const Section = {
  path: 1,
  directory: 2,
  userPath: 3,
  directory2: 4,
  userPath2: 5,
  arguments: 6,
  environment: 7,
  workingDirectory: 8,
  filename: 9,
  interpreter: 10,
  terminal: 11,
  command: 12,
  cgroup: 13,
  packet: 14,
  name: 15,
  root: 16,
} as const;

/** Tag of a section. */
export type Section = (typeof Section)[keyof typeof Section];

/** Bits of the record's `flags`. */
export const RecordFlag = { compat: 1, overflow: 2 } as const;

/** Bits of a section's `flags`. */
export const SectionFlag = { truncated: 1, fault: 2 } as const;

/**
 * Names of the numbers that a record of a kind carries, in order. Units: times in nanoseconds,
 * lengths in bytes, devices in the kernel's encoding (`major << 20 | minor`).
 */
export const Numbers = {
  fork: ['childPid', 'childStart', 'childNamespacePid'],
  exec: [
    'parentPid',
    'parentStart',
    'gid',
    'egid',
    'capabilities',
    'loginUid',
    'sessionId',
    'namespacePid',
    'mountNamespace',
    'pidNamespace',
    'cgroupId',
    'inode',
    'device',
    'mode',
    'ownerUid',
    'size',
    'modified',
    'changed',
    'links',
    'fileSystem',
  ],
  exit: ['status', 'duration'],
  file: ['flags', 'mode', 'inode', 'device', 'uid', 'gid', 'length'],
  ptrace: ['request', 'targetPid'],
  vmWrite: ['targetPid', 'length'],
  credentials: ['uid', 'euid', 'suid', 'gid', 'egid', 'sgid'],
  capabilities: ['effective', 'permitted', 'inheritable'],
  signal: ['signal', 'targetPid', 'targetStart', 'targetUid'],
  value: ['value', 'extra'],
  memory: ['address', 'length', 'protection', 'flags', 'anonymous'],
  network: [
    'family',
    'protocol',
    'localPort',
    'remotePort',
    'localAddress0',
    'localAddress1',
    'remoteAddress0',
    'remoteAddress1',
    'namespace',
    'count',
  ],
} as const;
