/** Windows events as JSON: Winlogbeat, and the flat or `Event`-wrapped JSON of WEF collectors and EVTX tools. */
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, type JsonObject, openJson } from '../input/json.ts';
import { type LogFields, type LogRecord, type Place, setField } from '../record.ts';
import { isoTime } from '../time/parse.ts';
import { utc } from '../time/zone.ts';
import { type WindowsParts, windowsRecord, windowsRecordOf } from '../windows/record.ts';

const systemNames = [
  'Channel',
  'Computer',
  'EventRecordID',
  'Level',
  'Task',
  'Opcode',
  'Keywords',
  'Version',
  'Message',
];

/** An event id: a number, decimal text, or `{"#text": 4624}` as some EVTX tools write it. */
function eventIdOf(value: unknown): number | undefined {
  if (isObject(value)) return eventIdOf(value['#text'] ?? value['value']);
  const id = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value;
  return typeof id === 'number' && Number.isInteger(id) ? id : undefined;
}

function entriesOf(data: unknown): [string, unknown][] {
  if (Array.isArray(data)) {
    return data.map((item): [string, unknown] =>
      isObject(item) && typeof item['@Name'] === 'string' ? [item['@Name'], item['#text']] : ['Data', item],
    );
  }
  return isObject(data) ? Object.entries(data) : [];
}

/** Whose program wrote the event: System's Security element, which Winlogbeat resolves to a name. */
function addWinlogUser(user: unknown, system: LogFields, data: [string, unknown][]): void {
  if (!isObject(user)) return;
  const { identifier, name, domain } = user;
  if (identifier !== undefined) system['Security_UserID'] = identifier;
  if (typeof name !== 'string' || data.some(([key]) => key === 'User')) return;
  data.push(['User', typeof domain === 'string' ? `${domain}\\${name}` : name]);
}

/** Elasticsearch's Winlogbeat: everything of the event under `winlog`. */
function fromWinlogbeat(value: JsonObject, winlog: JsonObject): WindowsParts | undefined {
  const id = eventIdOf(winlog['event_id'] ?? (isObject(value['event']) ? value['event']['code'] : undefined));
  if (id === undefined) return undefined;
  const system: LogFields = { EventID: id };
  const names: [string, unknown][] = [
    ['Channel', winlog['channel']],
    ['Provider_Name', winlog['provider_name'] ?? winlog['source_name']],
    ['Provider_Guid', winlog['provider_guid']],
    ['Computer', winlog['computer_name']],
    ['EventRecordID', winlog['record_id']],
    ['Task', winlog['task']],
    ['Opcode', winlog['opcode']],
    ['Keywords', winlog['keywords']],
    ['Level', winlog['level'] ?? (isObject(value['log']) ? value['log']['level'] : undefined)],
    ['Message', value['message']],
  ];
  for (const [name, known] of names) if (known !== undefined) system[name] = known;
  const data = [...entriesOf(winlog['event_data']), ...entriesOf(winlog['user_data'])];
  addWinlogUser(winlog['user'], system, data);
  const addresses = isObject(value['host']) ? value['host']['ip'] : undefined;
  if (addresses !== undefined) system['host_ip'] = addresses;
  return { system, data, time: timeOf(value['@timestamp']) };
}

/** `{"Event": {"System": …, "EventData": …}}`, as EVTX tools write. */
function fromWrapped(event: JsonObject): WindowsParts | undefined {
  const from = isObject(event['System']) ? event['System'] : {};
  const id = eventIdOf(from['EventID']);
  if (id === undefined) return undefined;
  const system: LogFields = { EventID: id };
  for (const name of systemNames) if (from[name] !== undefined) system[name] = from[name];
  for (const name of ['Provider', 'Execution', 'Security', 'Correlation']) {
    const element = from[name];
    const attributes = isObject(element) ? (element['#attributes'] ?? element) : undefined;
    for (const [key, known] of entriesOf(attributes))
      setField(system, `${name}_${key.replace(/^@/, '')}`, known);
  }
  const created = from['TimeCreated'];
  const attributes = isObject(created) ? (created['#attributes'] ?? created) : undefined;
  const time = isObject(attributes)
    ? timeOf(attributes['SystemTime'] ?? attributes['@SystemTime'])
    : Number.NaN;
  const body = isObject(event['EventData']) ? event['EventData'] : undefined;
  const user = isObject(event['UserData']) ? event['UserData'] : undefined;
  const data = [...entriesOf(body), ...Object.values(user ?? {}).flatMap(entriesOf)];
  return { system, data: data.filter(([name]) => !name.startsWith('#')), time };
}

const flatTimes = ['@timestamp', 'EventTime', 'TimeCreated', 'UtcTime', 'SystemTime'];

/** Flat JSON of WEF collectors (NXLog and others): System and event data side by side, as the record has them. */
function flatRecord(value: JsonObject, name: string, place: Place): LogRecord | undefined {
  const id = eventIdOf(value['EventID']);
  if (id === undefined || value['Channel'] === undefined) return undefined;
  // The object was just parsed and is no one else's: the record takes it as it is.
  const fields: LogFields = value;
  fields['EventID'] = id;
  const computer = fields['Computer'] ?? fields['Hostname'];
  if (computer !== undefined) fields['Computer'] = computer;
  const provider = fields['Provider_Name'] ?? fields['SourceName'] ?? fields['ProviderName'];
  if (provider !== undefined) fields['Provider_Name'] = provider;
  let time = Number.NaN;
  for (const key of flatTimes) {
    time = timeOf(value[key]);
    if (!Number.isNaN(time)) break;
  }
  return windowsRecordOf('winlogbeat', name, place, fields, time);
}

function timeOf(value: unknown): number {
  if (typeof value === 'number') return value > 1e11 ? value : value * 1000;
  if (typeof value !== 'string') return Number.NaN;
  return isoTime(value, utc);
}

const noEventId = 'no Windows event id';

/** Makes a Windows record of JSON of any of the three shapes. */
export const mapWindowsJson: JsonMapper = (value, place, context) => {
  const { winlog, Event: event } = value as { winlog?: unknown; Event?: unknown };
  if (!isObject(winlog) && !isObject(event)) {
    return flatRecord(value, context.name, place) ?? noEventId;
  }
  const parts = isObject(winlog) ? fromWinlogbeat(value, winlog) : fromWrapped(event as JsonObject);
  return parts === undefined ? noEventId : windowsRecord('winlogbeat', context.name, place, parts);
};

export const winlogbeat: FormatReader = {
  name: 'winlogbeat',
  title: {
    en: 'Windows events as JSON (Winlogbeat, WEF)',
    zh: 'JSON 格式的 Windows 事件（Winlogbeat、WEF）',
  },
  recognise({ json }) {
    if (json === undefined) return 0;
    if (isObject(json['winlog'])) return 95;
    if (isObject(json['Event']) && isObject(json['Event']['System'])) return 95;
    return json['EventID'] !== undefined && json['Channel'] !== undefined ? 90 : 0;
  },
  open: context => openJson(mapWindowsJson, context),
};
