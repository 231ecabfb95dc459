/** Server-Sent Events (HTML standard, section 9.2.6) as the agent sends them. */
import type { Readable } from 'node:stream';

/** One message of a stream. */
export interface StreamMessage {
  readonly name: string;
  readonly data: string;
}

/** Longest message (characters) that is accepted; a longer one ends the stream with an error. */
const messageLimit = 16 * 1024 * 1024;

/** Reads messages until the stream ends. Comments, ids and retry times are skipped. */
export async function* messages(stream: Readable): AsyncGenerator<StreamMessage> {
  let rest = '';
  let name = 'message';
  let data: string[] = [];
  let size = 0;
  for await (const chunk of stream.setEncoding('utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield { name, data: data.join('\n') };
        name = 'message';
        data = [];
        size = 0;
      } else {
        const [, field = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (field === 'event') name = value;
        if (field === 'data') data.push(value);
        size += line.length;
      }
    }
    if (size + rest.length > messageLimit) {
      throw new Error(`a message of the agent is longer than ${messageLimit} characters`);
    }
  }
}
