/** Requests of web-server logs under the W3C names that Sigma's web rules use, and in OCSF. */
import type { Event } from '@redoubt/model';
import { endpointOf, logEvent, methodActivity, present, textOf, userOf, wholeOf } from '../event/compose.ts';
import type { LogFields, LogRecord } from '../record.ts';

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (.*?)(?: (HTTP\/\d(?:\.\d)?))?$/s;

/** Fields of a request line. What is no request line (TLS bytes on a plain port …) stays as `cs-request`. */
export function setRequest(fields: LogFields, line: string): void {
  const match = requestLine.exec(line);
  if (match === null) {
    if (line !== '-' && line !== '') fields['cs-request'] = line;
    return;
  }
  fields['cs-method'] = match[1];
  setTarget(fields, match[2] ?? '');
  if (match[3] !== undefined) fields['cs-version'] = match[3];
}

/** Fields of a request target: `cs-uri` whole, `cs-uri-stem` and `cs-uri-query` split at the first `?`. */
export function setTarget(fields: LogFields, target: string): void {
  const mark = target.indexOf('?');
  fields['cs-uri'] = target;
  fields['cs-uri-stem'] = mark < 0 ? target : target.slice(0, mark);
  if (mark >= 0) fields['cs-uri-query'] = target.slice(mark + 1);
}

const portSuffix = /:(\d{1,5})$/;

/** OCSF attributes of a request with the fields of this module. */
export function requestAttributes(fields: LogFields): object {
  const code = wholeOf(fields['sc-status']);
  const host = textOf(fields['cs-host']);
  const method = textOf(fields['cs-method']);
  return {
    ...methodActivity(method),
    status_id: code === undefined ? undefined : code < 400 ? 1 : 2,
    src_endpoint: endpointOf(fields['c-ip'], fields['c-port']),
    dst_endpoint: endpointOf(fields['s-ip'], fields['s-port'], host?.replace(portSuffix, '')),
    user: userOf(fields['cs-username']),
    http_request: present({
      http_method: method,
      version: textOf(fields['cs-version']),
      user_agent: textOf(fields['cs-user-agent']),
      referrer: textOf(fields['cs-referer']),
      url: present({
        url_string: textOf(fields['cs-uri']),
        hostname: host,
        path: textOf(fields['cs-uri-stem']),
        query_string: textOf(fields['cs-uri-query']),
      }),
    }),
    http_response:
      code === undefined ? undefined : { code, ...present({ length: wholeOf(fields['sc-bytes']) }) },
  };
}

/** An access-log record in OCSF. */
export function accessEvent(record: LogRecord): Event {
  const product = { name: record.logsource.product, vendor_name: 'unknown' };
  return logEvent(record, 'http.request', product, requestAttributes(record.fields));
}
