/** Zeek logs in OCSF, by the log's path (conn, dns, http, ssh, notice …). */
import type { Event, EventKind } from '@redoubt/model';
import type { LogRecord, Logsource } from '../record.ts';
import { endpointOf, logEvent, methodActivity, present, textOf, userOf, wholeOf } from './compose.ts';

const product = { name: 'Zeek', vendor_name: 'Zeek Project' };

const categories: Readonly<Record<string, string>> = { dns: 'dns', http: 'proxy', conn: 'firewall' };
const sources = new Map<string, Logsource>();

/** The log source of a Zeek log. */
export function zeekLogsource(path: string): Logsource {
  const known = sources.get(path);
  if (known !== undefined) return known;
  const category = categories[path];
  const source: Logsource = { product: 'zeek', service: path, ...(category !== undefined && { category }) };
  if (sources.size < 256) sources.set(path, source);
  return source;
}

function byPath(record: LogRecord): { kind: EventKind; attributes: object } {
  const f = record.fields;
  switch (record.logsource.service) {
    case 'dns': {
      const hostname = textOf(f['query']);
      const answered = textOf(f['rcode_name']) !== undefined;
      const answers = Array.isArray(f['answers']) ? f['answers'].map(String) : [];
      return {
        kind: answered ? 'dns.answer' : 'dns.query',
        attributes: {
          query:
            hostname === undefined ? undefined : { hostname, ...present({ type: textOf(f['qtype_name']) }) },
          rcode: textOf(f['rcode_name']),
          answers: answers.length === 0 ? undefined : answers.map(rdata => ({ type: 'unknown', rdata })),
        },
      };
    }
    case 'http': {
      const code = wholeOf(f['status_code']);
      const uri = textOf(f['uri']);
      const [path, query] = uri?.split(/\?(.*)/s) ?? [];
      return {
        kind: 'http.request',
        attributes: {
          ...methodActivity(textOf(f['method'])),
          http_request: present({
            http_method: textOf(f['method']),
            version: textOf(f['version']),
            user_agent: textOf(f['user_agent']),
            referrer: textOf(f['referrer']),
            url: present({ hostname: textOf(f['host']), path, query_string: query }),
          }),
          http_response: code === undefined ? undefined : { code },
        },
      };
    }
    case 'ssh':
    case 'ntlm':
    case 'kerberos': {
      const ok = f['auth_success'] ?? f['success'];
      return {
        kind: 'auth.logon',
        attributes: {
          status_id: ok === undefined ? undefined : ok === true || ok === 'T' ? 1 : 2,
          user: userOf(f['username'] ?? f['client'] ?? f['user']),
          auth_protocol: record.logsource.service,
        },
      };
    }
    case 'notice':
    case 'signatures':
      return {
        kind: 'ids.alert',
        attributes: {
          message: textOf(f['msg']),
          finding_info: {
            uid: textOf(f['uid']) ?? '',
            title: textOf(f['note']) ?? textOf(f['msg']) ?? 'notice',
          },
        },
      };
    default:
      return {
        kind: f['id.orig_h'] === undefined ? 'log.record' : 'network.traffic',
        attributes: {
          traffic: present({ bytes_out: wholeOf(f['orig_bytes']), bytes_in: wholeOf(f['resp_bytes']) }),
        },
      };
  }
}

/** A Zeek record in OCSF. */
export function zeekEvent(record: LogRecord): Event {
  const f = record.fields;
  const { kind, attributes } = byPath(record);
  const protocol = textOf(f['proto']);
  return logEvent(record, kind, product, {
    src_endpoint: endpointOf(f['id.orig_h'] ?? f['src'], f['id.orig_p']),
    dst_endpoint: endpointOf(f['id.resp_h'] ?? f['dst'], f['id.resp_p']),
    connection_info: protocol === undefined ? undefined : { protocol_name: protocol },
    ...attributes,
  });
}
