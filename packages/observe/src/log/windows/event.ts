/** Windows events in OCSF. Field names: Microsoft's audit event reference and Sysmon's manifest. */
import type { Event, EventKind, Process } from '@redoubt/model';
import { deviceOf, endpointOf, logEvent, present, textOf, userOf, wholeOf } from '../event/compose.ts';
import type { LogFields, LogRecord } from '../record.ts';

const product = { name: 'Windows', vendor_name: 'Microsoft' };

type Mapping = (fields: LogFields) => { kind: EventKind; attributes: object };

/** A process id as Windows writes it: decimal, or hexadecimal with `0x`. */
function pidOf(value: unknown): number | undefined {
  if (typeof value === 'string' && /^0x[0-9a-f]{1,8}$/i.test(value)) return Number.parseInt(value, 16);
  return wholeOf(value);
}

function processOf(path: unknown, pid: unknown, commandLine?: unknown, user?: unknown): Process {
  const full = textOf(path);
  const name = full?.slice(full.lastIndexOf('\\') + 1);
  return present({
    pid: pidOf(pid),
    name,
    cmd_line: textOf(commandLine),
    file: full === undefined ? undefined : present({ path: full, name }),
    user: userOf(user),
  });
}

/** `DOMAIN\user` from the two fields that Windows writes. */
function account(fields: LogFields, prefix: string): string | undefined {
  const name = textOf(fields[`${prefix}UserName`]);
  const domain = textOf(fields[`${prefix}DomainName`]);
  return name !== undefined && domain !== undefined ? `${domain}\\${name}` : name;
}

const logon =
  (kind: EventKind, status_id: number | undefined): Mapping =>
  fields => ({
    kind,
    attributes: {
      status_id: status_id ?? (/^0x0+$/.test(String(fields['Status'] ?? '0x0')) ? 1 : 2),
      status_code: textOf(fields['SubStatus']) ?? textOf(fields['Status']),
      user: userOf(
        account(fields, 'Target') ?? fields['TargetUserName'],
        fields['TargetUserSid'] ?? fields['TargetSid'],
      ),
      src_endpoint: endpointOf(
        fields['IpAddress'],
        fields['IpPort'],
        fields['WorkstationName'] ?? fields['Workstation'],
      ),
      auth_protocol: textOf(fields['AuthenticationPackageName'])?.trim(),
      logon_type_id: wholeOf(fields['LogonType']),
      service:
        textOf(fields['ServiceName']) === undefined ? undefined : { name: textOf(fields['ServiceName']) },
      session:
        textOf(fields['TargetLogonId']) === undefined ? undefined : { uid: textOf(fields['TargetLogonId']) },
      actor: { process: processOf(fields['ProcessName'], fields['ProcessId']) },
    },
  });

const accountChange =
  (kind: EventKind): Mapping =>
  fields => ({
    kind,
    attributes: {
      status_id: 1,
      user: userOf(account(fields, 'Target') ?? fields['TargetUserName'], fields['TargetSid']),
      actor: present({ process: {}, user: userOf(account(fields, 'Subject'), fields['SubjectUserSid']) }),
    },
  });

const groupChange =
  (kind: EventKind): Mapping =>
  fields => ({
    kind,
    attributes: {
      status_id: 1,
      user: userOf(fields['MemberName'], fields['MemberSid']),
      group: present({ name: account(fields, 'Target'), uid: textOf(fields['TargetSid']) }),
      actor: present({ process: {}, user: userOf(account(fields, 'Subject'), fields['SubjectUserSid']) }),
    },
  });

const securityStart: Mapping = fields => ({
  kind: 'process.exec',
  attributes: {
    process: processOf(
      fields['NewProcessName'],
      fields['NewProcessId'],
      fields['CommandLine'],
      account(fields, 'Subject'),
    ),
    actor: { process: processOf(fields['ParentProcessName'], fields['ProcessId']) },
  },
});

const sysmonStart: Mapping = fields => ({
  kind: 'process.exec',
  attributes: {
    process: {
      ...processOf(fields['Image'], fields['ProcessId'], fields['CommandLine'], fields['User']),
      ...present({ working_directory: textOf(fields['CurrentDirectory']) }),
    },
    actor: {
      process: processOf(fields['ParentImage'], fields['ParentProcessId'], fields['ParentCommandLine']),
    },
  },
});

const sysmonFile =
  (kind: EventKind): Mapping =>
  fields => {
    const path = textOf(fields['TargetFilename']);
    const file = path === undefined ? undefined : { path, name: path.slice(path.lastIndexOf('\\') + 1) };
    return {
      kind,
      attributes: { file, actor: { process: processOf(fields['Image'], fields['ProcessId']) } },
    };
  };

const mappings: Readonly<Record<string, Mapping>> = {
  'security:4624': logon('auth.logon', 1),
  'security:4625': logon('auth.logon', 2),
  'security:4648': logon('auth.logon', 1),
  'security:4776': logon('auth.logon', undefined),
  'security:4634': logon('auth.logoff', 1),
  'security:4647': logon('auth.logoff', 1),
  'security:4768': logon('auth.ticket', undefined),
  'security:4771': logon('auth.ticket', 2),
  'security:4769': logon('auth.service_ticket', undefined),
  'security:4720': accountChange('account.create'),
  'security:4722': accountChange('account.enable'),
  'security:4723': accountChange('account.password_change'),
  'security:4724': accountChange('account.password_reset'),
  'security:4725': accountChange('account.disable'),
  'security:4726': accountChange('account.delete'),
  'security:4738': accountChange('account.modify'),
  'security:4740': accountChange('account.lock'),
  'security:4727': groupChange('group.create'),
  'security:4731': groupChange('group.create'),
  'security:4728': groupChange('group.add_user'),
  'security:4732': groupChange('group.add_user'),
  'security:4756': groupChange('group.add_user'),
  'security:4729': groupChange('group.remove_user'),
  'security:4733': groupChange('group.remove_user'),
  'security:4757': groupChange('group.remove_user'),
  'security:4688': securityStart,
  'security:4689': fields => ({
    kind: 'process.exit',
    attributes: { process: processOf(fields['ProcessName'], fields['ProcessId']) },
  }),
  'security:4698': fields => ({
    kind: 'job.create',
    attributes: {
      job: { name: textOf(fields['TaskName']) ?? '' },
      actor: present({ process: {}, user: userOf(account(fields, 'Subject'), fields['SubjectUserSid']) }),
    },
  }),
  'security:1102': fields => ({
    kind: 'log.clear',
    attributes: {
      actor: present({ process: {}, user: userOf(account(fields, 'Subject'), fields['SubjectUserSid']) }),
    },
  }),
  'system:104': () => ({ kind: 'log.clear', attributes: {} }),
  'security:5156': fields => ({
    kind: 'network.connect',
    attributes: {
      src_endpoint: endpointOf(fields['SourceAddress'], fields['SourcePort']),
      dst_endpoint: endpointOf(fields['DestAddress'], fields['DestPort']),
      actor: { process: processOf(fields['Application'], fields['ProcessID']) },
    },
  }),
  'powershell:4104': fields => ({
    kind: 'script.run',
    attributes: {
      script: present({
        type_id: 2,
        uid: textOf(fields['ScriptBlockId']),
        script_content: { value: textOf(fields['ScriptBlockText']) ?? '' },
      }),
    },
  }),
  'sysmon:1': sysmonStart,
  'sysmon:3': fields => ({
    kind:
      fields['Initiated'] === 'false' || fields['Initiated'] === false ? 'network.accept' : 'network.connect',
    attributes: {
      src_endpoint: endpointOf(fields['SourceIp'], fields['SourcePort'], fields['SourceHostname']),
      dst_endpoint: endpointOf(
        fields['DestinationIp'],
        fields['DestinationPort'],
        fields['DestinationHostname'],
      ),
      connection_info: present({ protocol_name: textOf(fields['Protocol']) }),
      actor: { process: processOf(fields['Image'], fields['ProcessId'], undefined, fields['User']) },
    },
  }),
  'sysmon:5': fields => ({
    kind: 'process.exit',
    attributes: { process: processOf(fields['Image'], fields['ProcessId']) },
  }),
  'sysmon:11': sysmonFile('file.create'),
  'sysmon:23': sysmonFile('file.unlink'),
  'sysmon:26': sysmonFile('file.unlink'),
  'sysmon:22': fields => ({
    kind: 'dns.query',
    attributes: {
      query: { hostname: textOf(fields['QueryName']) ?? '' },
      actor: { process: processOf(fields['Image'], fields['ProcessId']) },
    },
  }),
};

const plain: Mapping = () => ({ kind: 'log.record', attributes: {} });

const severities: Readonly<Record<number, number>> = { 1: 5, 2: 4, 3: 3 };

/** A Windows event in OCSF: authentication, account, process, network, DNS, file and script activity. */
export function windowsEvent(record: LogRecord): Event {
  const { service, eventId } = record.logsource;
  const { kind, attributes } = (mappings[`${service}:${eventId}`] ?? plain)(record.fields);
  return logEvent(record, kind, product, {
    severity_id: severities[wholeOf(record.fields['Level']) ?? 0] ?? 1,
    device: deviceOf(record.fields['Computer'], 'windows'),
    message: textOf(record.fields['Message']),
    ...attributes,
  });
}
