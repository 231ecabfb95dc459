/** An event in a line: who did it, and to what. */
import type { Endpoint, Event, EventKind, ProcessEntity } from '../../api/contract.ts';
import type { Dictionary } from '../../text/dictionary.ts';

/** What a line about an event says. */
export interface Description {
  /** The process that did it. */
  subject: ProcessEntity | undefined;
  /** What it was done to: a path, an address, a command line; '' when the kind says it all. */
  object: string;
  /** Why it failed, when it did: the name of the errno. */
  failure: string | undefined;
}

/** Whether the page has a name for a kind. A newer agent may know more kinds. */
export function isKnownKind(kind: string, text: Dictionary): kind is EventKind {
  return Object.hasOwn(text.kinds, kind);
}

/** What a kind is called; its code when the page does not know it. */
export function kindName(kind: string, text: Dictionary): string {
  return isKnownKind(kind, text) ? text.kinds[kind] : kind;
}

/** The kinds that the page knows, by the part of their code before the dot. */
export function kindsByCategory(text: Dictionary): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const kind of Object.keys(text.kinds)) {
    const category = categoryOf(kind);
    groups.set(category, [...(groups.get(category) ?? []), kind]);
  }
  return groups;
}

/** The part of a kind before the dot, as the dictionaries have it. */
export function categoryOf(kind: string): string {
  return kind.split('.', 1)[0] ?? kind;
}

function addressOf(endpoint: Endpoint | undefined): string {
  if (!endpoint) return '';
  const host = endpoint.hostname ?? endpoint.ip ?? '*';
  const shown = host.includes(':') ? `[${host}]` : host;
  return endpoint.port === undefined ? shown : `${shown}:${endpoint.port}`;
}

function nameOf(process: ProcessEntity | undefined): string {
  if (!process) return '';
  return [process.name ?? process.file?.name, process.pid].filter(part => part !== undefined).join(' ');
}

const arrow = ' → ';
const joined = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join(arrow);

function extras(event: Event): string {
  return Object.entries(event.unmapped ?? {})
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ');
}

function networkObject(event: Event): string {
  const { src_endpoint: source, dst_endpoint: destination, metadata } = event;
  switch (metadata.event_code) {
    case 'network.listen':
    case 'network.bind':
      return addressOf(source ?? destination);
    case 'network.accept':
      return joined(addressOf(source), addressOf(destination));
    default:
      return addressOf(destination ?? source);
  }
}

function dnsObject(event: Event): string {
  const answers = event.answers?.map(answer => answer.rdata).join(', ');
  const query = [event.query?.type, event.query?.hostname].filter(Boolean).join(' ');
  return joined(query, answers ?? event.rcode);
}

function objectOf(event: Event): string {
  const kind = event.metadata.event_code;
  switch (categoryOf(kind)) {
    case 'process':
      if (kind === 'process.exec') return event.process?.cmd_line ?? event.process?.file?.path ?? '';
      if (kind === 'process.exit') return event.process?.file?.path ?? nameOf(event.process);
      return joined(nameOf(event.process), extras(event));
    case 'file':
      return joined(event.file?.path, event.file_result?.path);
    case 'network':
      return networkObject(event);
    case 'dns':
      return dnsObject(event);
    case 'kernel':
      return event.driver?.file.path ?? event.driver?.file.name ?? extras(event);
    default:
      return event.message ?? joined(event.file?.path ?? event.file?.name, extras(event));
  }
}

/** Describes an event of any kind, also of kinds that the page does not know. */
export function describe(event: Event): Description {
  return {
    subject: event.actor?.process ?? event.process,
    object: objectOf(event),
    failure: event.status_id === 2 ? (event.status_code ?? '') : undefined,
  };
}
