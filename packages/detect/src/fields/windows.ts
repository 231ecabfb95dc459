/**
 * Windows event logs in Sigma's terms: where the fields are that Sigma names after Sysmon.
 * Source: Sigma taxonomy appendix.
 */
import { own } from '@redoubt/model';
import { categoriesOfEvent, serviceOfChannel } from '@redoubt/observe/log/windows';

/** Whether an event of a Windows channel belongs to a Sigma service. */
export function isOfService(channel: string | undefined, service: string): boolean {
  return channel !== undefined && serviceOfChannel(channel) === service;
}

/** Sigma categories of an event of a Windows channel. */
export function categoriesOfWindows(
  channel: string | undefined,
  eventId: number | undefined,
): readonly string[] {
  if (channel === undefined || eventId === undefined) return [];
  return categoriesOfEvent(serviceOfChannel(channel), eventId);
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
