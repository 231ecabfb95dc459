/** Events that are OCSF already, one JSON object each, our own among them. */
import { type Event, type EventKind, EventKinds, isEventKind, valueAt } from '@redoubt/model';
import { loginSource } from '../auth/index.ts';
import { textOf, wholeOf } from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, openJson } from '../input/json.ts';
import { type LogFields, LogRecord, type Logsource } from '../record.ts';
import { jsonTime } from './jsonl.ts';

const kindsByType = new Map<number, EventKind>();
for (const [kind, row] of Object.entries(EventKinds)) {
  const type = row.class_uid * 100 + row.activity_id;
  if (row.activity_id !== 99 && !kindsByType.has(type)) kindsByType.set(type, kind as EventKind);
}

/** Our own event code where there is one, else the kind with that class and activity. */
function kindOf(fields: Record<string, unknown>): EventKind {
  const metadata = isObject(fields['metadata']) ? fields['metadata'] : {};
  const code = textOf(metadata['event_code']);
  if (code !== undefined && isEventKind(code)) return code;
  if (fields['class_uid'] === 4002) return 'http.request';
  if (fields['class_uid'] === 6003) return 'api.call';
  return kindsByType.get(wholeOf(fields['type_uid']) ?? -1) ?? 'log.record';
}

/** What is there is kept as it is; only what every event must have is filled in. */
function toEvent(record: LogRecord): Event {
  const { fields } = record;
  const class_uid = wholeOf(fields['class_uid']) ?? 0;
  const activity_id = wholeOf(fields['activity_id']) ?? 0;
  const metadata = isObject(fields['metadata']) ? fields['metadata'] : {};
  const from = isObject(metadata['product']) ? metadata['product'] : {};
  return {
    ...fields,
    class_uid,
    category_uid: wholeOf(fields['category_uid']) ?? Math.floor(class_uid / 1000),
    activity_id,
    type_uid: wholeOf(fields['type_uid']) ?? class_uid * 100 + activity_id,
    time: record.time,
    severity_id: Math.min(wholeOf(fields['severity_id']) ?? 1, 99),
    metadata: {
      ...metadata,
      version: '1.6.0',
      product: {
        name: textOf(from['name']) ?? 'unknown',
        vendor_name: textOf(from['vendor_name']) ?? 'unknown',
      },
      event_code: kindOf(fields),
    },
  };
}

/** OCSF `os.type_id` of the systems that are no Linux: Windows, Windows Mobile, macOS, iOS, Solaris, AIX, HP-UX. */
const otherSystems: Readonly<Record<number, string>> = {
  100: 'windows',
  101: 'windows',
  300: 'macos',
  301: 'ios',
  400: 'solaris',
  401: 'aix',
  402: 'hpux',
};
const logsources = new Map<string, Logsource>();

/** Log-ins are those of the service that reports them, everything else goes by its kind. */
function logsourceOf(fields: LogFields): Logsource {
  const kind = kindOf(fields);
  const system = valueAt(fields, 'device.os.type_id');
  const product = (typeof system === 'number' && otherSystems[system]) || 'linux';
  const program = kind.startsWith('auth.')
    ? textOf(valueAt(fields, 'service.name') ?? valueAt(fields, 'actor.process.name'))
    : undefined;
  const key = [product, program, kind].join('\0');
  let known = logsources.get(key);
  if (known === undefined) {
    const login = program === undefined || product !== 'linux' ? undefined : loginSource(program);
    const category = kind === 'http.request' ? 'webserver' : undefined;
    known = { product, ...(category !== undefined && { category }), ...login, kind };
    // The names are the log's own words.
    if (logsources.size >= 1000) logsources.clear();
    logsources.set(key, known);
  }
  return known;
}

const map: JsonMapper = (value, place, context) => {
  if (wholeOf(value['class_uid']) === undefined) return 'no OCSF class_uid';
  const time = jsonTime(value['time'], context.zone);
  return new LogRecord({
    format: 'ocsf',
    name: context.name,
    logsource: logsourceOf(value),
    time,
    fields: value,
    place,
    mapper: toEvent,
  });
};

export const ocsf: FormatReader = {
  name: 'ocsf',
  title: { en: 'OCSF events (JSON)', zh: 'OCSF 事件（JSON）' },
  recognise: ({ json }) => (json?.['class_uid'] !== undefined ? 90 : 0),
  open: context => openJson(map, context),
};
