/** A kernel event as a whole, as plain OCSF data. */
import type { Event, File, Process } from '@redoubt/model';
import { driverPath, fileType, openedMode, repeatCount, resultPath, statusCode } from './fields.ts';
import type { KernelEventView } from './kernel-view.ts';
import { baseName, present, processObject } from './process-fields.ts';
import { unmappedFields } from './unmapped.ts';

/** Everything that an event has beyond its kind and time. */
export function eventAttributes(view: KernelEventView): Partial<Event> {
  const code = statusCode(view);
  const process = view.process();
  const ends = view.endpoints();
  const dns = view.dns();
  const target = resultPath(view);
  const driver = driverPath(view);
  return present<Partial<Event>>({
    status_id: code === undefined ? 1 : 2,
    status_code: code,
    count: repeatCount(view),
    actor: actorObject(view),
    process: process && processObject(process),
    file: fileObject(view),
    file_result: target === undefined ? undefined : pathObject(target),
    src_endpoint: ends?.src_endpoint,
    dst_endpoint: ends?.dst_endpoint,
    connection_info:
      ends &&
      present({
        protocol_name: ends.protocol_name,
        protocol_num: view.network()?.protocol,
        direction_id: ends.direction_id,
      }),
    query: dns && { hostname: dns.hostname, type: dns.type, class: dns.class },
    answers: dns === undefined || dns.answers.length === 0 ? undefined : dns.answers,
    rcode: view.kind === 'dns.answer' ? dns?.rcode : undefined,
    driver: driver === undefined ? undefined : { file: pathObject(driver) },
    unmapped: unmappedObject(view),
  });
}

function pathObject(path: string): File {
  return present<File>({ path, name: baseName(path) });
}

/** The actor, with the ids that it had at the moment of the event. */
function actorObject(view: KernelEventView): { process: Process } | undefined {
  const facts = view.actor();
  if (facts === undefined) return undefined;
  const process = processObject(facts);
  if (!view.actorIsOwn) return { process };
  const { uid, euid, tid } = view.record;
  const name = facts.userName(uid);
  const { groups } = process.user ?? {};
  process.user = present({ uid: String(uid), name, groups });
  return { process: { ...process, euid, tid } };
}

function fileObject(view: KernelEventView): File | undefined {
  const details = view.file();
  const path = view.filePath();
  if (details === undefined || path === undefined) return undefined;
  const mode = openedMode(view);
  return present<File>({
    ...pathObject(path),
    type_id: fileType(view),
    inode: details.inode?.toString(),
    device: details.device,
    mode: mode === undefined ? undefined : mode & 0o7777,
  });
}

function unmappedObject(view: KernelEventView): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  for (const [name, { read }] of Object.entries(unmappedFields(view.kind))) {
    const value = read(view.record);
    if (value !== undefined) found[name] = value;
  }
  return Object.keys(found).length === 0 ? undefined : found;
}
