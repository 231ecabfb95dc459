/** Names of Sigma's taxonomy, ECS and our own, as OCSF paths of host events. */
import { type EventKind, type FieldValue, own } from '@redoubt/model';
import { type EventReader, type FieldSource, pathSource } from '../sigma/event.ts';
import { elementsOf } from '../sigma/match/values.ts';

/** Kinds whose subject is the process that the event is about, not the one that acted. */
const aboutProcess: readonly EventKind[] = ['process.exec', 'process.exit', 'process.fork'];

/** Attributes of a process. */
const processNames: Readonly<Record<string, string>> = {
  Image: 'file.path',
  CommandLine: 'cmd_line',
  ProcessId: 'pid',
  ProcessGuid: 'uid',
  ProcessName: 'name',
  CurrentDirectory: 'working_directory',
  User: 'user.name',
  UserId: 'user.uid',
  EffectiveUserId: 'euid',
  LoginUserId: 'auid',
  LogonId: 'session.uid',
  Terminal: 'session.terminal',
  Capabilities: 'capabilities',
  Hashes: 'file.hashes.value',
  sha256: 'file.hashes.value',
  ImagePackage: 'file.package.name',
  ImageIsMemfd: 'file.is_memfd',
  ImageIsDeleted: 'file.is_deleted',
  ImageOwnerId: 'file.owner.uid',
  ContainerId: 'container.uid',
  ContainerName: 'container.name',
  ContainerImage: 'container.image.name',
  PodUid: 'container.pod_uuid',
  ParentImage: 'parent_process.file.path',
  ParentCommandLine: 'parent_process.cmd_line',
  ParentProcessId: 'parent_process.pid',
  ParentProcessGuid: 'parent_process.uid',
  ParentUser: 'parent_process.user.name',
  ParentImagePackage: 'parent_process.file.package.name',
  ParentImageIsDeleted: 'parent_process.file.is_deleted',
  AncestorImage: 'ancestry.file.path',
  AncestorCommandLine: 'ancestry.cmd_line',
  AncestorName: 'ancestry.name',
  AncestorImagePackage: 'ancestry.file.package.name',
  'process.executable': 'file.path',
  'process.command_line': 'cmd_line',
  'process.parent.executable': 'parent_process.file.path',
  'process.parent.command_line': 'parent_process.cmd_line',
  'process.working_directory': 'working_directory',
  'process.pid': 'pid',
  'user.name': 'user.name',
  'user.id': 'user.uid',
  'container.id': 'container.uid',
};

/** Attributes of the event besides its process. */
const eventNames: Readonly<Record<string, readonly string[]>> = {
  SourceFilename: ['file.path'],
  FileName: ['file.name'],
  TargetFilePackage: ['file.package.name'],
  TargetFileOwnerId: ['file.owner.uid'],
  LauncherImage: ['actor.process.file.path'],
  LauncherCommandLine: ['actor.process.cmd_line'],
  ListenPort: ['dst_endpoint.port'],
  ListenIp: ['dst_endpoint.ip'],
  EventKind: ['metadata.event_code'],
  OpenFlags: ['unmapped.open_flags'],
  Protection: ['unmapped.prot_flags'],
  Namespaces: ['unmapped.namespaces'],
  MountSource: ['unmapped.source'],
  FileSystem: ['unmapped.file_system'],
  ModuleName: ['unmapped.module_name'],
  BpfCommand: ['unmapped.bpf_command'],
  PtraceRequest: ['unmapped.request'],
  ExtendedAttribute: ['unmapped.xattr'],
  ImageLoaded: ['driver.file.path', 'file.path'],
  DestinationIp: ['dst_endpoint.ip'],
  DestinationPort: ['dst_endpoint.port'],
  DestinationHostname: ['dst_endpoint.hostname'],
  SourceIp: ['src_endpoint.ip'],
  SourcePort: ['src_endpoint.port'],
  Protocol: ['connection_info.protocol_name'],
  QueryName: ['query.hostname'],
  QueryType: ['query.type'],
  QueryResults: ['answers.rdata'],
  QueryStatus: ['rcode'],
  query: ['query.hostname'],
  record_type: ['query.type'],
  answer: ['answers.rdata'],
  TargetImage: ['process.file.path'],
  TargetProcessId: ['process.pid', 'unmapped.target_pid'],
  TargetUser: ['process.user.name'],
  TargetCommandLine: ['process.cmd_line'],
  Status: ['status_code'],
  'destination.ip': ['dst_endpoint.ip'],
  'destination.port': ['dst_endpoint.port'],
  'source.ip': ['src_endpoint.ip'],
  'source.port': ['src_endpoint.port'],
  'dns.question.name': ['query.hostname'],
};

/** First attributes of OCSF host events: a dotted name that begins with one is a path. */
const ocsfRoots: ReadonlySet<string> = new Set([
  'activity_id',
  'activity_name',
  'actor',
  'answers',
  'class_uid',
  'connection_info',
  'count',
  'device',
  'driver',
  'dst_endpoint',
  'file',
  'file_result',
  'message',
  'metadata',
  'process',
  'query',
  'rcode',
  'severity_id',
  'src_endpoint',
  'status_code',
  'status_id',
  'time',
  'type_uid',
  'unmapped',
]);

/** What an operation on a file leaves in its mode, by name. */
function modeBits(event: EventReader): FieldValue {
  const mode = event.get('unmapped.new_mode') ?? event.get('file.mode');
  if (typeof mode !== 'number') return undefined;
  const bits: string[] = [];
  if ((mode & 0o4000) !== 0) bits.push('setuid');
  if ((mode & 0o2000) !== 0) bits.push('setgid');
  if ((mode & 0o1000) !== 0) bits.push('sticky');
  if ((mode & 0o111) !== 0) bits.push('executable');
  return bits;
}

/** Fields that are worked out. */
function computed(field: string, subject: string): FieldSource | undefined {
  switch (field) {
    case 'Environment':
      return {
        key: `${subject}.environment`,
        read: event => {
          const names = elementsOf(event.get(`${subject}.environment_variables.name`));
          const values = elementsOf(event.get(`${subject}.environment_variables.value`));
          return names.map((name, index) => `${name}=${values[index] ?? ''}`);
        },
      };
    case 'ModeBits':
      return { key: 'mode bits', read: modeBits };
    case 'Initiated':
      return {
        key: 'initiated',
        read: event => {
          const direction = event.get('connection_info.direction_id');
          return direction === undefined ? undefined : direction === 2;
        },
      };
    case 'InContainer':
      return {
        key: `${subject}.in container`,
        read: event => event.get(`${subject}.container.uid`) !== undefined,
      };
    default:
      return undefined;
  }
}

/** The file that an event leaves changed: of a rename or link, the new name. */
function targetFile(kind: EventKind): FieldSource {
  const hasTwo = kind === 'file.rename' || kind === 'file.link' || kind === 'file.symlink';
  return hasTwo ? pathSource('file_result.path', 'file.path') : pathSource('file.path');
}

/**
 * Where a field of a rule is found in host events of a kind.
 * @returns undefined when host events have no such field
 */
export function hostField(field: string, kind: EventKind): FieldSource | undefined {
  const subject = aboutProcess.includes(kind) ? 'process' : 'actor.process';
  const found = computed(field, subject);
  if (found !== undefined) return found;
  const ofProcess = own(processNames, field);
  if (ofProcess !== undefined) return pathSource(`${subject}.${ofProcess}`);
  if (field === 'TargetFilename' || field === 'file.path') return targetFile(kind);
  const ofEvent = own(eventNames, field);
  if (ofEvent !== undefined) return pathSource(...ofEvent);
  return ocsfRoots.has(field.split('.')[0] ?? '') ? pathSource(field) : undefined;
}
