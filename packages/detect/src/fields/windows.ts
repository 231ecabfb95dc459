/**
 * Windows event logs in Sigma's terms.
 * Sources: Sigma taxonomy appendix; the Sysmon manual's list of event ids; names of Windows event channels.
 */

import { own } from '@redoubt/model';

/** Channels of each Sigma service, lower case. */
const channels: Readonly<Record<string, readonly string[]>> = {
  security: ['security'],
  system: ['system'],
  application: ['application'],
  'microsoft-windows-sysmon/operational': ['sysmon'],
  'microsoft-windows-powershell/operational': ['powershell'],
  'powershellcore/operational': ['powershell'],
  'windows powershell': ['powershell-classic'],
  'microsoft-windows-taskscheduler/operational': ['taskscheduler'],
  'microsoft-windows-wmi-activity/operational': ['wmi'],
  'microsoft-windows-dns-client/operational': ['dns-client'],
  'dns server': ['dns-server'],
  'microsoft-windows-dns-server/audit': ['dns-server-audit'],
  'microsoft-windows-dns-server/analytical': ['dns-server-analytic'],
  'microsoft-windows-driverframeworks-usermode/operational': ['driver-framework'],
  'microsoft-windows-ntlm/operational': ['ntlm'],
  'microsoft-windows-windows defender/operational': ['windefend'],
  'microsoft-windows-windows firewall with advanced security/firewall': ['firewall-as'],
  'microsoft-windows-applocker/msi and script': ['applocker'],
  'microsoft-windows-applocker/exe and dll': ['applocker'],
  'microsoft-windows-applocker/packaged app-deployment': ['applocker'],
  'microsoft-windows-applocker/packaged app-execution': ['applocker'],
  'microsoft-windows-bits-client/operational': ['bits-client'],
  'microsoft-windows-codeintegrity/operational': ['codeintegrity-operational'],
  'microsoft-windows-smbclient/security': ['smbclient-security'],
  'microsoft-windows-smbclient/connectivity': ['smbclient-connectivity'],
  'microsoft-windows-smbserver/connectivity': ['smbserver-connectivity'],
  'microsoft-windows-terminalservices-localsessionmanager/operational': [
    'terminalservices-localsessionmanager',
  ],
  'microsoft-windows-appxdeploymentserver/operational': ['appxdeployment-server'],
  'microsoft-windows-appxpackagingom': ['appxpackaging-om'],
  'microsoft-windows-appmodel-runtime/admin': ['appmodel-runtime'],
  'microsoft-windows-capi2/operational': ['capi2'],
  'microsoft-windows-certificateservicesclient-lifecycle-system/operational': [
    'certificateservicesclient-lifecycle-system',
  ],
  'microsoft-windows-diagnosis-scripted/operational': ['diagnosis-scripted'],
  'microsoft-windows-kernel-shimengine/operational': ['kernel-shimengine'],
  'microsoft-windows-ldap-client/debug': ['ldap'],
  'microsoft-windows-lsa/operational': ['lsa-server'],
  'microsoft-windows-openssh/operational': ['openssh'],
  'openssh/operational': ['openssh'],
  'microsoft-windows-printservice/admin': ['printservice-admin'],
  'microsoft-windows-printservice/operational': ['printservice-operational'],
  'microsoft-windows-security-mitigations/kernel mode': ['security-mitigations'],
  'microsoft-windows-security-mitigations/user mode': ['security-mitigations'],
  'microsoft-windows-shell-core/operational': ['shell-core'],
  'microsoft-servicebus-client': ['microsoft-servicebus-client'],
  'msexchange management': ['msexchange-management'],
};

const sysmonCategories: Readonly<Record<number, readonly string[]>> = {
  1: ['process_creation'],
  2: ['file_change'],
  3: ['network_connection'],
  4: ['sysmon_status'],
  5: ['process_termination'],
  6: ['driver_load'],
  7: ['image_load'],
  8: ['create_remote_thread'],
  9: ['raw_access_thread'],
  10: ['process_access'],
  11: ['file_event'],
  12: ['registry_event', 'registry_add', 'registry_delete'],
  13: ['registry_event', 'registry_set'],
  14: ['registry_event', 'registry_rename'],
  15: ['create_stream_hash'],
  16: ['sysmon_status'],
  17: ['pipe_created'],
  18: ['pipe_created'],
  19: ['wmi_event'],
  20: ['wmi_event'],
  21: ['wmi_event'],
  22: ['dns_query'],
  23: ['file_delete'],
  24: ['clipboard_capture'],
  25: ['process_tampering'],
  26: ['file_delete', 'file_delete_detected'],
  27: ['file_block_executable', 'file_block'],
  28: ['file_block_shredding', 'file_block'],
  29: ['file_executable_detected'],
  255: ['sysmon_error'],
};

/** Sigma services of a Windows channel. */
export function servicesOfWindows(channel: string | undefined): readonly string[] {
  return (channel === undefined ? undefined : own(channels, channel.toLowerCase())) ?? [];
}

/** Sigma categories of an event of a Windows channel. */
export function categoriesOfWindows(
  channel: string | undefined,
  eventId: number | undefined,
): readonly string[] {
  if (channel === undefined || eventId === undefined) return [];
  switch (channel.toLowerCase()) {
    case 'microsoft-windows-sysmon/operational':
      return sysmonCategories[eventId] ?? [];
    case 'security':
      return eventId === 4688
        ? ['process_creation']
        : eventId === 4657
          ? ['registry_event', 'registry_set']
          : [];
    case 'microsoft-windows-powershell/operational':
    case 'powershellcore/operational':
      return eventId === 4104 ? ['ps_script'] : eventId === 4103 ? ['ps_module'] : [];
    case 'windows powershell':
      return [
        ...(eventId === 400 ? ['ps_classic_start'] : []),
        ...(eventId === 600 ? ['ps_classic_provider_start'] : []),
        ...(eventId === 800 ? ['ps_classic_script'] : []),
      ];
    default:
      return [];
  }
}

/** Names under which Windows itself logs what Sigma names after Sysmon, by event id of the Security channel. */
const securityNames: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  4688: {
    Image: 'NewProcessName',
    ParentImage: 'ParentProcessName',
    CommandLine: 'CommandLine',
    User: 'SubjectUserName',
    LogonId: 'SubjectLogonId',
    ProcessId: 'NewProcessId',
    ParentProcessId: 'ProcessId',
    IntegrityLevel: 'MandatoryLabel',
  },
  4657: { Image: 'ProcessName', TargetObject: 'ObjectName', Details: 'NewValue', User: 'SubjectUserName' },
};

/** Paths of a Sigma field in a Windows record, best first. */
export function windowsPaths(field: string, eventId: number | undefined): readonly string[] {
  const renamed = own(own(securityNames, String(eventId)) ?? {}, field);
  const system = [`Event.System.${field}`, `Event.EventData.${field}`];
  return [
    ...(renamed === undefined ? [] : [renamed]),
    field,
    `EventData.${field}`,
    `winlog.event_data.${field}`,
    ...system,
  ];
}
