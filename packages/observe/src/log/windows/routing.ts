/** Which Sigma log source a Windows event belongs to, by channel and event id (Sigma taxonomy appendix). */
import type { Logsource } from '../record.ts';

const services: Readonly<Record<string, string>> = {
  security: 'security',
  system: 'system',
  application: 'application',
  'windows powershell': 'powershell-classic',
  'microsoft-windows-powershell/operational': 'powershell',
  'powershellcore/operational': 'powershell',
  'microsoft-windows-sysmon/operational': 'sysmon',
  'microsoft-windows-taskscheduler/operational': 'taskscheduler',
  'microsoft-windows-wmi-activity/operational': 'wmi',
  'microsoft-windows-windows defender/operational': 'windefend',
  'microsoft-windows-ntlm/operational': 'ntlm',
  'dns server': 'dns-server',
  'microsoft-windows-dns-server/audit': 'dns-server-audit',
  'microsoft-windows-dns-server/analytical': 'dns-server-analytic',
  'microsoft-windows-dns-client/operational': 'dns-client',
  'microsoft-windows-dhcp-server/operational': 'dhcp',
  'microsoft-windows-bits-client/operational': 'bits-client',
  'microsoft-windows-windows firewall with advanced security/firewall': 'firewall-as',
  'microsoft-windows-codeintegrity/operational': 'codeintegrity-operational',
  'microsoft-windows-applocker/msi and script': 'applocker',
  'microsoft-windows-applocker/exe and dll': 'applocker',
  'microsoft-windows-applocker/packaged app-deployment': 'applocker',
  'microsoft-windows-applocker/packaged app-execution': 'applocker',
  'msexchange management': 'msexchange-management',
  'microsoft-windows-printservice/admin': 'printservice-admin',
  'microsoft-windows-printservice/operational': 'printservice-operational',
  'microsoft-windows-smbclient/security': 'smbclient-security',
  'microsoft-windows-smbclient/connectivity': 'smbclient-connectivity',
  'microsoft-windows-smbserver/connectivity': 'smbserver-connectivity',
  'microsoft-windows-ldap-client/debug': 'ldap',
  'microsoft-windows-terminalservices-localsessionmanager/operational':
    'terminalservices-localsessionmanager',
  'openssh/operational': 'openssh',
  'microsoft-windows-driverframeworks-usermode/operational': 'driver-framework',
  'microsoft-windows-lsa/operational': 'lsa-server',
  'microsoft-windows-security-mitigations/kernel mode': 'security-mitigations',
  'microsoft-windows-security-mitigations/user mode': 'security-mitigations',
  'microsoft-windows-shell-core/operational': 'shell-core',
  'microsoft-windows-appxdeploymentserver/operational': 'appxdeployment-server',
  'microsoft-windows-appxpackaging/operational': 'appxpackaging-om',
  'microsoft-windows-appmodel-runtime/admin': 'appmodel-runtime',
  'microsoft-windows-capi2/operational': 'capi2',
  'microsoft-windows-certificateservicesclient-lifecycle-system/operational':
    'certificateservicesclient-lifecycle-system',
  'microsoft-windows-diagnosis-scripted/operational': 'diagnosis-scripted',
  'microsoft-windows-iis-configuration/operational': 'iis-configuration',
  'microsoft-windows-vhdmp/operational': 'vhdmp',
  'microsoft-windows-hyper-v-worker': 'hyper-v-worker',
  'microsoft-windows-kernel-event-tracing': 'kernel-event-tracing',
  'microsoft-servicebus-client': 'microsoft-servicebus-client',
};

const sysmonCategories: Readonly<Record<number, readonly [string, ...string[]]>> = {
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
  13: ['registry_set', 'registry_event'],
  14: ['registry_rename', 'registry_event'],
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
  26: ['file_delete'],
  27: ['file_block_executable'],
  28: ['file_block_shredding'],
  29: ['file_executable_detected'],
  255: ['sysmon_error'],
};

const otherCategories: Readonly<Record<string, string>> = {
  'security:4688': 'process_creation',
  'security:4657': 'registry_event',
  'powershell:4103': 'ps_module',
  'powershell:4104': 'ps_script',
  'powershell-classic:400': 'ps_classic_start',
  'powershell-classic:600': 'ps_classic_provider_start',
  'powershell-classic:800': 'ps_classic_script',
};

const known = new Map<string, Logsource>();
const knownLimit = 4096;

/** The log source of a Windows event. The objects are shared: the same channel and id give the same object. */
export function windowsLogsource(channel: string, eventId: number): Logsource {
  const key = `${eventId} ${channel}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const service = services[channel.toLowerCase()];
  const [category, ...also] = (service === 'sysmon' ? sysmonCategories[eventId] : undefined) ?? [
    service === undefined ? undefined : otherCategories[`${service}:${eventId}`],
  ];
  const source: Logsource = {
    product: 'windows',
    channel,
    eventId,
    ...(service !== undefined && { service }),
    ...(category !== undefined && { category }),
    ...(also.length > 0 && { also: also.filter(name => name !== undefined) }),
  };
  // Channel names come from the log: a hostile one must not fill the memory.
  if (known.size < knownLimit) known.set(key, source);
  return source;
}
