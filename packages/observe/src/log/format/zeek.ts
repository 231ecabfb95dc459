/** Zeek's tab-separated logs, which describe themselves in a header. */

import { zeekEvent, zeekLogsource } from '../event/zeek.ts';
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord, setField } from '../record.ts';

/** `\x09` and the like, as Zeek escapes separators and unprintable bytes. */
function unescapeZeek(text: string): string {
  return text.includes('\\x')
    ? text.replace(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
    : text;
}

class ZeekParser implements LineParser {
  readonly #context: ReadContext;
  #separator = '\t';
  #setSeparator = ',';
  #empty = '(empty)';
  #unset = '-';
  #path: string;
  #names: string[] = [];
  #types: string[] = [];

  constructor(context: ReadContext) {
    this.#context = context;
    const base = context.name.slice(context.name.lastIndexOf('/') + 1);
    this.#path = /^[a-z0-9_]+/i.exec(base)?.[0] ?? 'zeek';
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    if (text.startsWith('#')) {
      this.#header(text);
      return;
    }
    const damaged = (reason: string): void => sink.damage({ ...place, reason, skipped: place.bytes });
    if (this.#names.length === 0) {
      damaged('Zeek record before its #fields header');
      return;
    }
    const values = text.split(this.#separator, this.#names.length + 1);
    if (values.length !== this.#names.length) {
      damaged(`Zeek record with ${values.length} instead of ${this.#names.length} values`);
      return;
    }
    const fields: LogFields = {};
    for (const [index, name] of this.#names.entries()) {
      const value = values[index] ?? '';
      if (value !== this.#unset) setField(fields, name, this.#value(value, this.#types[index] ?? 'string'));
    }
    const seconds = fields['ts'];
    const time = typeof seconds === 'number' ? Math.floor(seconds * 1000) : Date.parse(String(seconds));
    sink.record(
      new LogRecord({
        format: 'zeek',
        name: this.#context.name,
        logsource: zeekLogsource(this.#path),
        time,
        fields,
        place,
        mapper: zeekEvent,
      }),
    );
  }

  #header(text: string): void {
    if (text.startsWith('#separator ')) {
      this.#separator = unescapeZeek(text.slice('#separator '.length)) || '\t';
      return;
    }
    const [name, ...values] = text.split(this.#separator);
    if (name === '#fields') this.#names = values.slice(0, this.#context.limits.fields);
    else if (name === '#types') this.#types = values;
    else if (name === '#path') this.#path = values[0] ?? this.#path;
    else if (name === '#set_separator') this.#setSeparator = values[0] || ',';
    else if (name === '#empty_field') this.#empty = values[0] ?? this.#empty;
    else if (name === '#unset_field') this.#unset = values[0] ?? this.#unset;
  }

  #value(text: string, type: string): unknown {
    const list = /^(?:set|vector)\[(\w+)\]$/.exec(type);
    if (list !== null) {
      if (text === this.#empty) return [];
      return text.split(this.#setSeparator).map(item => this.#value(item, list[1] ?? 'string'));
    }
    switch (type) {
      case 'time':
      case 'interval':
      case 'double':
      case 'count':
      case 'int':
      case 'port': {
        const number = Number(text);
        return Number.isFinite(number) ? number : text;
      }
      case 'bool':
        return text === 'T';
      default:
        return text === this.#empty ? '' : unescapeZeek(text);
    }
  }
}

export const zeek: FormatReader = {
  name: 'zeek',
  title: { en: 'Zeek (tab-separated)', zh: 'Zeek 日志（制表符分隔）' },
  recognise: ({ text }) =>
    text.startsWith('#separator ') || /^#fields\t/m.test(text.slice(0, 4096)) ? 95 : 0,
  open: context => new LineSplitter(new ZeekParser(context), context.limits.lineBytes),
};
