/** AWS CloudTrail: `{"Records": […]}` files as delivered, or one event a line. */
import { type Event, valueAt } from '@redoubt/model';
import { apiActivity, endpointOf, logEvent, present, textOf, userOf } from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, openJson } from '../input/json.ts';
import { LogRecord } from '../record.ts';
import { jsonTime } from './jsonl.ts';

const product = { name: 'CloudTrail', vendor_name: 'AWS' };
const logsource = { product: 'aws', service: 'cloudtrail' };

function toEvent(record: LogRecord): Event {
  const at = (path: string): unknown => valueAt(record.fields, path);
  const operation = textOf(at('eventName')) ?? '';
  const error = textOf(at('errorCode'));
  const service = textOf(at('eventSource'));
  const request = textOf(at('requestID'));
  const account = textOf(at('recipientAccountId'));
  const outcome = at('responseElements.ConsoleLogin');
  const isLogon = operation === 'ConsoleLogin';
  const user = userOf(
    at('userIdentity.userName') ??
      at('userIdentity.sessionContext.sessionIssuer.userName') ??
      at('userIdentity.arn'),
    at('userIdentity.principalId'),
  );
  const resources = Array.isArray(record.fields['resources'])
    ? record.fields['resources'].filter(isObject)
    : [];
  return logEvent(record, isLogon ? 'auth.logon' : 'api.call', product, {
    ...(isLogon ? { user } : apiActivity(operation, at('readOnly'))),
    status_id: error === undefined && outcome !== 'Failure' ? 1 : 2,
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
      provider: 'AWS',
      ...present({
        region: textOf(at('awsRegion')),
        account: account === undefined ? undefined : { uid: account },
      }),
    },
    resources:
      resources.length === 0
        ? undefined
        : resources.map(each => present({ uid: textOf(each['ARN']), type: textOf(each['type']) })),
    src_endpoint: endpointOf(at('sourceIPAddress')),
    http_request: present({ user_agent: textOf(at('userAgent')) }),
  });
}

const map: JsonMapper = (value, place, context) => {
  if (typeof value['eventName'] !== 'string') return 'no CloudTrail eventName';
  const time = jsonTime(value['eventTime'], context.zone);
  return new LogRecord({
    format: 'cloudtrail',
    name: context.name,
    logsource,
    time,
    fields: value,
    place,
    mapper: toEvent,
  });
};

export const cloudtrail: FormatReader = {
  name: 'cloudtrail',
  title: { en: 'AWS CloudTrail', zh: 'AWS CloudTrail 审计日志' },
  recognise({ json }) {
    if (json?.['eventName'] === undefined || json['eventSource'] === undefined) return 0;
    return json['awsRegion'] !== undefined ? 95 : 0;
  },
  open: context => openJson(map, context, ['Records']),
};
