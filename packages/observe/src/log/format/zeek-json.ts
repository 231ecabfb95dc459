/** Zeek logs as JSON lines. */
import { zeekEvent, zeekLogsource } from '../event/zeek.ts';
import type { FormatReader, ReadContext } from '../format.ts';
import { type JsonMapper, type JsonObject, openJson } from '../input/json.ts';
import { LogRecord } from '../record.ts';
import { jsonTime } from './jsonl.ts';

const logNames = new Set(
  'conn dns http ssl ssh files smtp notice weird x509 kerberos ntlm smb_files smb_mapping rdp ftp dhcp dpd dce_rpc rfb sip snmp socks software syslog tunnel pe mysql radius signatures known_hosts known_services'.split(
    ' ',
  ),
);

/** The log's path: `_path` where it is written, else the file's name, else what the fields give away. */
function pathOf(value: JsonObject, context: ReadContext): string {
  if (typeof value['_path'] === 'string') return value['_path'];
  const base = /([a-z0-9_]+)[^/]*$/i.exec(context.name)?.[1]?.toLowerCase() ?? '';
  if (logNames.has(base)) return base;
  if (value['query'] !== undefined || value['qtype'] !== undefined) return 'dns';
  if (value['method'] !== undefined && value['uri'] !== undefined) return 'http';
  return value['conn_state'] !== undefined ? 'conn' : 'zeek';
}

const map: JsonMapper = (value, place, context) => {
  if (value['ts'] === undefined) return 'no Zeek ts';
  const logsource = zeekLogsource(pathOf(value, context));
  const time = jsonTime(value['ts'], context.zone);
  return new LogRecord({
    format: 'zeek-json',
    name: context.name,
    logsource,
    time,
    fields: value,
    place,
    mapper: zeekEvent,
  });
};

export const zeekJson: FormatReader = {
  name: 'zeek-json',
  title: { en: 'Zeek (JSON)', zh: 'Zeek 日志（JSON）' },
  recognise({ json, fileName }) {
    if (json?.['ts'] === undefined) return 0;
    if (json['id.orig_h'] !== undefined || typeof json['_path'] === 'string') return 95;
    return json['uid'] !== undefined || logNames.has(fileName.replace(/\..*$/, '')) ? 70 : 0;
  },
  open: context => openJson(map, context),
};
