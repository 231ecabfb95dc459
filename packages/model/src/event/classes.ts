/**
 * OCSF 1.6 class and activity numbers that Redoubt emits.
 * Source: schema.ocsf.io, version 1.6.0; an event's `type_uid` is `class_uid * 100 + activity_id`.
 */

/** `class_uid` of every OCSF class that Redoubt emits. */
export const OcsfClass = {
  baseEvent: 0,
  fileActivity: 1001,
  kernelExtensionActivity: 1002,
  kernelActivity: 1003,
  memoryActivity: 1004,
  scheduledJobActivity: 1006,
  processActivity: 1007,
  eventLogActivity: 1008,
  scriptActivity: 1009,
  detectionFinding: 2004,
  accountChange: 3001,
  authentication: 3002,
  groupManagement: 3006,
  networkActivity: 4001,
  httpActivity: 4002,
  dnsActivity: 4003,
  applicationLifecycle: 6002,
  apiActivity: 6003,
  applicationError: 6008,
} as const;

/** Number of an OCSF class that Redoubt emits. */
export type OcsfClass = (typeof OcsfClass)[keyof typeof OcsfClass];

/** OCSF `severity_id`. */
export const Severity = {
  unknown: 0,
  informational: 1,
  low: 2,
  medium: 3,
  high: 4,
  critical: 5,
} as const;

/** Number of an OCSF severity. */
export type Severity = (typeof Severity)[keyof typeof Severity];

interface KindRow {
  class_uid: OcsfClass;
  activity_id: number;
  activity_name: string;
}

const row = (class_uid: OcsfClass, activity_id: number, activity_name: string): KindRow => ({
  class_uid,
  activity_id,
  activity_name,
});

/**
 * Every kind of host event, by the name that stands in `metadata.event_code`, with its OCSF class and
 * activity. Activity 99 (`Other`) is used, with its own `activity_name`, where OCSF has no closer activity.
 */
export const EventKinds = {
  'process.fork': row(OcsfClass.processActivity, 99, 'Fork'),
  'process.exec': row(OcsfClass.processActivity, 1, 'Launch'),
  'process.exit': row(OcsfClass.processActivity, 2, 'Terminate'),
  'process.ptrace': row(OcsfClass.processActivity, 3, 'Open'),
  'process.vm_write': row(OcsfClass.processActivity, 4, 'Inject'),
  'process.set_id': row(OcsfClass.processActivity, 5, 'Set User ID'),
  'process.capset': row(OcsfClass.processActivity, 99, 'Set Capabilities'),
  'process.signal': row(OcsfClass.processActivity, 99, 'Signal'),
  'process.unshare': row(OcsfClass.processActivity, 99, 'Unshare Namespace'),
  'process.setns': row(OcsfClass.processActivity, 99, 'Enter Namespace'),
  'process.io_uring_setup': row(OcsfClass.processActivity, 99, 'Set Up io_uring'),
  'process.io_uring_submit': row(OcsfClass.processActivity, 99, 'Submit io_uring Work'),
  'file.create': row(OcsfClass.fileActivity, 1, 'Create'),
  'file.read': row(OcsfClass.fileActivity, 2, 'Read'),
  'file.write': row(OcsfClass.fileActivity, 3, 'Update'),
  'file.truncate': row(OcsfClass.fileActivity, 3, 'Update'),
  'file.unlink': row(OcsfClass.fileActivity, 4, 'Delete'),
  'file.rmdir': row(OcsfClass.fileActivity, 4, 'Delete'),
  'file.rename': row(OcsfClass.fileActivity, 5, 'Rename'),
  'file.setxattr': row(OcsfClass.fileActivity, 6, 'Set Attributes'),
  'file.chmod': row(OcsfClass.fileActivity, 7, 'Set Security'),
  'file.chown': row(OcsfClass.fileActivity, 7, 'Set Security'),
  'file.mkdir': row(OcsfClass.fileActivity, 1, 'Create'),
  'file.mknod': row(OcsfClass.fileActivity, 1, 'Create'),
  'file.link': row(OcsfClass.fileActivity, 99, 'Link'),
  'file.symlink': row(OcsfClass.fileActivity, 99, 'Symlink'),
  'file.mount': row(OcsfClass.fileActivity, 12, 'Mount'),
  'file.umount': row(OcsfClass.fileActivity, 13, 'Unmount'),
  'file.pivot_root': row(OcsfClass.fileActivity, 99, 'Pivot Root'),
  'memory.wx': row(OcsfClass.memoryActivity, 2, 'Modify Page'),
  'memory.memfd_create': row(OcsfClass.memoryActivity, 1, 'Allocate Page'),
  'network.connect': row(OcsfClass.networkActivity, 1, 'Open'),
  'network.accept': row(OcsfClass.networkActivity, 1, 'Open'),
  'network.bind': row(OcsfClass.networkActivity, 99, 'Bind'),
  'network.listen': row(OcsfClass.networkActivity, 7, 'Listen'),
  'network.udp_send': row(OcsfClass.networkActivity, 6, 'Traffic'),
  'dns.query': row(OcsfClass.dnsActivity, 1, 'Query'),
  'dns.answer': row(OcsfClass.dnsActivity, 2, 'Response'),
  'kernel.module_load': row(OcsfClass.kernelExtensionActivity, 1, 'Load'),
  'kernel.module_unload': row(OcsfClass.kernelExtensionActivity, 2, 'Unload'),
  'kernel.bpf': row(OcsfClass.kernelActivity, 4, 'Invoke'),
  'sensor.loss': row(OcsfClass.applicationError, 1, 'General Error'),
  'auth.logon': row(OcsfClass.authentication, 1, 'Logon'),
  'auth.logoff': row(OcsfClass.authentication, 2, 'Logoff'),
  'auth.ticket': row(OcsfClass.authentication, 3, 'Authentication Ticket'),
  'auth.service_ticket': row(OcsfClass.authentication, 4, 'Service Ticket Request'),
  'account.create': row(OcsfClass.accountChange, 1, 'Create'),
  'account.enable': row(OcsfClass.accountChange, 2, 'Enable'),
  'account.password_change': row(OcsfClass.accountChange, 3, 'Password Change'),
  'account.password_reset': row(OcsfClass.accountChange, 4, 'Password Reset'),
  'account.disable': row(OcsfClass.accountChange, 5, 'Disable'),
  'account.delete': row(OcsfClass.accountChange, 6, 'Delete'),
  'account.lock': row(OcsfClass.accountChange, 9, 'Lock'),
  'account.modify': row(OcsfClass.accountChange, 99, 'Modify'),
  'group.add_user': row(OcsfClass.groupManagement, 3, 'Add User'),
  'group.remove_user': row(OcsfClass.groupManagement, 4, 'Remove User'),
  'group.delete': row(OcsfClass.groupManagement, 5, 'Delete'),
  'group.create': row(OcsfClass.groupManagement, 6, 'Create'),
  'http.request': row(OcsfClass.httpActivity, 99, 'Other'),
  'network.traffic': row(OcsfClass.networkActivity, 6, 'Traffic'),
  'api.call': row(OcsfClass.apiActivity, 99, 'Other'),
  'script.run': row(OcsfClass.scriptActivity, 1, 'Execute'),
  'job.create': row(OcsfClass.scheduledJobActivity, 1, 'Create'),
  'log.clear': row(OcsfClass.eventLogActivity, 1, 'Clear'),
  'ids.alert': row(OcsfClass.detectionFinding, 1, 'Create'),
  'log.record': row(OcsfClass.baseEvent, 99, 'Other'),
  'agent.start': row(OcsfClass.applicationLifecycle, 3, 'Start'),
  'agent.stop': row(OcsfClass.applicationLifecycle, 4, 'Stop'),
} as const satisfies Record<string, KindRow>;

/** Name of a kind of host event, as in `metadata.event_code`. */
export type EventKind = keyof typeof EventKinds;

/** Whether `name` is a kind of host event. */
export function isEventKind(name: string): name is EventKind {
  return Object.hasOwn(EventKinds, name);
}
