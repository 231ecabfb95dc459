/**
 * Windows event channels and ids in Sigma's terms: the one table for those who read such events and those who
 * judge them.
 * Sources: Sigma taxonomy appendix; the Sysmon manual's list of event ids; names of Windows event channels.
 */
import { own } from '@redoubt/model';

/** Services by channel, lower case. */
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
  'microsoft-windows-kernel-shimengine/operational': 'kernel-shimengine',
  'microsoft-windows-ldap-client/debug': 'ldap',
  'microsoft-windows-terminalservices-localsessionmanager/operational':
    'terminalservices-localsessionmanager',
  'openssh/operational': 'openssh',
  'microsoft-windows-openssh/operational': 'openssh',
  'microsoft-windows-driverframeworks-usermode/operational': 'driver-framework',
  'microsoft-windows-lsa/operational': 'lsa-server',
  'microsoft-windows-security-mitigations/kernel mode': 'security-mitigations',
  'microsoft-windows-security-mitigations/user mode': 'security-mitigations',
  'microsoft-windows-shell-core/operational': 'shell-core',
  'microsoft-windows-appxdeploymentserver/operational': 'appxdeployment-server',
  'microsoft-windows-appxpackaging/operational': 'appxpackaging-om',
  'microsoft-windows-appxpackagingom': 'appxpackaging-om',
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
  26: ['file_delete', 'file_delete_detected'],
  27: ['file_block_executable', 'file_block'],
  28: ['file_block_shredding', 'file_block'],
  29: ['file_executable_detected'],
  255: ['sysmon_error'],
};

const otherCategories: Readonly<Record<string, readonly string[]>> = {
  'security:4688': ['process_creation'],
  'security:4657': ['registry_event', 'registry_set'],
  'powershell:4103': ['ps_module'],
  'powershell:4104': ['ps_script'],
  'powershell-classic:400': ['ps_classic_start'],
  'powershell-classic:600': ['ps_classic_provider_start'],
  'powershell-classic:800': ['ps_classic_script'],
};

/** The Sigma service of a channel. */
export function serviceOfChannel(channel: string): string | undefined {
  return own(services, channel.toLowerCase());
}

const none: readonly string[] = [];

/** The Sigma categories of an event of a service, the most telling first. */
export function categoriesOfEvent(service: string | undefined, eventId: number): readonly string[] {
  if (service === undefined) return none;
  if (service === 'sysmon') return sysmonCategories[eventId] ?? none;
  return own(otherCategories, `${service}:${eventId}`) ?? none;
}
