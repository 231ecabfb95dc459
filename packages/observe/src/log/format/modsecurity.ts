/** ModSecurity audit logs in the native serial form (versions 2 and 3, and Coraza). */
import type { FormatReader, ReadContext, Sink } from '../format.ts';
import { type LineParser, type LinePlace, LineSplitter } from '../input/lines.ts';
import { type LogFields, LogRecord, type Place, setField } from '../record.ts';
import { commonLogTime } from '../time/parse.ts';
import { setModsecurityTags } from '../web/modsecurity-tags.ts';
import { setRequest } from '../web/request.ts';
import { wafEvent, wafLogsource } from '../web/waf-event.ts';

const boundary = /^-{2,3}([0-9A-Za-z]{8,64})-{1,3}([A-Z])--$/;
const partA = /^\[([^\]]{10,60})\] (\S+) (\S+) (\d+) (\S+) (\d+)/;
const header = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}):[ \t]*(.*)$/;
const bodyKept = 64 * 1024;

interface Transaction {
  readonly id: string;
  readonly place: Place;
  readonly fields: LogFields;
  bytes: number;
  part: string;
  lineInPart: number;
  body: string;
  messages: string[];
  time: number;
}

class ModsecurityParser implements LineParser {
  readonly #context: ReadContext;
  #open: Transaction | undefined;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  get heldFrom(): number | undefined {
    return this.#open?.place.offset;
  }

  line(text: string, place: LinePlace, sink: Sink): void {
    const mark = text.length < 80 ? boundary.exec(text) : null;
    const open = this.#open;
    // The boundary is random for each transaction, so a body cannot forge one.
    if (mark !== null && (open === undefined || mark[1] === open.id)) {
      if (mark[2] === 'A') this.#begin(mark[1] ?? '', place, sink);
      else if (mark[2] === 'Z') this.#finish(sink);
      else if (open !== undefined) {
        open.part = mark[2] ?? '';
        open.lineInPart = 0;
      }
      return;
    }
    if (mark !== null && mark[2] === 'A' && open !== undefined && open.part !== 'C' && open.part !== 'E') {
      this.#torn(open, 'ModSecurity transaction without its end', sink);
      this.#begin(mark[1] ?? '', place, sink);
      return;
    }
    if (open === undefined) {
      sink.damage({
        ...place,
        reason: 'text outside a ModSecurity transaction',
        skipped: place.bytes,
      });
      return;
    }
    open.bytes += text.length;
    if (open.bytes > this.#context.limits.recordBytes) {
      this.#torn(open, `transaction is larger than ${this.#context.limits.recordBytes} bytes`, sink);
      this.#open = undefined;
      return;
    }
    this.#inPart(open, text);
    open.lineInPart += 1;
  }

  end(sink: Sink): void {
    if (this.#open !== undefined) this.#torn(this.#open, 'ModSecurity transaction without its end', sink);
    this.#open = undefined;
  }

  #begin(id: string, place: Place, sink: Sink): void {
    if (this.#open !== undefined) this.#torn(this.#open, 'ModSecurity transaction without its end', sink);
    this.#open = {
      id,
      place,
      fields: {},
      bytes: 0,
      part: 'A',
      lineInPart: 0,
      body: '',
      messages: [],
      time: Number.NaN,
    };
  }

  #inPart(open: Transaction, text: string): void {
    const { fields } = open;
    switch (open.part) {
      case 'A': {
        const match = partA.exec(text);
        if (match === null) return;
        open.time = commonLogTime(match[1] ?? '', this.#context.zone);
        fields['unique_id'] = match[2];
        fields['c-ip'] = match[3];
        fields['c-port'] = Number(match[4]);
        fields['s-ip'] = match[5];
        fields['s-port'] = Number(match[6]);
        return;
      }
      case 'B':
      case 'F': {
        if (open.lineInPart === 0 && open.part === 'B') setRequest(fields, text);
        else if (open.lineInPart === 0)
          fields['sc-status'] = Number(/^HTTP\/[\d.]+ (\d{3})/.exec(text)?.[1] ?? 0);
        else this.#header(fields, open.part === 'B' ? 'request' : 'response', text);
        return;
      }
      case 'C':
        if (open.body.length + text.length < bodyKept) open.body += open.body === '' ? text : `\n${text}`;
        return;
      case 'H':
        if (/^(?:Message|ModSecurity): ?/.test(text)) {
          open.messages.push(text.replace(/^Message: ?/, ''));
          setModsecurityTags(fields, text.startsWith('ModSecurity') ? text : `ModSecurity: ${text}`);
        }
        if (/^Action: Intercepted/.test(text)) fields['action'] = 'blocked';
        return;
      default:
    }
  }

  #header(fields: LogFields, side: 'request' | 'response', text: string): void {
    const match = header.exec(text);
    if (match === null) return;
    const name = (match[1] ?? '').toLowerCase();
    const key = side === 'request' ? `cs-${name}` : `sc-header-${name}`;
    if (!Object.hasOwn(fields, key)) setField(fields, key, match[2]);
  }

  #finish(sink: Sink): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    if (open.body !== '') open.fields['cs-body'] = open.body;
    if (open.messages.length > 0) open.fields['message'] = open.messages.join('\n');
    sink.record(
      new LogRecord({
        format: 'modsecurity',
        name: this.#context.name,
        logsource: wafLogsource,
        time: open.time,
        fields: open.fields,
        place: open.place,
        mapper: wafEvent,
      }),
    );
  }

  #torn(open: Transaction, reason: string, sink: Sink): void {
    sink.damage({ ...open.place, reason, skipped: open.bytes });
  }
}

export const modsecurity: FormatReader = {
  name: 'modsecurity',
  title: { en: 'ModSecurity audit log (native)', zh: 'ModSecurity 审计日志（原生格式）' },
  recognise: ({ lines }) =>
    lines.slice(0, 3).some(line => /A--$/.test(line) && boundary.test(line)) ? 95 : 0,
  open: context => new LineSplitter(new ModsecurityParser(context), context.limits.lineBytes),
};
