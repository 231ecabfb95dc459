/** Which Sigma log source a Windows event belongs to, by channel and event id (Sigma taxonomy appendix). */
import type { Logsource } from '../record.ts';
import { categoriesOfEvent, serviceOfChannel } from './channels.ts';

const known = new Map<string, Logsource>();
const knownLimit = 4096;

/** The log source of a Windows event. The objects are shared: the same channel and id give the same object. */
export function windowsLogsource(channel: string, eventId: number): Logsource {
  const key = `${eventId} ${channel}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const service = serviceOfChannel(channel);
  const [category, ...also] = categoriesOfEvent(service, eventId);
  const source: Logsource = {
    product: 'windows',
    channel,
    eventId,
    ...(service !== undefined && { service }),
    ...(category !== undefined && { category }),
    ...(also.length > 0 && { also }),
  };
  // Channel names come from the log: a hostile one must not fill the memory.
  if (known.size < knownLimit) known.set(key, source);
  return source;
}
