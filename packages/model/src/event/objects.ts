/** OCSF objects that events and findings are made of (attribute names as in schema.ocsf.io 1.6). */
import { type Static, type TSchema, Type } from '../schema.ts';

const maybe = <T extends TSchema>(schema: T) => Type.Optional(schema);
const text = (description: string) => Type.String({ description });
const integer = (description: string) => Type.Integer({ description });

/** OCSF `fingerprint`: one digest of a file. */
export const Fingerprint = Type.Object({
  algorithm_id: integer('1 MD5, 2 SHA-1, 3 SHA-256'),
  algorithm: maybe(text('caption of algorithm_id')),
  value: text('digest, lower-case hexadecimal'),
});
export type Fingerprint = Static<typeof Fingerprint>;

/** OCSF `package`: the distribution package that owns a file. */
export const PackageRef = Type.Object({
  name: text('package name'),
  version: maybe(text('package version')),
  type: maybe(text('package manager: dpkg, rpm, apk, npm …')),
  purl: maybe(text('package URL')),
});
export type PackageRef = Static<typeof PackageRef>;

/** OCSF `user`, with the host's numeric id in `uid`. */
export const User = Type.Object({
  uid: maybe(text('numeric user id, in decimal')),
  name: maybe(text('login name')),
  groups: maybe(
    Type.Array(Type.Object({ uid: maybe(text('numeric group id')), name: maybe(text('group name')) })),
  ),
});
export type User = Static<typeof User>;

/** OCSF `file`. `path` is as seen in the host's mount namespace where that is known. */
export const File = Type.Object({
  path: maybe(text('full path')),
  name: maybe(text('last component of path')),
  type_id: maybe(
    integer(
      '1 regular, 2 folder, 3 character device, 4 block device, 5 local socket, 6 pipe, 7 symbolic link',
    ),
  ),
  inode: maybe(text('inode number, in decimal')),
  device: maybe(text('device as major:minor')),
  size: maybe(integer('bytes')),
  mode: maybe(integer('permission bits, st_mode & 07777')),
  owner: maybe(User),
  hashes: maybe(Type.Array(Fingerprint)),
  package: maybe(PackageRef),
  is_deleted: maybe(Type.Boolean({ description: 'the path was no longer linked when it was observed' })),
  is_memfd: maybe(Type.Boolean({ description: 'the file lives only in memory (memfd_create)' })),
});
export type File = Static<typeof File>;

/** OCSF `container`. */
export const Container = Type.Object({
  uid: text('full container id'),
  name: maybe(text('container name')),
  runtime: maybe(text('docker, containerd, cri-o, podman, lxc, systemd-nspawn')),
  pod_uuid: maybe(text('Kubernetes pod UID')),
  image: maybe(Type.Object({ name: maybe(text('image reference')), uid: maybe(text('image digest')) })),
});
export type Container = Static<typeof Container>;

const processFields = {
  uid: maybe(text('identity that survives pid reuse: "<pid>:<start time in clock ticks since boot>"')),
  pid: maybe(integer('process id in the host pid namespace')),
  name: maybe(text('short name (comm)')),
  cmd_line: maybe(text('command line, arguments joined by spaces')),
  file: maybe(File),
  user: maybe(User),
  created_time: maybe(integer('start, milliseconds since the Unix epoch')),
  terminated_time: maybe(integer('end, milliseconds since the Unix epoch')),
  exit_code: maybe(integer('exit status, or 128 + signal number')),
};

/** OCSF `process_entity`: a process without its parents. */
export const ProcessEntity = Type.Object(processFields);
export type ProcessEntity = Static<typeof ProcessEntity>;

/** OCSF `process`. */
export const Process = Type.Object({
  ...processFields,
  tid: maybe(integer('thread id')),
  euid: maybe(integer('effective user id')),
  egid: maybe(integer('effective group id')),
  auid: maybe(integer('login (audit) user id; absent when unset')),
  working_directory: maybe(text('current directory')),
  session: maybe(
    Type.Object({ uid: maybe(text('session id')), terminal: maybe(text('controlling terminal')) }),
  ),
  environment_variables: maybe(Type.Array(Type.Object({ name: text('name'), value: text('value') }))),
  capabilities: maybe(Type.Array(text('effective capability, e.g. CAP_SYS_ADMIN'))),
  namespace_pid: maybe(integer('process id in its own pid namespace')),
  container: maybe(Container),
  parent_process: maybe(ProcessEntity),
  ancestry: maybe(Type.Array(ProcessEntity, { description: 'parents, nearest first' })),
});
export type Process = Static<typeof Process>;

/** OCSF `network_endpoint`. */
export const Endpoint = Type.Object({
  ip: maybe(text('IPv4 or IPv6 address')),
  port: maybe(integer('port')),
  hostname: maybe(text('name')),
});
export type Endpoint = Static<typeof Endpoint>;

/** OCSF `device`: the host. */
export const Device = Type.Object({
  hostname: text('host name'),
  uid: maybe(text('machine id')),
  type_id: integer('1 server'),
  os: maybe(
    Type.Object({
      name: text('operating system'),
      type_id: integer('100 Windows, 200 Linux'),
      version: maybe(text('version')),
      kernel_release: maybe(text('kernel release')),
    }),
  ),
});
export type Device = Static<typeof Device>;
