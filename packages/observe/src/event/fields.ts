/** Every attribute that a kernel event can be asked for, by its dotted path. */
import { Section } from '@redoubt/kernel';
import { EventKinds, type FieldValue, product } from '@redoubt/model';
import { errnoName } from './errno.ts';
import type { KernelEventView } from './kernel-view.ts';
import { baseName, manyOf, processFields } from './process-fields.ts';
import { unmappedFields } from './unmapped.ts';

type Read = (view: KernelEventView) => FieldValue;

const fields = new Map<string, Read>();

/**
 * The value of an attribute; undefined when this event does not have it.
 * @param path dotted OCSF path, `unmapped.NAME` for what is Redoubt's own
 */
export function readField(view: KernelEventView, path: string): FieldValue {
  const read = fields.get(path);
  if (read !== undefined) return read(view);
  if (path.startsWith('unmapped.')) return unmappedFields(view.kind)[path.slice(9)]?.read(view.record);
  return undefined;
}

/** Paths that `readField` knows, those under `unmapped` apart. */
export function fieldPaths(): string[] {
  return [...fields.keys()];
}

/** OCSF type_id of a file from the type bits of st_mode (stat(2)). */
const fileTypes = new Map([
  [0o100000, 1],
  [0o040000, 2],
  [0o020000, 3],
  [0o060000, 4],
  [0o140000, 5],
  [0o010000, 6],
  [0o120000, 7],
]);

/** st_mode of an opened file; the mode argument of other calls says nothing about the file. */
export function openedMode(view: KernelEventView): number | undefined {
  const { kind } = view;
  if (kind !== 'file.create' && kind !== 'file.read' && kind !== 'file.write') return undefined;
  return view.file()?.mode || undefined;
}

/** OCSF `file.type_id`, where the record tells. */
export function fileType(view: KernelEventView): number | undefined {
  const mode = openedMode(view);
  return mode === undefined ? undefined : fileTypes.get(mode & 0o170000);
}

/** The file of a loaded kernel module; undefined when it did not come from one. */
export function driverPath(view: KernelEventView): string | undefined {
  return view.kind === 'kernel.module_load' ? view.record.walkedPath(Section.path) : undefined;
}

/** The second path of an event (rename, link, symlink's target apart). */
export function resultPath(view: KernelEventView): string | undefined {
  return view.kind === 'file.mount' ? undefined : view.file()?.target;
}

const nameOfPath = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : baseName(path);

/** How many like events an event stands for; undefined when it is only itself. */
export function repeatCount(view: KernelEventView): number | undefined {
  const count = view.network()?.count ?? 1;
  return count > 1 ? count : undefined;
}

/** Errno name of a failed call. */
export function statusCode(view: KernelEventView): string | undefined {
  const { result } = view.record;
  return result < 0 && view.kind !== 'process.exit' ? errnoName(-result) : undefined;
}

function define(path: string, read: Read): void {
  fields.set(path, read);
}

define('class_uid', view => EventKinds[view.kind].class_uid);
define('category_uid', view => Math.floor(EventKinds[view.kind].class_uid / 1000));
define('activity_id', view => EventKinds[view.kind].activity_id);
define('activity_name', view => EventKinds[view.kind].activity_name);
define('type_uid', view => EventKinds[view.kind].class_uid * 100 + EventKinds[view.kind].activity_id);
define('time', view => view.time);
define('severity_id', () => 1);
define('status_id', view => (statusCode(view) === undefined ? 1 : 2));
define('status_code', statusCode);
define('metadata.version', () => '1.6.0');
define('metadata.event_code', view => view.kind);
define('metadata.product.name', () => product.name);
define('metadata.product.vendor_name', () => product.vendor_name);

define('file.path', view => view.filePath());
define('file.name', view => nameOfPath(view.filePath()));
define('file.inode', view => view.file()?.inode?.toString());
define('file.device', view => view.file()?.device);
define('file.type_id', fileType);
define('file.mode', view => {
  const mode = openedMode(view);
  return mode === undefined ? undefined : mode & 0o7777;
});
define('file_result.path', resultPath);
define('file_result.name', view => nameOfPath(resultPath(view)));
define('driver.file.path', driverPath);
define('driver.file.name', view => nameOfPath(driverPath(view)));

for (const end of ['src_endpoint', 'dst_endpoint'] as const) {
  define(`${end}.ip`, view => view.endpoints()?.[end]?.ip);
  define(`${end}.port`, view => view.endpoints()?.[end]?.port);
}
define('connection_info.protocol_num', view => view.network()?.protocol);
define('connection_info.protocol_name', view => view.endpoints()?.protocol_name);
define('connection_info.direction_id', view => view.endpoints()?.direction_id);

define('count', view => repeatCount(view));

define('query.hostname', view => view.dns()?.hostname);
define('query.type', view => view.dns()?.type);
define('query.class', view => view.dns()?.class);
define('rcode', view => (view.kind === 'dns.answer' ? view.dns()?.rcode : undefined));
define('answers.type', view => manyOf(view.dns()?.answers.map(answer => answer.type) ?? []));
define('answers.rdata', view => manyOf(view.dns()?.answers.map(answer => answer.rdata) ?? []));
define('answers.ttl', view => manyOf(view.dns()?.answers.map(answer => answer.ttl) ?? []));

for (const [name, read] of Object.entries(processFields)) {
  define(`process.${name}`, view => {
    const facts = view.process();
    return facts && read(facts);
  });
  define(`actor.process.${name}`, view => {
    const facts = view.actor();
    return facts && read(facts);
  });
}

// The record itself tells the ids at the moment of the event; the table knows only the latest.
define('actor.process.user.uid', view => {
  if (view.actorIsOwn) return String(view.record.uid);
  return view.actor()?.userId?.toString();
});
define('actor.process.user.name', view => {
  const facts = view.actor();
  return facts?.userName(view.actorIsOwn ? view.record.uid : facts.userId);
});
define('actor.process.euid', view => (view.actorIsOwn ? view.record.euid : view.actor()?.effectiveUserId));
define('actor.process.tid', view => (view.actorIsOwn ? view.record.tid : undefined));
