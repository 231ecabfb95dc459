/** The record of what a program wrote, be it to syslog, to the journal or to a file of its own. */
import type { Event, FieldValue } from '@redoubt/model';
import {
  addressOf,
  deviceOf,
  endpointOf,
  logEvent,
  present,
  textOf,
  userOf,
  wholeOf,
} from '../event/compose.ts';
import {
  type LogFields,
  type LogFormat,
  LogRecord,
  type LogRecordInit,
  type Logsource,
  notTold,
  type Place,
} from '../record.ts';
import type { AuthFacts } from './facts.ts';
import { type ReadMessage, readProgram } from './index.ts';

/** A program's message, before it is read. */
export interface ProgramMessage {
  /** Milliseconds since the Unix epoch; NaN when the message carries no time. */
  readonly time: number;
  /** Empty when it is not named. */
  readonly program: string;
  readonly message: string;
  /** Syslog facility, when known. */
  readonly facility: number | undefined;
  /** The source's own names and values, among them `message`, `program` and `hostname`. */
  readonly fields: LogFields;
}

/** Makes the record of a program's message. What the message says stands in its fields, beside what is there. */
export function programRecord(
  format: LogFormat,
  name: string,
  place: Place,
  message: ProgramMessage,
): LogRecord {
  return new LogRecord(new ProgramRecord(format, name, place, message));
}

const severities = [5, 5, 5, 4, 3, 2, 1, 1];

class ProgramRecord implements LogRecordInit {
  readonly format: LogFormat;
  readonly name: string;
  readonly place: Place;
  readonly #message: ProgramMessage;
  #read: ReadMessage | undefined;
  #hasFacts = false;

  constructor(format: LogFormat, name: string, place: Place, message: ProgramMessage) {
    this.format = format;
    this.name = name;
    this.place = place;
    this.#message = message;
  }

  get time(): number {
    return this.#message.time;
  }

  get logsource(): Logsource {
    return this.#reading().logsource;
  }

  get fields(): LogFields {
    const { fields } = this.#message;
    if (this.#hasFacts) return fields;
    this.#hasFacts = true;
    const { facts } = this.#reading();
    for (const key in facts) {
      const value = facts[key as keyof AuthFacts];
      if (key !== 'kind' && value !== undefined && value !== '' && fields[key] === undefined)
        fields[key] = value;
    }
    return fields;
  }

  peek(path: string): FieldValue | typeof notTold {
    const { facts } = this.#reading();
    switch (path) {
      case 'metadata.event_code':
        return facts?.kind ?? 'log.record';
      case 'metadata.log_name':
        return this.name;
      case 'message':
        return textOf(this.#message.message);
      case 'service.name':
        return facts === undefined ? undefined : textOf(this.#message.program);
      case 'actor.process.name':
        return textOf(this.#message.program);
      case 'status_id':
        return statusOf(facts);
      case 'status_code':
        return facts?.outcome === 'failure' ? facts.reason : undefined;
      case 'user.name':
        return facts === undefined || facts.kind === 'process.exec' ? undefined : textOf(facts.user);
      case 'actor.user.name':
        return textOf(facts?.actor);
      case 'src_endpoint.ip':
        return addressOf(facts?.src_ip);
      case 'src_endpoint.port':
        return wholeOf(facts?.src_port);
      default:
        return notTold;
    }
  }

  /** Authentication, account change, process launch, or a plain record. */
  mapper(record: LogRecord): Event {
    const { fields } = this;
    const { facts } = this.#reading();
    const program = textOf(this.#message.program);
    const common = {
      severity_id: severities[wholeOf(fields['severity'] ?? fields['PRIORITY']) ?? 6] ?? 1,
      message: textOf(this.#message.message),
      device: deviceOf(fields['hostname'], 'linux'),
    };
    const product = { name: program ?? 'syslog', vendor_name: 'Linux' };
    const writer = present({
      name: program,
      pid: wholeOf(fields['pid'] ?? fields['_PID'] ?? fields['SYSLOG_PID']),
    });
    if (facts === undefined)
      return logEvent(record, 'log.record', product, { ...common, actor: { process: writer } });
    const user = userOf(facts.user, facts.uid);
    const isLaunch = facts.kind === 'process.exec';
    return logEvent(record, facts.kind, product, {
      ...common,
      status_id: statusOf(facts),
      status_code: facts.outcome === 'failure' ? facts.reason : undefined,
      user: isLaunch ? undefined : user,
      group: facts.group === undefined ? undefined : { name: facts.group },
      process: isLaunch
        ? present({ cmd_line: facts.command, working_directory: facts.cwd, user })
        : facts.command === undefined
          ? undefined
          : { cmd_line: facts.command },
      actor: present({ process: writer, user: userOf(facts.actor) }),
      src_endpoint: endpointOf(facts.src_ip, facts.src_port),
      auth_protocol: facts.auth_method,
      service: program === undefined ? undefined : { name: program },
      session: facts.tty === undefined ? undefined : { terminal: facts.tty },
    });
  }

  #reading(): ReadMessage {
    const { program, message, facility } = this.#message;
    this.#read ??= readProgram(program, message, facility);
    return this.#read;
  }
}

/** `status_id` of OCSF. */
function statusOf(facts: AuthFacts | undefined): 1 | 2 | undefined {
  if (facts?.outcome === undefined) return undefined;
  return facts.outcome === 'success' ? 1 : 2;
}
