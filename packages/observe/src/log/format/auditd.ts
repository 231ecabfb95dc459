/** Linux audit logs (auditd, raw or enriched): the records of one event are joined by its time and serial. */
import { auditEvent, syscallName } from '../audit/event.ts';
import { readPairs } from '../audit/pairs.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { addField, type LogFields, LogRecord, type Logsource, type Place } from '../record.ts';

const head =
  /^(?:node=(\S{1,255}) )?type=(\w{1,64}|UNKNOWN\[\d{1,5}\]) msg=audit\((\d{1,12})\.(\d{3}):(\d{1,20})\): ?/;
/** Records of user space stand alone: no others share their serial. */
const single =
  /^(?:USER_|CRED_|DAEMON_|SERVICE_|SYSTEM_|ADD_|DEL_|GRP_|ACCT_|CRYPTO_|SOFTWARE_|VIRT_|CHGRP_|CHUSER_|USYS_|ROLE_)/;
/** An event is taken as whole once others are this much newer (ausearch waits as long). */
const settleMilliseconds = 2000;
const settleSerials = 64;

const plain: Logsource = { product: 'linux', service: 'auditd' };
const execution: Logsource = { product: 'linux', service: 'auditd', category: 'process_creation' };

interface AuditEvent {
  readonly place: Place;
  readonly time: number;
  readonly arrived: number;
  readonly parts: LogFields[];
  bytes: number;
}

class AuditParser implements LineParser {
  readonly #context: ReadContext;
  readonly #open = new Map<string, AuditEvent>();
  #arrived = 0;
  /** Times and counts are looked through only when an event begins, and only while some are open. */
  #newest = 0;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  get heldFrom(): number | undefined {
    // A Map keeps the order of insertion: the first open event began first.
    for (const event of this.#open.values()) return event.place.offset;
    return undefined;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const match = head.exec(text);
    if (match === null) {
      sink.damage({ ...place, reason: 'not an audit record', skipped: place.bytes });
      return;
    }
    const [whole, node, type = '', seconds, millis, serial] = match;
    const key = `${node ?? ''} ${seconds}.${millis}:${serial}`;
    if (type === 'EOE') {
      this.#finish(key, sink);
      return;
    }
    const fields: LogFields = { type };
    if (node !== undefined) fields['node'] = node;
    if (!readPairs(text.slice(whole.length), fields, type, this.#context.limits.fields)) {
      const reason = `audit record with more than ${this.#context.limits.fields} fields`;
      sink.damage({ ...place, reason, skipped: place.bytes });
      return;
    }
    let event = this.#open.get(key);
    if (event === undefined) {
      const time = Number(seconds) * 1000 + Number(millis);
      this.#arrived += 1;
      this.#newest = Math.max(this.#newest, time);
      this.#settle(sink);
      event = { place, time, arrived: this.#arrived, parts: [], bytes: 0 };
      this.#open.set(key, event);
    }
    event.parts.push(fields);
    event.bytes += text.length;
    if (event.bytes > this.#context.limits.recordBytes) {
      const reason = `audit event is larger than ${this.#context.limits.recordBytes} bytes; it is handed out in parts`;
      sink.damage({ ...event.place, reason, skipped: 0 });
      this.#finish(key, sink);
    } else if (type === 'PROCTITLE' || (event.parts.length === 1 && single.test(type)))
      this.#finish(key, sink);
  }

  idle(sink: Sink): void {
    this.end(sink);
  }

  end(sink: Sink): void {
    for (const key of [...this.#open.keys()]) this.#finish(key, sink);
  }

  #settle(sink: Sink): void {
    for (const [key, event] of this.#open) {
      const old =
        this.#newest - event.time > settleMilliseconds ||
        this.#arrived - event.arrived > settleSerials ||
        this.#open.size >= this.#context.limits.openRecords;
      if (!old) return;
      this.#finish(key, sink);
    }
  }

  #finish(key: string, sink: Sink): void {
    const event = this.#open.get(key);
    if (event === undefined) return;
    this.#open.delete(key);
    const { parts } = event;
    const [first] = parts;
    if (first === undefined) return;
    const fields = parts.length === 1 ? { ...first } : merged(parts);
    if (fields['SYSCALL'] === undefined && fields['syscall'] !== undefined) {
      const name = syscallName(parts.find(part => part['type'] === 'SYSCALL') ?? first);
      if (name !== undefined) fields['SYSCALL'] = name;
    }
    sink.record(
      new LogRecord({
        format: 'auditd',
        name: this.#context.name,
        logsource: parts.some(part => part['type'] === 'EXECVE') ? execution : plain,
        time: event.time,
        fields,
        parts,
        place: event.place,
        mapper: auditEvent,
      }),
    );
  }
}

/** All parts side by side; a name that several have holds the list of their different values. */
function merged(parts: readonly LogFields[]): LogFields {
  const fields: LogFields = {};
  for (const part of parts) {
    for (const name of Object.keys(part)) {
      const value = part[name];
      const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (before === value || (Array.isArray(before) && before.length < 64 && before.includes(value)))
        continue;
      addField(fields, name, value);
    }
  }
  return fields;
}

export const auditd: FormatReader = {
  name: 'auditd',
  title: { en: 'Linux audit log (auditd)', zh: 'Linux 审计日志（auditd）' },
  recognise: ({ lines }) => (lines.slice(0, 5).some(line => head.test(line)) ? 95 : 0),
  open: context => new LineSplitter(new AuditParser(context), context.limits.lineBytes),
};
