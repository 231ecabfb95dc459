/** An event or a finding in one line. */
import type { Endpoint, Event, Process } from '@redoubt/model';
import type { Output } from './output.ts';
import { safe } from './safe.ts';
import { clock } from './values.ts';

function address(endpoint: Endpoint | undefined): string {
  const host = endpoint?.ip ?? endpoint?.hostname;
  if (host === undefined) return '';
  const shown = host.includes(':') ? `[${host}]` : host;
  return endpoint?.port === undefined ? shown : `${shown}:${endpoint.port}`;
}

/** What an event is about, in a few words: a command line, a path, two addresses, a name asked for. */
export function subject(event: Event): string {
  const { src_endpoint, dst_endpoint, query, answers } = event;
  if (query) {
    const found = answers?.map(answer => answer.rdata).join(' ');
    return found ? `${query.hostname} → ${found}` : query.hostname;
  }
  const ends = [address(src_endpoint), address(dst_endpoint)].filter(end => end !== '');
  if (ends.length > 0) return ends.join(' → ');
  const file = event.file?.path ?? event.driver?.file.path;
  if (file !== undefined) {
    const result = event.file_result?.path;
    return result === undefined ? file : `${file} → ${result}`;
  }
  const process = event.process ?? event.actor?.process;
  return event.message ?? process?.cmd_line ?? process?.file?.path ?? '';
}

/** Who did it: name and pid. */
export function actorName(process: Process | undefined): string {
  if (!process) return '';
  const name = process.name ?? process.file?.name ?? '?';
  return process.pid === undefined ? name : `${name}[${process.pid}]`;
}

/** One line for an event: time, kind, who, user, what about, and the error of a call that failed. */
export function eventLine(event: Event, output: Output): string {
  const actor = event.actor?.process ?? event.process;
  const user = actor?.user?.name ?? actor?.user?.uid ?? '';
  const failed = event.status_id === 2 ? ` (${event.status_code ?? output.say(failure)})` : '';
  const parts = [
    output.style('dim', clock(event.time)),
    output.style('cyan', safe(event.metadata.event_code).padEnd(16)),
    safe(actorName(actor)).padEnd(22),
    safe(user).padEnd(8),
    safe(subject(event)) +
      (event.count === undefined ? '' : ` × ${event.count}`) +
      output.style('yellow', safe(failed)),
  ];
  return parts.join(' ').trimEnd();
}

const failure = { en: 'failed', zh: '失败' };
