/** VPC flow logs: AWS versions 2 to 5 (with or without header, custom field order) and Alibaba Cloud. */
import type { Event } from '@redoubt/model';
import { endpointOf, logEvent, present, textOf, wholeOf } from '../event/compose.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord, type Logsource, setField } from '../record.ts';

/** The default fields of AWS version 2, in order. */
const awsFields =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status'.split(
    ' ',
  );

/** The fields of Alibaba Cloud flow logs, in order. */
const alibabaFields =
  'version account-id eni-id vm-id vswitch-id vpc-id srcaddr srcport dstaddr dstport protocol direction action packets bytes start end log-status'.split(
    ' ',
  );

const aws: Logsource = { product: 'aws', service: 'vpcflow', category: 'firewall' };
const alibaba: Logsource = { product: 'alibaba', service: 'vpcflow', category: 'firewall', also: ['aliyun'] };

const protocols: Readonly<Record<string, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6' };

function toEvent(record: LogRecord): Event {
  const f = record.fields;
  const isAws = record.logsource.product === 'aws';
  const account = textOf(f['account-id']);
  const number = wholeOf(f['protocol']);
  const seconds = (name: string): number | undefined => {
    const value = wholeOf(f[name]);
    return value === undefined ? undefined : value * 1000;
  };
  const direction = textOf(f['flow-direction'] ?? f['direction']);
  return logEvent(
    record,
    'network.traffic',
    isAws ? { name: 'VPC', vendor_name: 'AWS' } : { name: 'VPC', vendor_name: 'Alibaba Cloud' },
    {
      action_id: f['action'] === 'ACCEPT' ? 1 : f['action'] === 'REJECT' ? 2 : undefined,
      status_id: f['action'] === 'ACCEPT' ? 1 : f['action'] === 'REJECT' ? 2 : undefined,
      src_endpoint: endpointOf(f['srcaddr'], f['srcport']),
      dst_endpoint: endpointOf(f['dstaddr'], f['dstport']),
      connection_info: present({
        protocol_num: number,
        protocol_name: number === undefined ? undefined : protocols[number],
        direction_id: direction === undefined ? undefined : /^in/.test(direction) ? 1 : 2,
      }),
      traffic: present({ bytes: wholeOf(f['bytes']), packets: wholeOf(f['packets']) }),
      start_time: seconds('start'),
      end_time: seconds('end'),
      cloud: {
        provider: isAws ? 'AWS' : 'Alibaba Cloud',
        ...present({
          account: account === undefined ? undefined : { uid: account },
          region: textOf(f['region']),
        }),
      },
    },
  );
}

class FlowParser implements LineParser {
  readonly #context: ReadContext;
  #names: readonly string[] | undefined;
  #logsource: Logsource = aws;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const values = text.trim().split(/\s+/, this.#context.limits.fields);
    if (isHeader(values)) {
      this.#names = values.map(name => name.replaceAll('_', '-'));
      this.#logsource = this.#names.includes('eni-id') ? alibaba : aws;
      return;
    }
    if (this.#names === undefined) {
      this.#names = values.length === alibabaFields.length ? alibabaFields : awsFields;
      this.#logsource = this.#names === alibabaFields ? alibaba : aws;
    }
    if (values.length !== this.#names.length) {
      const reason = `flow record with ${values.length} instead of ${this.#names.length} values`;
      sink.damage({ ...place, reason, skipped: place.bytes });
      return;
    }
    const fields: LogFields = {};
    for (const [index, name] of this.#names.entries()) {
      const value = values[index];
      if (value !== '-') setField(fields, name, value);
    }
    const end = wholeOf(fields['end']) ?? wholeOf(fields['start']);
    sink.record(
      new LogRecord({
        format: 'vpc-flow',
        name: this.#context.name,
        logsource: this.#logsource,
        time: end === undefined ? Number.NaN : end * 1000,
        fields,
        place,
        mapper: toEvent,
      }),
    );
  }
}

function isHeader(values: readonly string[]): boolean {
  return values.includes('srcaddr') && values.includes('dstaddr');
}

const awsLine =
  /^[2-8] (?:\d{12}|unknown) eni-\S+ \S+ \S+ \S+ \S+ \S+ \S+ \S+ \d+ \d+ \S+ (?:OK|NODATA|SKIPDATA)$/;
const alibabaLine = /^1 \d+ eni-\S+ .* (?:OK|NODATA|SKIPDATA)$/;

export const vpcFlow: FormatReader = {
  name: 'vpc-flow',
  title: { en: 'VPC flow logs (AWS, Alibaba Cloud)', zh: 'VPC 流日志（AWS、阿里云）' },
  recognise({ lines }) {
    const first = lines[0] ?? '';
    if (isHeader(first.split(/\s+/))) return 95;
    return awsLine.test(first) || alibabaLine.test(first) ? 90 : 0;
  },
  open: context => new LineSplitter(new FlowParser(context), context.limits.lineBytes),
};
