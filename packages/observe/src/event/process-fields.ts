/** The OCSF attributes of a process: as fields for rules, and as an object for the whole event. */
import type { FieldValue, File, Process, ProcessEntity, User } from '@redoubt/model';
import type { ExecutableFile, OwningPackage } from '../process/image.ts';
import { ancestry, type ProcessFacts } from './facts.ts';

/** Reads one attribute; undefined when the process does not have it. */
export type ProcessField = (facts: ProcessFacts) => FieldValue;

const textOf = (text: string): string | undefined => (text === '' ? undefined : text);
const idText = (id: number | undefined): string | undefined => (id === undefined ? undefined : String(id));
const flag = (value: boolean): true | undefined => (value ? true : undefined);

/** An array as rules see it: absent when empty, the scalar when there is one. */
export function manyOf(values: readonly (string | number)[]): FieldValue {
  return values.length > 1 ? values : values[0];
}

/** Last component of a path. */
export function baseName(path: string): string | undefined {
  return textOf(path.slice(path.lastIndexOf('/') + 1));
}

/** Attributes that a process has by itself, as in OCSF `process_entity`. */
const entityFields: Readonly<Record<string, ProcessField>> = {
  uid: facts => facts.uid,
  pid: facts => facts.pid,
  name: facts => textOf(facts.name),
  cmd_line: facts => textOf(facts.commandLine),
  'file.path': facts => textOf(facts.file.path),
  'file.name': facts => baseName(facts.file.path),
  'file.inode': facts => idText(facts.file.inode || undefined),
  'file.device': facts => textOf(facts.file.device),
  'file.mode': facts => (facts.file.mode === 0 ? undefined : facts.file.mode & 0o7777),
  'file.size': facts => facts.file.size,
  'file.owner.uid': facts => idText(facts.file.ownerId),
  'file.owner.name': facts => facts.userName(facts.file.ownerId),
  'file.is_deleted': facts => flag(facts.file.isDeleted),
  'file.is_memfd': facts => flag(facts.file.isMemfd),
  'file.hashes.algorithm_id': facts => (facts.sha256 === undefined ? undefined : sha256Id),
  'file.hashes.algorithm': facts => (facts.sha256 === undefined ? undefined : 'SHA-256'),
  'file.hashes.value': facts => facts.sha256,
  'file.package.name': facts => facts.package?.name,
  'file.package.version': facts => facts.package?.version,
  'file.package.type': facts => facts.package?.type,
  'file.package.purl': facts => facts.package && packageUrl(facts.package),
  'user.uid': facts => idText(facts.userId),
  'user.name': facts => facts.userName(facts.userId),
  'user.groups.uid': facts => idText(facts.groupId),
  'user.groups.name': facts => facts.groupName(facts.groupId),
  created_time: facts => facts.createdTime,
  terminated_time: facts => facts.terminatedTime,
  exit_code: facts => facts.exitCode,
};

/** OCSF `algorithm_id` of SHA-256. */
const sha256Id = 3;

/** Attributes of OCSF `process` beside those of `process_entity`, its parents apart. */
const detailFields: Readonly<Record<string, ProcessField>> = {
  euid: facts => facts.effectiveUserId,
  egid: facts => facts.effectiveGroupId,
  auid: facts => facts.loginUserId,
  working_directory: facts => textOf(facts.workingDirectory),
  'session.uid': facts => idText(facts.sessionId),
  'session.terminal': facts => textOf(facts.terminal),
  'environment_variables.name': facts => manyOf(facts.environment.map(entry => splitVariable(entry).name)),
  'environment_variables.value': facts => manyOf(facts.environment.map(entry => splitVariable(entry).value)),
  capabilities: facts => manyOf(facts.capabilities),
  namespace_pid: facts => facts.namespacePid,
  'container.uid': facts => facts.container?.uid,
  'container.runtime': facts => facts.container?.runtime,
  'container.pod_uuid': facts => facts.container?.pod_uuid,
};

/** Attributes whose value depends on the moment of the event. */
const momentary = new Set(['terminated_time', 'exit_code']);

/** Most events are of processes that did not change since the event before: what holds is worked out once. */
function remembered(name: string, field: ProcessField): ProcessField {
  if (momentary.has(name)) return field;
  return facts => {
    const { derived } = facts;
    if (derived === undefined) return field(facts);
    if (derived.has(field)) return derived.get(field);
    const value = field(facts);
    derived.set(field, value);
    return value;
  };
}

function ancestryField(field: ProcessField): ProcessField {
  return facts => {
    const values: (string | number | boolean | null)[] = [];
    for (const ancestor of ancestry(facts)) {
      const value = field(ancestor);
      if (value === undefined) continue;
      if (typeof value === 'object' && value !== null) values.push(...value);
      else values.push(value);
    }
    return values.length > 1 ? values : values[0];
  };
}

function allFields(): Record<string, ProcessField> {
  const fields: Record<string, ProcessField> = { ...entityFields, ...detailFields };
  for (const [name, field] of Object.entries(entityFields)) {
    fields[`parent_process.${name}`] = remembered(name, facts => {
      const parent = facts.parent();
      return parent && field(parent);
    });
    fields[`ancestry.${name}`] = remembered(name, ancestryField(field));
  }
  return fields;
}

/** Every attribute of a process by its path below `process` or `actor.process`. */
export const processFields: Readonly<Record<string, ProcessField>> = allFields();

function splitVariable(entry: string): { name: string; value: string } {
  const equals = entry.indexOf('=');
  if (equals < 0) return { name: entry, value: '' };
  return { name: entry.slice(0, equals), value: entry.slice(equals + 1) };
}

/** Package URL of an installed package (github.com/package-url/purl-spec, types deb and rpm). */
function packageUrl(owner: OwningPackage): string {
  const type = owner.type === 'dpkg' ? 'deb' : 'rpm';
  const arch = owner.architecture === '' ? '' : `?arch=${encodeURIComponent(owner.architecture)}`;
  return `pkg:${type}/${encodeURIComponent(owner.name)}@${encodeURIComponent(owner.version)}${arch}`;
}

/** Drops attributes that are undefined, as OCSF has no "unknown" value. */
export function present<T extends object>(object: { [K in keyof T]: T[K] | undefined }): T {
  const result: Partial<T> = {};
  for (const key in object) {
    const value = object[key];
    if (value !== undefined) result[key] = value;
  }
  return result as T;
}

function userObject(facts: ProcessFacts): User | undefined {
  const { userId, groupId } = facts;
  if (userId === undefined) return undefined;
  const group = present<{ uid?: string; name?: string }>({
    uid: idText(groupId),
    name: facts.groupName(groupId),
  });
  return present<User>({
    uid: String(userId),
    name: facts.userName(userId),
    groups: groupId === undefined ? undefined : [group],
  });
}

function fileObject(facts: ProcessFacts): File | undefined {
  const file: ExecutableFile = facts.file;
  if (file.path === '') return undefined;
  const owner = facts.package;
  return present<File>({
    path: file.path,
    name: baseName(file.path),
    inode: idText(file.inode || undefined),
    device: textOf(file.device),
    mode: file.mode === 0 ? undefined : file.mode & 0o7777,
    size: file.size,
    owner:
      file.ownerId === undefined
        ? undefined
        : present<User>({ uid: String(file.ownerId), name: facts.userName(file.ownerId) }),
    hashes:
      facts.sha256 === undefined
        ? undefined
        : [{ algorithm_id: sha256Id, algorithm: 'SHA-256', value: facts.sha256 }],
    package:
      owner === undefined
        ? undefined
        : { name: owner.name, version: owner.version, type: owner.type, purl: packageUrl(owner) },
    is_deleted: flag(file.isDeleted),
    is_memfd: flag(file.isMemfd),
  });
}

/** A process without its parents. */
export function entityObject(facts: ProcessFacts): ProcessEntity {
  return present<ProcessEntity>({
    uid: facts.uid,
    pid: facts.pid,
    name: textOf(facts.name),
    cmd_line: textOf(facts.commandLine),
    file: fileObject(facts),
    user: userObject(facts),
    created_time: facts.createdTime,
    terminated_time: facts.terminatedTime,
    exit_code: facts.exitCode,
  });
}

/** A process with its parent and ancestry. */
export function processObject(facts: ProcessFacts): Process {
  const parent = facts.parent();
  const ancestors = ancestry(facts).map(entityObject);
  const session = present<{ uid?: string; terminal?: string }>({
    uid: idText(facts.sessionId),
    terminal: textOf(facts.terminal),
  });
  return present<Process>({
    ...entityObject(facts),
    euid: facts.effectiveUserId,
    egid: facts.effectiveGroupId,
    auid: facts.loginUserId,
    working_directory: textOf(facts.workingDirectory),
    session: Object.keys(session).length === 0 ? undefined : session,
    environment_variables: facts.environment.length === 0 ? undefined : facts.environment.map(splitVariable),
    capabilities: facts.capabilities.length === 0 ? undefined : [...facts.capabilities],
    namespace_pid: facts.namespacePid,
    container: facts.container,
    parent_process: parent && entityObject(parent),
    ancestry: ancestors.length === 0 ? undefined : ancestors,
  });
}
