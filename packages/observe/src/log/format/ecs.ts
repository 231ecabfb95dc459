/** JSON lines in the Elastic Common Schema. */
import { type Event, type EventKind, valueAt } from '@redoubt/model';
import { loginSource } from '../auth/index.ts';
import {
  deviceOf,
  endpointOf,
  logEvent,
  methodActivity,
  present,
  textOf,
  userOf,
  wholeOf,
} from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, openJson } from '../input/json.ts';
import { type LogFields, LogRecord, type Logsource } from '../record.ts';
import { jsonTime } from './jsonl.ts';
import { mapWindowsJson } from './winlogbeat.ts';

const product = { name: 'Elastic Common Schema', vendor_name: 'Elastic' };

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** The value of a field whose name stands as it is or as a path. */
function at(fields: LogFields, path: string): unknown {
  return Object.hasOwn(fields, path) ? fields[path] : valueAt(fields, path);
}

function processAt(fields: LogFields, path: string): object {
  const full = textOf(at(fields, `${path}.executable`));
  return present({
    pid: wholeOf(at(fields, `${path}.pid`)),
    name: textOf(at(fields, `${path}.name`)),
    cmd_line: textOf(at(fields, `${path}.command_line`)),
    file: full === undefined ? undefined : { path: full },
  });
}

function kindOf(fields: LogFields): EventKind {
  const categories = listOf(at(fields, 'event.category'));
  const types = listOf(at(fields, 'event.type'));
  if (categories.includes('authentication')) return types.includes('end') ? 'auth.logoff' : 'auth.logon';
  if (categories.includes('process') && types.includes('start')) return 'process.exec';
  if (categories.includes('process') && types.includes('end')) return 'process.exit';
  if (categories.includes('web')) return 'http.request';
  if (textOf(at(fields, 'dns.question.name')) !== undefined) return 'dns.query';
  if (categories.includes('network')) return 'network.traffic';
  return 'log.record';
}

function toEvent(record: LogRecord): Event {
  const { fields } = record;
  const kind = kindOf(fields);
  const os = textOf(at(fields, 'host.os.type'));
  const code = wholeOf(at(fields, 'http.response.status_code'));
  const name = textOf(at(fields, 'dns.question.name'));
  const process = processAt(fields, 'process');
  const user = userOf(at(fields, 'user.name'), at(fields, 'user.id'));
  const isProcess = kind === 'process.exec' || kind === 'process.exit';
  return logEvent(record, kind, product, {
    ...(kind === 'http.request' && methodActivity(textOf(at(fields, 'http.request.method')))),
    message: textOf(at(fields, 'message')),
    status_id:
      at(fields, 'event.outcome') === 'success'
        ? 1
        : at(fields, 'event.outcome') === 'failure'
          ? 2
          : undefined,
    device: deviceOf(
      at(fields, 'host.hostname') ?? at(fields, 'host.name'),
      os === 'linux' || os === 'windows' ? os : undefined,
    ),
    user,
    process: isProcess
      ? present({ ...process, user, parent_process: processAt(fields, 'process.parent') })
      : undefined,
    actor: isProcess ? { process: processAt(fields, 'process.parent') } : { process },
    src_endpoint: endpointOf(at(fields, 'source.ip') ?? at(fields, 'client.ip'), at(fields, 'source.port')),
    dst_endpoint: endpointOf(
      at(fields, 'destination.ip') ?? at(fields, 'server.ip'),
      at(fields, 'destination.port'),
      at(fields, 'destination.domain'),
    ),
    http_request:
      kind === 'http.request'
        ? present({
            http_method: textOf(at(fields, 'http.request.method')),
            user_agent: textOf(at(fields, 'user_agent.original')),
            referrer: textOf(at(fields, 'http.request.referrer')),
            url: present({
              hostname: textOf(at(fields, 'url.domain')),
              path: textOf(at(fields, 'url.path')),
              query_string: textOf(at(fields, 'url.query')),
              url_string: textOf(at(fields, 'url.original')),
            }),
          })
        : undefined,
    http_response: code === undefined ? undefined : { code },
    query: name === undefined ? undefined : { hostname: name },
  });
}

const categories: Partial<Record<EventKind, string>> = {
  'process.exec': 'process_creation',
  'http.request': 'webserver',
  'network.traffic': 'network_connection',
  'dns.query': 'dns_query',
};
const logsources = new Map<string, Logsource>();

/** Log-ins are those of the program that reports them, everything else goes by its kind. */
function logsourceOf(fields: LogFields): Logsource {
  const kind = kindOf(fields);
  const os = textOf(at(fields, 'host.os.type'));
  const module = textOf(at(fields, 'event.module'));
  const program = kind.startsWith('auth.') ? textOf(at(fields, 'process.name')) : undefined;
  const key = [os, module, program, kind].join('\0');
  let known = logsources.get(key);
  if (known === undefined) {
    const login = program === undefined || os === 'windows' ? undefined : loginSource(program);
    const category = categories[kind];
    known = {
      product: os ?? module ?? 'generic',
      ...(module !== undefined && { service: module }),
      ...(category !== undefined && { category }),
      ...login,
      kind,
    };
    // The names are the log's own words.
    if (logsources.size >= 1000) logsources.clear();
    logsources.set(key, known);
  }
  return known;
}

const map: JsonMapper = (value, place, context) => {
  if (isObject(value['winlog'])) return mapWindowsJson(value, place, context);
  const time = jsonTime(value['@timestamp'], context.zone);
  return new LogRecord({
    format: 'ecs',
    name: context.name,
    logsource: logsourceOf(value),
    time,
    fields: value,
    place,
    mapper: toEvent,
  });
};

export const ecs: FormatReader = {
  name: 'ecs',
  title: { en: 'Elastic Common Schema (JSON lines)', zh: 'Elastic 通用模式（JSON 行）' },
  recognise({ json }) {
    if (json === undefined || json['@timestamp'] === undefined) return 0;
    return isObject(json['ecs']) || json['ecs.version'] !== undefined ? 80 : isObject(json['event']) ? 60 : 0;
  },
  open: context => openJson(map, context),
};
