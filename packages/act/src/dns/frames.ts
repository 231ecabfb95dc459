/** DNS messages on a stream: each with its length before it (RFC 1035, section 4.2.2). */

/** A message with its length. */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length, 0);
  return Buffer.concat([length, message]);
}

/** Puts messages together again. Holds one message at most, 64 KB. */
export class Frames {
  #rest = Buffer.alloc(0);

  /** @returns the messages that are whole now */
  add(bytes: Uint8Array): Buffer[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const whole: Buffer[] = [];
    let at = 0;
    while (at + 2 <= this.#rest.length) {
      const end = at + 2 + this.#rest.readUInt16BE(at);
      if (end > this.#rest.length) break;
      whole.push(this.#rest.subarray(at + 2, end));
      at = end;
    }
    this.#rest = Buffer.from(this.#rest.subarray(at));
    return whole;
  }
}
