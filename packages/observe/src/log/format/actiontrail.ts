/** Alibaba Cloud ActionTrail (操作审计): arrays as delivered to OSS, or one event a line from SLS. */
import { type Event, valueAt } from '@redoubt/model';
import { apiActivity, endpointOf, logEvent, present, textOf, userOf } from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, openJson, parseObject } from '../input/json.ts';
import { LogRecord } from '../record.ts';
import { jsonTime } from './jsonl.ts';

const product = { name: 'ActionTrail', vendor_name: 'Alibaba Cloud' };
const logsource = { product: 'alibaba', service: 'actiontrail', also: ['aliyun'] };

function toEvent(record: LogRecord): Event {
  const at = (path: string): unknown => valueAt(record.fields, path);
  const operation = textOf(at('eventName')) ?? '';
  const error = textOf(at('errorCode'));
  const service = textOf(at('serviceName'));
  const request = textOf(at('requestId'));
  const account = textOf(at('userIdentity.accountId'));
  const isLogon = operation === 'ConsoleSignin';
  const user = userOf(at('userIdentity.userName') ?? at('userIdentity.type'), at('userIdentity.principalId'));
  const rw = at('eventRW');
  return logEvent(record, isLogon ? 'auth.logon' : 'api.call', product, {
    ...(isLogon ? { user } : apiActivity(operation, rw === undefined ? undefined : rw === 'Read')),
    status_id: error === undefined ? 1 : 2,
    status_code: error,
    message: textOf(at('errorMessage')),
    actor: present({ process: {}, user }),
    api: {
      operation,
      ...present({
        service: service === undefined ? undefined : { name: service },
        request: request === undefined ? undefined : { uid: request },
        response: error === undefined ? undefined : present({ error, message: textOf(at('errorMessage')) }),
      }),
    },
    cloud: {
      provider: 'Alibaba Cloud',
      ...present({
        region: textOf(at('acsRegion')),
        account: account === undefined ? undefined : { uid: account },
      }),
    },
    resources:
      textOf(at('resourceName')) === undefined
        ? undefined
        : [present({ name: textOf(at('resourceName')), type: textOf(at('resourceType')) })],
    src_endpoint: endpointOf(at('sourceIpAddress')),
    http_request: present({ user_agent: textOf(at('userAgent')) }),
  });
}

const map: JsonMapper = (value, place, context) => {
  let event = value;
  // SLS keeps the event as text or object under `event`.
  if (typeof value['eventName'] !== 'string') {
    const inner = value['event'];
    const parsed = typeof inner === 'string' ? parseObject(inner, context.limits.depth) : inner;
    if (!isObject(parsed) || typeof parsed['eventName'] !== 'string') return 'no ActionTrail eventName';
    event = parsed;
  }
  const time = jsonTime(event['eventTime'], context.zone);
  return new LogRecord({
    format: 'actiontrail',
    name: context.name,
    logsource,
    time,
    fields: event,
    place,
    mapper: toEvent,
  });
};

export const actiontrail: FormatReader = {
  name: 'actiontrail',
  title: { en: 'Alibaba Cloud ActionTrail', zh: '阿里云操作审计（ActionTrail）' },
  recognise({ json, text }) {
    if (json === undefined) return 0;
    if (json['eventName'] !== undefined && json['acsRegion'] !== undefined) return 95;
    return json['event'] !== undefined && text.includes('acsRegion') && text.includes('eventName') ? 90 : 0;
  },
  open: context => openJson(map, context, ['Records']),
};
