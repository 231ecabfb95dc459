/** Kubernetes audit logs (audit.k8s.io/v1): one event a line, or an EventList as sent to webhooks. */
import { type Event, valueAt } from '@redoubt/model';
import { endpointOf, logEvent, present, textOf, userOf, wholeOf } from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { type JsonMapper, openJson } from '../input/json.ts';
import { LogRecord } from '../record.ts';
import { jsonTime } from './jsonl.ts';

const product = { name: 'Kubernetes', vendor_name: 'CNCF' };
const logsource = { product: 'kubernetes', category: 'application', service: 'audit' };

const activities: Readonly<Record<string, readonly [number, string]>> = {
  create: [1, 'Create'],
  get: [2, 'Read'],
  list: [2, 'Read'],
  watch: [2, 'Read'],
  update: [3, 'Update'],
  patch: [3, 'Update'],
  delete: [4, 'Delete'],
  deletecollection: [4, 'Delete'],
};

function toEvent(record: LogRecord): Event {
  const at = (path: string): unknown => valueAt(record.fields, path);
  const verb = textOf(at('verb')) ?? '';
  const code = wholeOf(at('responseStatus.code'));
  const request = textOf(at('auditID'));
  const [activity_id, activity_name] = activities[verb] ?? [99, 'Other'];
  const resource = textOf(at('objectRef.resource'));
  const subresource = textOf(at('objectRef.subresource'));
  const type = subresource === undefined ? resource : `${resource ?? ''}/${subresource}`;
  const addresses = at('sourceIPs');
  const uri = textOf(at('requestURI'));
  return logEvent(record, 'api.call', product, {
    activity_id,
    activity_name,
    type_uid: 6003 * 100 + activity_id,
    status_id: code === undefined ? undefined : code < 400 ? 1 : 2,
    message: textOf(at('responseStatus.message')),
    actor: present({ process: {}, user: userOf(at('user.username'), at('user.uid')) }),
    api: {
      operation: verb,
      service: { name: textOf(at('objectRef.apiGroup')) ?? 'core' },
      ...present({
        request: request === undefined ? undefined : { uid: request },
        response:
          code === undefined ? undefined : present({ code, error: textOf(at('responseStatus.reason')) }),
      }),
    },
    resources:
      type === undefined
        ? undefined
        : [
            present({
              type,
              name: textOf(at('objectRef.name')),
              namespace: textOf(at('objectRef.namespace')),
            }),
          ],
    src_endpoint: endpointOf(Array.isArray(addresses) ? addresses[0] : addresses),
    http_request: present({
      user_agent: textOf(at('userAgent')),
      url: uri === undefined ? undefined : { url_string: uri },
    }),
  });
}

const map: JsonMapper = (value, place, context) => {
  if (typeof value['verb'] !== 'string') return 'no Kubernetes audit verb';
  const time = jsonTime(value['requestReceivedTimestamp'] ?? value['stageTimestamp'], context.zone);
  return new LogRecord({
    format: 'kubernetes-audit',
    name: context.name,
    logsource,
    time,
    fields: value,
    place,
    mapper: toEvent,
  });
};

export const kubernetesAudit: FormatReader = {
  name: 'kubernetes-audit',
  title: { en: 'Kubernetes audit', zh: 'Kubernetes 审计日志' },
  recognise({ json }) {
    if (json?.['verb'] === undefined || json['auditID'] === undefined) return 0;
    return 95;
  },
  open: context => openJson(map, context, ['items']),
};
