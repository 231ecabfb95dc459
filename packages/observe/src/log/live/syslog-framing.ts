/** Messages in a syslog stream: octet counting and LF (RFC 6587, RFC 5425). */

/** What the framing found. */
export interface FramingSink {
  message(text: string): void;
  damage(reason: string, skipped: number): void;
}

const newline = 10;
const digitZero = 48;
const digitNine = 57;
const lengthDigits = 7;

/** Splits the bytes of one connection. Each message may be framed either way: a count begins with a digit, `<` does not. */
export class SyslogFraming {
  readonly #limit: number;
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of an oversized message that are still to come, or -1: up to the next LF. */
  #skip = 0;

  /** @param messageBytes longest message */
  constructor(messageBytes: number) {
    this.#limit = messageBytes;
  }

  push(chunk: Uint8Array, sink: FramingSink): void {
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    let at = 0;
    for (;;) {
      const used = this.#step(at, sink);
      if (used === 0) break;
      at += used;
    }
    this.#held = this.#held.subarray(at);
  }

  end(sink: FramingSink): void {
    if (this.#held.length > 0 && this.#skip === 0) {
      const first = this.#held[0] ?? 0;
      if (first >= digitZero && first <= digitNine)
        sink.damage('connection ended within a message', this.#held.length);
      else sink.message(this.#held.toString('utf8'));
    }
    this.#held = Buffer.alloc(0);
  }

  #step(at: number, sink: FramingSink): number {
    const left = this.#held.length - at;
    if (left === 0) return 0;
    if (this.#skip > 0) {
      const used = Math.min(this.#skip, left);
      this.#skip -= used;
      return used;
    }
    if (this.#skip < 0) {
      const stop = this.#held.indexOf(newline, at);
      if (stop < 0) return left;
      this.#skip = 0;
      return stop - at + 1;
    }
    const first = this.#held[at] ?? 0;
    return first >= digitZero && first <= digitNine
      ? this.#counted(at, left, sink)
      : this.#line(at, left, sink);
  }

  #counted(at: number, left: number, sink: FramingSink): number {
    const head = this.#held.toString('latin1', at, at + Math.min(left, lengthDigits + 1));
    const match = /^(\d{1,7}) /.exec(head);
    if (match === null) return left > lengthDigits || !/^\d*$/.test(head) ? this.#line(at, left, sink) : 0;
    const length = Number(match[1]);
    const from = at + match[0].length;
    if (length > this.#limit) {
      sink.damage(`message of ${length} bytes is over the limit of ${this.#limit}`, length);
      this.#skip = length;
      return match[0].length;
    }
    if (this.#held.length < from + length) return 0;
    sink.message(this.#held.toString('utf8', from, from + length).replace(/\n$/, ''));
    return match[0].length + length;
  }

  #line(at: number, left: number, sink: FramingSink): number {
    const stop = this.#held.indexOf(newline, at);
    const size = stop < 0 ? left : stop - at;
    if (size > this.#limit) {
      sink.damage(`message is over the limit of ${this.#limit} bytes`, size);
      this.#skip = stop < 0 ? -1 : 0;
      return stop < 0 ? left : size + 1;
    }
    if (stop < 0) return 0;
    const text = this.#held.toString('utf8', at, stop).replace(/[\r\0]+$/, '');
    if (text !== '') sink.message(text);
    return size + 1;
  }
}
