/** Windows events as XML: exports of the event viewer and wevtutil, WEF, one document or one event after another. */
import type { ByteParser, FormatReader, ReadContext, Sink } from '../format.ts';
import type { LogFields } from '../record.ts';
import { isoTime } from '../time/parse.ts';
import { utc } from '../time/zone.ts';
import { type WindowsParts, windowsRecord } from '../windows/record.ts';
import { parseXml, type XmlElement } from '../windows/xml.ts';

const endTag = '</Event>';
const startTag = /<Event[\s>]/g;

function systemOf(system: XmlElement): { fields: LogFields; time: number } {
  const fields: LogFields = {};
  let time = Number.NaN;
  for (const element of system.children) {
    if (element.name === 'TimeCreated') time = isoTime(element.attributes.get('SystemTime') ?? '', utc);
    else if (element.name === 'EventID') fields['EventID'] = Number(element.text);
    else if (element.text.trim() !== '') fields[element.name] = element.text.trim();
    for (const [name, value] of element.attributes) {
      if (element.name !== 'TimeCreated') fields[`${element.name}_${name}`] = value;
    }
  }
  return { fields, time };
}

function dataOf(body: XmlElement, found: [string, unknown][], limit: number): void {
  for (const element of body.children) {
    if (found.length >= limit) return;
    if (element.name === 'Data') found.push([element.attributes.get('Name') || 'Data', element.text]);
    else if (element.children.length > 0) dataOf(element, found, limit);
    else found.push([element.name, element.text]);
  }
}

/** What an `<Event>` element says, or the reason why it says nothing. */
function windowsParts(root: XmlElement, limit: number): WindowsParts | string {
  const system = root.children.find(child => child.name === 'System');
  if (root.name !== 'Event' || system === undefined) return 'not a Windows event';
  const { fields, time } = systemOf(system);
  if (!Number.isInteger(fields['EventID'])) return 'Windows event without an id';
  const data: [string, unknown][] = [];
  for (const child of root.children) {
    if (child.name === 'EventData' || child.name === 'UserData') dataOf(child, data, limit);
    else if (child.name === 'RenderingInfo') {
      const message = child.children.find(each => each.name === 'Message')?.text;
      if (message !== undefined && message !== '') fields['Message'] = message;
    }
  }
  return { system: fields, data, time };
}

class XmlEvents implements ByteParser {
  readonly #context: ReadContext;
  /** For UTF-16; UTF-8 is searched byte by byte, and each event decoded by itself, so that offsets are exact. */
  #decoder: TextDecoder | undefined;
  #begun = false;
  #text = '';
  #offset = 0;
  #line = 1;
  #utf16 = false;

  constructor(context: ReadContext) {
    this.#context = context;
  }

  get pending(): number {
    return this.#bytes(this.#text);
  }

  push(chunk: Uint8Array, sink: Sink): void {
    if (!this.#begun) {
      this.#begun = true;
      this.#utf16 = (chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0x3c && chunk[1] === 0);
      if (this.#utf16) this.#decoder = new TextDecoder('utf-16le', { ignoreBOM: true });
    }
    this.#text +=
      this.#decoder?.decode(chunk, { stream: true }) ??
      Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1');
    this.#drain(sink);
  }

  end(sink: Sink): void {
    startTag.lastIndex = 0;
    const start = startTag.exec(this.#text);
    if (start !== null) {
      this.#advance(start.index);
      this.#damage('Windows event is torn', this.#text, sink);
    }
    this.#text = '';
  }

  #drain(sink: Sink): void {
    let from = 0;
    for (;;) {
      const stop = this.#text.indexOf(endTag, from);
      if (stop < 0) break;
      const end = stop + endTag.length;
      // The last start before the end: an event that was torn before it must not swallow it.
      let start = -1;
      startTag.lastIndex = from;
      for (
        let match = startTag.exec(this.#text);
        match !== null && match.index < stop;
        match = startTag.exec(this.#text)
      ) {
        if (start >= 0) this.#report('Windows event is torn', from, start, match.index, sink);
        start = match.index;
      }
      if (start >= 0) this.#event(this.#text.slice(start, end), from, start, sink);
      else this.#report('end of a Windows event without its start', from, from, end, sink);
      this.#count(this.#text.slice(from, end));
      from = end;
    }
    if (from > 0) this.#text = this.#text.slice(from);
    if (this.#text.length > this.#context.limits.recordBytes) {
      this.#damage(
        `Windows event is larger than ${this.#context.limits.recordBytes} bytes`,
        this.#text,
        sink,
      );
      this.#advance(this.#text.length);
    }
  }

  #event(xml: string, from: number, start: number, sink: Sink): void {
    const { depth, fields, recordBytes } = this.#context.limits;
    const root =
      xml.length > recordBytes
        ? 'Windows event is too large'
        : parseXml(this.#utf16 ? xml : Buffer.from(xml, 'latin1').toString('utf8'), depth);
    const parts = typeof root === 'string' ? root : windowsParts(root, fields);
    const place = this.#placeOf(from, start);
    if (typeof parts === 'string') sink.damage({ ...place, reason: parts, skipped: this.#bytes(xml) });
    else sink.record(windowsRecord('windows-xml', this.#context.name, place, parts));
  }

  #placeOf(from: number, start: number): { offset: number; line: number } {
    const before = this.#text.slice(from, start);
    return { offset: this.#offset + this.#bytes(before), line: this.#line + lineEnds(before) };
  }

  #report(reason: string, from: number, start: number, end: number, sink: Sink): void {
    sink.damage({
      ...this.#placeOf(from, start),
      reason,
      skipped: this.#bytes(this.#text.slice(start, end)),
    });
  }

  #damage(reason: string, text: string, sink: Sink): void {
    sink.damage({ offset: this.#offset, line: this.#line, reason, skipped: this.#bytes(text) });
  }

  #advance(characters: number): void {
    this.#count(this.#text.slice(0, characters));
    this.#text = this.#text.slice(characters);
  }

  #count(text: string): void {
    this.#offset += this.#bytes(text);
    this.#line += lineEnds(text);
  }

  #bytes(text: string): number {
    return this.#utf16 ? text.length * 2 : text.length;
  }
}

function lineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

export const windowsXml: FormatReader = {
  name: 'windows-xml',
  title: { en: 'Windows events (XML)', zh: 'Windows 事件（XML）' },
  recognise({ bytes, text }) {
    const start = bytes[0] === 0xff && bytes[1] === 0xfe ? Buffer.from(bytes).toString('utf16le') : text;
    return /^\ufeff?\s*<(?:\?xml|Events?[\s>])/.test(start) && /<Event[\s>]/.test(start) ? 95 : 0;
  },
  open: context => new XmlEvents(context),
};
