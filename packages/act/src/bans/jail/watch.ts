/** Events and lines held against the jails: who has offended too often. */
import type { EventKind, EventView } from '@redoubt/model';
import { subjectOf } from '../../address/address.ts';
import type { EventFilter, Jail } from './jail.ts';
import { type Offence, OffenceWindow, type Tally } from './window.ts';

/** Somebody who has offended too often. */
export interface Offender extends Tally {
  readonly jail: Jail;
  /** What is banned: an IPv4 address, the /64 of an IPv6 address, or `user:NAME` where a jail counts accounts. */
  readonly subject: string;
  /** The address of the last offence as it was seen; undefined where accounts are counted. */
  readonly address: string | undefined;
}

/** Longest text that patterns are tried on. */
const textLimit = 4_096;
const subjectsKept = 4_096;

const nobody: readonly Offender[] = [];

type Route = { readonly jail: Jail; readonly filter: EventFilter };

/** Judges events. Holds counters only; what follows is the affair of whoever asks. */
export class JailWatch {
  readonly jails: readonly Jail[];
  readonly #routes = new Map<EventKind, Route[]>();
  readonly #lineJails: readonly Jail[];
  readonly #anyLog: boolean;
  readonly #subjects = new Map<string, string>();
  readonly #windows = new Map<string, OffenceWindow>();
  /** Offences that were counted. */
  offences = 0;
  /** Offences whose address was none. */
  nameless = 0;

  /**
   * @param options `anyLog`: filters by the name of a log do not count; `limit`: counters of each jail
   */
  constructor(jails: readonly Jail[], options: { readonly anyLog?: boolean; readonly limit?: number } = {}) {
    this.jails = jails.filter(({ enabled }) => enabled);
    this.#anyLog = options.anyLog ?? false;
    for (const jail of this.jails) {
      this.#windows.set(jail.name, new OffenceWindow(options.limit));
      for (const filter of jail.events) {
        const routes = this.#routes.get(filter.kind) ?? [];
        routes.push({ jail, filter });
        this.#routes.set(filter.kind, routes);
      }
    }
    this.#lineJails = this.jails.filter(({ lines }) => lines !== undefined && lines.programs.size > 0);
  }

  /** The kinds of events that any jail asks for. */
  get kinds(): EventKind[] {
    const line: EventKind[] = this.#lineJails.length > 0 ? ['log.record'] : [];
    return [...new Set([...this.#routes.keys(), ...line])];
  }

  /** Counters that had to go for want of room. */
  get evicted(): number {
    return [...this.#windows.values()].reduce((sum, window) => sum + window.evicted, 0);
  }

  /** Subjects that are being counted. */
  get counted(): number {
    return [...this.#windows.values()].reduce((sum, window) => sum + window.size, 0);
  }

  /**
   * Judges an event.
   * @param sequence its number in the record
   * @param time when it counts as having happened; its own time when left out
   */
  event(view: EventView, sequence?: number, time = view.time): readonly Offender[] {
    const { kind } = view;
    const routes = this.#routes.get(kind);
    const byLine = kind === 'log.record' ? this.#lineJails : [];
    if (routes === undefined && byLine.length === 0) return nobody;
    // Most events are nobody's offence too many: for them no list is made.
    let found = nobody;
    for (const { jail, filter } of routes ?? []) {
      if (!this.#holds(filter, view)) continue;
      const reason = filter.once === undefined ? undefined : view.get('status_code');
      const once = typeof reason === 'string' && filter.once?.has(reason) === true;
      const user = textOf(view.get('user.name')) ?? textOf(view.get('actor.user.name'));
      const port = view.get('src_endpoint.port');
      const offence: Offence = {
        time,
        line: lineOf(view),
        user,
        once,
        sequence,
        connection: typeof port === 'number' ? port : undefined,
      };
      const offender =
        jail.countBy === 'user'
          ? this.#countUser(jail, textOf(view.get('actor.user.name')) ?? user, offence)
          : this.#count(jail, textOf(view.get('src_endpoint.ip')), offence);
      if (offender !== undefined) found = [...found, offender];
    }
    if (byLine.length > 0) {
      const program = textOf(view.get('unmapped.program')) ?? textOf(view.get('actor.process.name')) ?? '';
      for (const jail of byLine) {
        if (jail.lines?.programs.has(program) !== true) continue;
        const offender = this.line(jail, textOf(view.get('message')) ?? '', time, sequence);
        if (offender !== undefined) found = [...found, offender];
      }
    }
    return found;
  }

  /** Judges a line of a file, or a program's message, by a jail's own patterns. */
  line(jail: Jail, text: string, time: number, sequence?: number): Offender | undefined {
    if (text.length > textLimit) return undefined;
    for (const pattern of jail.lines?.patterns ?? []) {
      const groups = pattern.exec(text)?.groups;
      if (groups === undefined) continue;
      return this.#count(jail, groups['addr'], { time, line: text, user: groups['user'], sequence });
    }
    return undefined;
  }

  #count(jail: Jail, address: string | undefined, offence: Offence): Offender | undefined {
    const subject = address === undefined ? undefined : this.#subjectOf(address);
    if (subject === undefined) {
      this.nameless++;
      return undefined;
    }
    return this.#tally(jail, subject, address, offence);
  }

  /** An attack comes from the same few addresses again and again. */
  #subjectOf(address: string): string | undefined {
    const known = this.#subjects.get(address);
    if (known !== undefined) return known;
    const subject = subjectOf(address);
    if (this.#subjects.size >= subjectsKept) this.#subjects.clear();
    if (subject !== undefined) this.#subjects.set(address, subject);
    return subject;
  }

  #countUser(jail: Jail, user: string | undefined, offence: Offence): Offender | undefined {
    return user === undefined ? undefined : this.#tally(jail, `user:${user}`, undefined, offence);
  }

  #tally(jail: Jail, subject: string, address: string | undefined, offence: Offence): Offender | undefined {
    this.offences++;
    const tally = this.#windows.get(jail.name)?.add(subject, offence, jail.findTime, jail.maxRetries);
    return tally === undefined ? undefined : { ...tally, jail, subject, address };
  }

  #holds(filter: EventFilter, view: EventView): boolean {
    const { status, programs, notPrograms, log, codes, paths, notMessages } = filter;
    if (status !== undefined && view.get('status_id') !== status) return false;
    if (programs !== undefined || notPrograms !== undefined) {
      const program = textOf(view.get('service.name')) ?? '';
      if (programs !== undefined && !programs.has(program)) return false;
      if (notPrograms?.has(program) === true) return false;
    }
    if (codes !== undefined && !codes.has(view.get('http_response.code') as number)) return false;
    if (log !== undefined && !this.#anyLog && textOf(view.get('metadata.log_name'))?.includes(log) !== true)
      return false;
    if (notMessages !== undefined) {
      const message = textOf(view.get('message')) ?? '';
      if (notMessages.some(start => message.startsWith(start))) return false;
    }
    if (paths === undefined) return true;
    const path = textOf(view.get('http_request.url.path'))?.slice(0, textLimit);
    return path !== undefined && paths.some(pattern => pattern.test(path));
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What a person would look up: the message, or the request. */
function lineOf(view: EventView): string {
  const message = textOf(view.get('message'));
  if (message !== undefined) return message;
  const method = textOf(view.get('http_request.http_method')) ?? '';
  const target = textOf(view.get('http_request.url.url_string')) ?? '';
  const request = `${method} ${target} ${view.get('http_response.code') ?? ''}`.trim();
  return request === '' ? view.kind : request;
}
