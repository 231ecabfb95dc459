/** ModSecurity (2 and 3) and Coraza audit logs in JSON. */
import { valueAt } from '@redoubt/model';
import type { FormatReader } from '../format.ts';
import { isObject, type JsonMapper, openJson } from '../input/json.ts';
import { addField, type LogFields, LogRecord } from '../record.ts';
import { commonLogTime, ctimeTime } from '../time/parse.ts';
import type { Zone } from '../time/zone.ts';
import { setModsecurityTags } from '../web/modsecurity-tags.ts';
import { setRequest, setTarget } from '../web/request.ts';
import { wafEvent, wafLogsource } from '../web/waf-event.ts';
import { jsonTime } from './jsonl.ts';

function timeOf(value: unknown, zone: Zone): number {
  if (typeof value !== 'string') return jsonTime(value, zone);
  for (const parse of [ctimeTime, commonLogTime, jsonTime]) {
    const time = parse(value.replaceAll('  ', ' '), zone);
    if (!Number.isNaN(time)) return time;
  }
  // Coraza's own form: 2024/05/01 12:00:00
  return jsonTime(value.replace(/^(\d{4})\/(\d\d)\/(\d\d) /, '$1-$2-$3 '), zone);
}

/** First of several places at which the versions keep the same thing. */
function firstOf(value: unknown, paths: readonly string[]): unknown {
  for (const path of paths) {
    const found = valueAt(value, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

const simple: readonly (readonly [string, readonly string[]])[] = [
  ['unique_id', ['transaction.unique_id', 'transaction.transaction_id', 'transaction.id']],
  ['c-ip', ['transaction.client_ip', 'transaction.remote_address']],
  ['c-port', ['transaction.client_port', 'transaction.remote_port']],
  ['s-ip', ['transaction.host_ip', 'transaction.local_address']],
  ['s-port', ['transaction.host_port', 'transaction.local_port']],
  ['sc-status', ['transaction.response.http_code', 'transaction.response.status', 'response.status']],
];

function setHeaders(fields: LogFields, headers: unknown): void {
  if (!isObject(headers)) return;
  for (const [name, value] of Object.entries(headers).slice(0, 200)) {
    addField(
      fields,
      `cs-${name.toLowerCase()}`,
      Array.isArray(value) && value.length === 1 ? value[0] : value,
    );
  }
}

/** Rules that fired: libmodsecurity and Coraza as objects, version 2 as text with tags. */
function setMessages(fields: LogFields, messages: unknown): void {
  if (!Array.isArray(messages)) return;
  for (const message of messages.slice(0, 200)) {
    if (typeof message === 'string') {
      setModsecurityTags(fields, `ModSecurity: ${message}`);
      addField(fields, 'message', message);
    } else if (isObject(message)) {
      const details = isObject(message['details'])
        ? message['details']
        : isObject(message['data'])
          ? message['data']
          : {};
      const entries: [string, unknown][] = [
        ['rule_id', details['ruleId'] ?? details['id']],
        ['rule_msg', details['msg'] || message['message']],
        ['severity', details['severity']],
        ['rule_data', typeof details['data'] === 'string' ? details['data'] : undefined],
        ['file', details['file']],
        ['message', message['message']],
      ];
      for (const [name, value] of entries) {
        if (value !== undefined && value !== '')
          addField(fields, name, typeof value === 'object' ? value : String(value));
      }
      const tags = details['tags'];
      if (Array.isArray(tags)) for (const tag of tags.slice(0, 200)) addField(fields, 'tag', tag);
    }
  }
}

const map: JsonMapper = (value, place, context) => {
  const transaction = value['transaction'];
  if (!isObject(transaction)) return 'no ModSecurity transaction';
  const fields: LogFields = {};
  for (const [name, paths] of simple) {
    const found = firstOf(value, paths);
    if (found !== undefined) fields[name] = found;
  }
  const line = valueAt(value, 'request.request_line');
  const target = valueAt(value, 'transaction.request.uri');
  if (typeof line === 'string') setRequest(fields, line);
  else if (typeof target === 'string') setTarget(fields, target);
  const method = valueAt(value, 'transaction.request.method');
  if (typeof method === 'string') fields['cs-method'] = method;
  const request = isObject(transaction['request']) ? transaction['request'] : value['request'];
  if (isObject(request)) {
    setHeaders(fields, request['headers']);
    const body = request['body'];
    if (typeof body === 'string' && body !== '') fields['cs-body'] = body;
    else if (Array.isArray(body) && body.length > 0) fields['cs-body'] = body.join('\n');
  }
  setMessages(
    fields,
    transaction['messages'] ?? value['messages'] ?? valueAtObject(value, 'audit_data', 'messages'),
  );
  const intercepted = firstOf(value, ['audit_data.action.intercepted', 'transaction.is_interrupted']);
  if (intercepted === true || fields['sc-status'] === 403) fields['action'] = 'blocked';
  const when = firstOf(value, [
    'transaction.unix_timestamp',
    'transaction.time_stamp',
    'transaction.time',
    'transaction.timestamp',
  ]);
  return new LogRecord({
    format: 'modsecurity-json',
    name: context.name,
    logsource: wafLogsource,
    time: timeOf(when, context.zone),
    fields,
    place,
    mapper: wafEvent,
  });
};

function valueAtObject(value: Record<string, unknown>, outer: string, inner: string): unknown {
  const node = value[outer];
  return isObject(node) ? node[inner] : undefined;
}

export const modsecurityJson: FormatReader = {
  name: 'modsecurity-json',
  title: { en: 'ModSecurity and Coraza audit log (JSON)', zh: 'ModSecurity 与 Coraza 审计日志（JSON）' },
  recognise({ json }) {
    const transaction = json?.['transaction'];
    if (!isObject(transaction)) return 0;
    return transaction['client_ip'] !== undefined || transaction['remote_address'] !== undefined ? 95 : 0;
  },
  open: context => openJson(map, context),
};
