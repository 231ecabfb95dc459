/** Reading binary records of the TCG within bounds. */

/** A log or a structure that is not what it claims to be. */
export class BootDataError extends Error {}

/** Reads numbers and bytes one after the other; each read checks that they are there. */
export class Cursor {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** The next bytes. @throws BootDataError when there are fewer */
  take(length: number): Buffer {
    if (length < 0 || length > this.left) {
      throw new BootDataError(`at byte ${this.at}: ${length} bytes are announced and ${this.left} are left`);
    }
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  u8(): number {
    return this.take(1).readUInt8();
  }

  u16le(): number {
    return this.take(2).readUInt16LE();
  }

  u32le(): number {
    return this.take(4).readUInt32LE();
  }

  u16be(): number {
    return this.take(2).readUInt16BE();
  }

  u32be(): number {
    return this.take(4).readUInt32BE();
  }

  u64be(): bigint {
    return this.take(8).readBigUInt64BE();
  }

  /** TPM2B: a size of two bytes, and as many bytes. */
  sized(): Buffer {
    return this.take(this.u16be());
  }
}
