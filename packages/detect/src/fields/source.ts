/** Which rules an event concerns: log sources of rules against sources of events. */
import { type EventKind, own } from '@redoubt/model';
import type { LogSource } from '../sigma/ast.ts';
import { categoriesOfWindows, isOfService } from './windows.ts';

/** Where an event comes from, in the terms of Sigma's `logsource`. */
export interface EventSource {
  readonly product?: string | undefined;
  readonly category?: string | undefined;
  readonly service?: string | undefined;
  /** Windows event channel. */
  readonly channel?: string | undefined;
  /** Windows event id. */
  readonly eventId?: number | undefined;
  /** Kind of event, of records in a common schema (OCSF, ECS): they are read as host events are. */
  readonly kind?: EventKind | undefined;
  /** Wider categories and services under which rules may also ask for the event. */
  readonly also?: readonly string[] | undefined;
}

/**
 * Sigma categories of every kind of host event. Where Sigma has no category, ours stands; the package's
 * documentation lists them.
 */
const kindCategories: Partial<Record<EventKind, readonly string[]>> = {
  'process.fork': ['process_fork'],
  'process.exec': ['process_creation'],
  'process.exit': ['process_termination'],
  'process.ptrace': ['process_access', 'process_tracing'],
  'process.vm_write': ['process_access', 'process_injection'],
  'process.set_id': ['privilege_change'],
  'process.capset': ['privilege_change'],
  'process.signal': ['process_signal'],
  'process.unshare': ['namespace_change'],
  'process.setns': ['namespace_change', 'namespace_join'],
  'process.io_uring_setup': ['io_uring'],
  'process.io_uring_submit': ['io_uring'],
  'file.create': ['file_event', 'file_create'],
  'file.read': ['file_access'],
  'file.write': ['file_event', 'file_change'],
  'file.truncate': ['file_event', 'file_change', 'file_truncate'],
  'file.unlink': ['file_delete'],
  'file.rmdir': ['file_delete'],
  'file.rename': ['file_event', 'file_rename'],
  'file.setxattr': ['file_permission'],
  'file.chmod': ['file_permission'],
  'file.chown': ['file_permission'],
  'file.mkdir': ['directory_create'],
  'file.mknod': ['file_event', 'file_create'],
  'file.link': ['file_event', 'file_link'],
  'file.symlink': ['file_event', 'file_link'],
  'file.mount': ['mount'],
  'file.umount': ['mount'],
  'file.pivot_root': ['mount'],
  'memory.wx': ['memory_protection'],
  'memory.memfd_create': ['memory_file'],
  'network.connect': ['network_connection'],
  'network.accept': ['network_connection'],
  'network.bind': ['network_bind'],
  'network.listen': ['network_listen'],
  'network.udp_send': ['network_connection'],
  'dns.query': ['dns_query', 'dns'],
  'dns.answer': ['dns_answer', 'dns'],
  'kernel.module_load': ['driver_load'],
  'kernel.module_unload': ['driver_unload'],
  'kernel.bpf': ['bpf'],
};

/** Our categories that take in every kind of one family. */
const families: Readonly<Record<string, string>> = {
  file_activity: 'file.',
  process_activity: 'process.',
  network_activity: 'network.',
};

/** Categories of host events, for telling a misspelt category. */
export const hostCategories: ReadonlySet<string> = new Set([
  ...Object.values(kindCategories).flat(),
  ...Object.keys(families),
]);

/** Whether rules of a log source concern host events of a kind. */
export function coversKind(rule: LogSource, kind: EventKind): boolean {
  if (rule.service !== undefined || rule.category === undefined) return false;
  return (rule.product === undefined || rule.product === 'linux') && isOfCategory(kind, rule.category);
}

function isOfCategory(kind: EventKind, category: string): boolean {
  const family = own(families, category);
  if (family !== undefined) return kind.startsWith(family);
  return kindCategories[kind]?.includes(category) ?? false;
}

/** Whether rules of a log source concern events of a source: every attribute the rule has must agree. */
export function coversSource(rule: LogSource, source: EventSource): boolean {
  if (rule.product !== undefined && rule.product !== source.product) return false;
  const also = source.also ?? [];
  const windows = source.product === 'windows';
  if (rule.category !== undefined && rule.category !== source.category && !also.includes(rule.category)) {
    const known = windows && categoriesOfWindows(source.channel, source.eventId).includes(rule.category);
    if (!known && (source.kind === undefined || !isOfCategory(source.kind, rule.category))) return false;
  }
  if (rule.service !== undefined && rule.service !== source.service && !also.includes(rule.service)) {
    if (!windows || !isOfService(source.channel, rule.service)) return false;
  }
  return true;
}

/** A text that is equal for sources which concern the same rules. */
export function sourceKey(source: EventSource): string {
  const { product, category, service, channel, eventId, kind, also } = source;
  const categories = product === 'windows' ? categoriesOfWindows(channel, eventId).join() : '';
  return [product, category, service, channel, categories, kind, also?.join()].join('\0');
}
