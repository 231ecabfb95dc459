/** Suricata EVE JSON. */
import { type Event, valueAt } from '@redoubt/model';
import { endpointOf, logEvent, methodActivity, present, textOf, userOf, wholeOf } from '../event/compose.ts';
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, openJson } from '../input/json.ts';
import { LogRecord, type Logsource } from '../record.ts';
import { jsonTime } from './jsonl.ts';

const product = { name: 'Suricata', vendor_name: 'OISF' };

const categories: Readonly<Record<string, string>> = { dns: 'dns', http: 'proxy', flow: 'firewall' };
const sources = new Map<string, Logsource>();

function logsourceOf(type: string): Logsource {
  const known = sources.get(type);
  if (known !== undefined) return known;
  const category = categories[type];
  const source: Logsource = {
    product: 'suricata',
    service: type,
    ...(category !== undefined && { category }),
  };
  if (sources.size < 256) sources.set(type, source);
  return source;
}

/** Suricata's severity 1 is the highest. */
const severities: Readonly<Record<number, number>> = { 1: 4, 2: 3, 3: 2 };

function dnsName(record: LogRecord): string | undefined {
  const { dns } = record.fields;
  if (!isObject(dns)) return undefined;
  const queries = Array.isArray(dns['queries']) ? dns['queries'] : dns['query'];
  const first: unknown = Array.isArray(queries) ? queries[0] : dns;
  return isObject(first) ? textOf(first['rrname']) : textOf(dns['rrname']);
}

function classAttributes(record: LogRecord): { kind: Parameters<typeof logEvent>[1]; attributes: object } {
  const at = (path: string): unknown => valueAt(record.fields, path);
  switch (record.fields['event_type']) {
    case 'alert': {
      const signature = textOf(at('alert.signature')) ?? '';
      return {
        kind: 'ids.alert',
        attributes: {
          severity_id: severities[wholeOf(at('alert.severity')) ?? 0] ?? 2,
          message: signature,
          finding_info: { uid: textOf(at('alert.signature_id')) ?? '', title: signature },
          action_id: at('alert.action') === 'blocked' ? 2 : 1,
          firewall_rule: present({
            uid: textOf(at('alert.signature_id')),
            desc: textOf(at('alert.category')),
          }),
        },
      };
    }
    case 'dns': {
      const hostname = dnsName(record);
      const type = at('dns.type');
      const code = textOf(at('dns.rcode'));
      return {
        kind: type === 'answer' || type === 'response' ? 'dns.answer' : 'dns.query',
        attributes: {
          query:
            hostname === undefined ? undefined : { hostname, ...present({ type: textOf(at('dns.rrtype')) }) },
          rcode: code,
        },
      };
    }
    case 'http': {
      const status = wholeOf(at('http.status'));
      const [path, query] = splitTarget(textOf(at('http.url')));
      return {
        kind: 'http.request',
        attributes: {
          ...methodActivity(textOf(at('http.http_method'))),
          http_request: present({
            http_method: textOf(at('http.http_method')),
            user_agent: textOf(at('http.http_user_agent')),
            referrer: textOf(at('http.http_refer')),
            url: present({ hostname: textOf(at('http.hostname')), path, query_string: query }),
          }),
          http_response: status === undefined ? undefined : { code: status },
        },
      };
    }
    case 'ssh':
    case 'krb5':
    case 'flow':
    case 'netflow':
      return {
        kind: 'network.traffic',
        attributes: {
          traffic: present({
            bytes_out: wholeOf(at('flow.bytes_toserver')),
            bytes_in: wholeOf(at('flow.bytes_toclient')),
          }),
        },
      };
    default:
      return { kind: at('dest_ip') === undefined ? 'log.record' : 'network.traffic', attributes: {} };
  }
}

/** Path and query of a request target. */
function splitTarget(target: string | undefined): [string | undefined, string | undefined] {
  if (target === undefined) return [undefined, undefined];
  const mark = target.indexOf('?');
  return mark < 0 ? [target, undefined] : [target.slice(0, mark), target.slice(mark + 1)];
}

function toEvent(record: LogRecord): Event {
  const { fields } = record;
  const { kind, attributes } = classAttributes(record);
  const protocol = textOf(fields['proto'])?.toLowerCase();
  return logEvent(record, kind, product, {
    src_endpoint: endpointOf(fields['src_ip'], fields['src_port']),
    dst_endpoint: endpointOf(fields['dest_ip'], fields['dest_port']),
    connection_info: protocol === undefined ? undefined : { protocol_name: protocol },
    user: userOf(valueAt(fields, 'krb5.cname')),
    ...attributes,
  });
}

const map: JsonMapper = (value, place, context) => {
  const type = value['event_type'];
  if (typeof type !== 'string') return 'no Suricata event_type';
  const time = jsonTime(value['timestamp'], context.zone);
  return new LogRecord({
    format: 'suricata-eve',
    name: context.name,
    logsource: logsourceOf(type),
    time,
    fields: value,
    place,
    mapper: toEvent,
  });
};

export const suricataEve: FormatReader = {
  name: 'suricata-eve',
  title: { en: 'Suricata EVE', zh: 'Suricata EVE 日志' },
  recognise: ({ json }) =>
    json?.['event_type'] !== undefined && (json['src_ip'] !== undefined || json['stats'] !== undefined)
      ? 95
      : 0,
  open: context => openJson(map, context),
};
