/** JSON lines in the Elastic Common Schema. */
import { type Event, type EventKind, valueAt } from '@redoubt/model';
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
import { LogRecord, type Logsource } from '../record.ts';
import { jsonTime } from './jsonl.ts';
import { mapWindowsJson } from './winlogbeat.ts';

const product = { name: 'Elastic Common Schema', vendor_name: 'Elastic' };

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function categoriesOf(record: LogRecord): readonly unknown[] {
  return listOf(record.field('event.category'));
}

function processAt(record: LogRecord, path: string): object {
  const full = textOf(record.field(`${path}.executable`));
  return present({
    pid: wholeOf(record.field(`${path}.pid`)),
    name: textOf(record.field(`${path}.name`)),
    cmd_line: textOf(record.field(`${path}.command_line`)),
    file: full === undefined ? undefined : { path: full },
  });
}

function kindOf(record: LogRecord): EventKind {
  const categories = categoriesOf(record);
  const types = listOf(record.field('event.type'));
  if (categories.includes('authentication')) return types.includes('end') ? 'auth.logoff' : 'auth.logon';
  if (categories.includes('process') && types.includes('start')) return 'process.exec';
  if (categories.includes('process') && types.includes('end')) return 'process.exit';
  if (categories.includes('web')) return 'http.request';
  if (textOf(record.field('dns.question.name')) !== undefined) return 'dns.query';
  if (categories.includes('network')) return 'network.traffic';
  return 'log.record';
}

function toEvent(record: LogRecord): Event {
  const at = (path: string): unknown => record.field(path);
  const kind = kindOf(record);
  const os = textOf(at('host.os.type'));
  const code = wholeOf(at('http.response.status_code'));
  const name = textOf(at('dns.question.name'));
  const process = processAt(record, 'process');
  const isProcess = kind === 'process.exec' || kind === 'process.exit';
  return logEvent(record, kind, product, {
    ...(kind === 'http.request' && methodActivity(textOf(at('http.request.method')))),
    message: textOf(at('message')),
    status_id: at('event.outcome') === 'success' ? 1 : at('event.outcome') === 'failure' ? 2 : undefined,
    device: deviceOf(
      at('host.hostname') ?? at('host.name'),
      os === 'linux' || os === 'windows' ? os : undefined,
    ),
    user: userOf(at('user.name'), at('user.id')),
    process: isProcess ? process : undefined,
    actor: isProcess ? { process: processAt(record, 'process.parent') } : { process },
    src_endpoint: endpointOf(at('source.ip') ?? at('client.ip'), at('source.port')),
    dst_endpoint: endpointOf(
      at('destination.ip') ?? at('server.ip'),
      at('destination.port'),
      at('destination.domain'),
    ),
    http_request:
      kind === 'http.request'
        ? present({
            http_method: textOf(at('http.request.method')),
            user_agent: textOf(at('user_agent.original')),
            url: present({ path: textOf(at('url.path')), query_string: textOf(at('url.query')) }),
          })
        : undefined,
    http_response: code === undefined ? undefined : { code },
    query: name === undefined ? undefined : { hostname: name },
  });
}

const map: JsonMapper = (value, place, context) => {
  if (isObject(value['winlog'])) return mapWindowsJson(value, place, context);
  const os = textOf(valueAt(value, 'host.os.type'));
  const service = textOf(value['event.module'] ?? valueAt(value, 'event.module'));
  const categories = listOf(value['event.category'] ?? valueAt(value, 'event.category'));
  const types = listOf(value['event.type'] ?? valueAt(value, 'event.type'));
  const category =
    categories.includes('process') && types.includes('start')
      ? 'process_creation'
      : categories.includes('web')
        ? 'webserver'
        : undefined;
  const logsource: Logsource = {
    product: os ?? service ?? 'generic',
    ...(service !== undefined && { service }),
    ...(category !== undefined && { category }),
  };
  const time = jsonTime(value['@timestamp'], context.zone);
  return new LogRecord({
    format: 'ecs',
    name: context.name,
    logsource,
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
