/** The objects of a large JSON document, one at a time, without holding the document. */
import { FeedDamage } from '../kinds.ts';
import type { Input } from './lines.ts';

export interface JsonElementsOptions {
  /**
   * Members of the document's object whose elements are wanted: every element of an array, or the object itself.
   * If the document is an array, its elements are wanted.
   */
  readonly members: readonly string[];
  /** Largest element, bytes. */
  readonly elementBytes: number;
}

const deepest = 128;
/** Members with longer names are not the wanted ones. */
const longestName = 64;
const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, colon] = [
  34, 92, 123, 125, 91, 93, 58,
];

/**
 * Gives each wanted object with its number from 1.
 * @returns how many there were
 * @throws FeedDamage if the document is cut off, is no JSON where that can be seen, or goes beyond a limit
 */
export async function readJsonElements(
  input: Input,
  options: JsonElementsOptions,
  element: (value: unknown, number: number) => void,
): Promise<number> {
  const scanner = new Scanner(options, element);
  for await (const chunk of input) scanner.write(chunk);
  return scanner.end();
}

/** Follows the structure byte by byte: UTF-8's further bytes are never quotes, braces or brackets. */
class Scanner {
  readonly #options: JsonElementsOptions;
  readonly #element: (value: unknown, number: number) => void;
  /** Open braces and brackets. */
  readonly #open: number[] = [];
  /** Bytes before the current chunk. */
  #before = 0;
  #inString = false;
  #isEscaped = false;
  /** The string that was read last in the document's object, and whether a colon made it a member's name. */
  #text: number[] = [];
  #member: string | undefined;
  /** Depth at which wanted objects stand; 0 while none are wanted. */
  #wantedDepth = 0;
  /** Pieces of the object being read. */
  #pieces: Uint8Array[] | undefined;
  #pieceBytes = 0;
  #elementAt = 0;
  #number = 0;
  #hasBegun = false;
  #foundMember = false;

  constructor(options: JsonElementsOptions, element: (value: unknown, number: number) => void) {
    this.#options = options;
    this.#element = element;
  }

  write(chunk: Uint8Array): void {
    let pieceFrom = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (this.#inString) {
        at = this.#skipString(chunk, at);
        continue;
      }
      const byte = chunk[at] ?? 0;
      switch (byte) {
        case quote:
          this.#inString = true;
          this.#text = [];
          break;
        case colon:
          if (this.#open.length === 1) this.#member = Buffer.from(this.#text).toString();
          break;
        case openBrace:
        case openBracket:
          if (this.#enter(byte, this.#before + at)) pieceFrom = at;
          break;
        case closeBrace:
        case closeBracket:
          if (this.#leave(byte, this.#before + at)) this.#finish(chunk.subarray(pieceFrom, at + 1));
          break;
        default:
          if (!this.#hasBegun && !isSpaceOrMark(byte))
            throw new FeedDamage(`byte ${this.#before + at}`, 'not JSON: it begins with neither { nor [');
      }
    }
    if (this.#pieces !== undefined) this.#keep(chunk.slice(pieceFrom));
    this.#before += chunk.length;
  }

  end(): number {
    if (!this.#hasBegun) throw new FeedDamage('byte 0', 'empty: no JSON in it');
    if (this.#open.length > 0 || this.#inString)
      throw new FeedDamage(`byte ${this.#before}`, `cut off after ${this.#number} whole objects`);
    if (!this.#foundMember)
      throw new FeedDamage(
        'byte 0',
        `no member ${this.#options.members.map(name => `"${name}"`).join(' or ')}`,
      );
    return this.#number;
  }

  /** Goes on in a string. @returns the place of its closing quote, or the last place of the chunk */
  #skipString(chunk: Uint8Array, from: number): number {
    const { length } = chunk;
    let at = from;
    let isEscaped = this.#isEscaped;
    for (; at < length; at++) {
      if (isEscaped) isEscaped = false;
      else if (chunk[at] === backslash) isEscaped = true;
      else if (chunk[at] === quote) break;
    }
    this.#isEscaped = isEscaped;
    this.#inString = at >= length;
    if (this.#open.length === 1 && this.#text.length < longestName)
      this.#text.push(...chunk.subarray(from, Math.min(at, from + longestName)));
    return at;
  }

  /** @returns whether a wanted object begins here */
  #enter(byte: number, offset: number): boolean {
    const depth = this.#open.push(byte);
    if (depth > deepest) throw new FeedDamage(`byte ${offset}`, `nested more than ${deepest} deep`);
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      if (byte === openBracket) {
        this.#wantedDepth = 2;
        this.#foundMember = true;
      }
      return false;
    }
    const isMember = depth === 2 && this.#open[0] === openBrace;
    if (isMember) {
      this.#wantedDepth = 0;
      if (this.#member !== undefined && this.#options.members.includes(this.#member)) {
        this.#foundMember = true;
        this.#wantedDepth = byte === openBracket ? 3 : 2;
      }
    }
    if (byte !== openBrace || depth !== this.#wantedDepth) return false;
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#elementAt = offset;
    return true;
  }

  /** @returns whether a wanted object ends here */
  #leave(byte: number, offset: number): boolean {
    const opened = this.#open.pop();
    const isPair = byte === closeBrace ? opened === openBrace : opened === openBracket;
    if (!isPair) throw new FeedDamage(`byte ${offset}`, 'not JSON: a brace or bracket that closes nothing');
    return this.#pieces !== undefined && this.#open.length + 1 === this.#wantedDepth;
  }

  #keep(piece: Uint8Array): void {
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > this.#options.elementBytes)
      throw new FeedDamage(
        `byte ${this.#elementAt}`,
        `an object larger than ${this.#options.elementBytes} bytes`,
      );
    this.#pieces?.push(piece);
  }

  #finish(piece: Uint8Array): void {
    this.#keep(piece);
    const [only = piece, ...more] = this.#pieces ?? [];
    const bytes = more.length === 0 ? only : Buffer.concat([only, ...more]);
    this.#pieces = undefined;
    this.#number++;
    let value: unknown;
    try {
      value = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString());
    } catch (error) {
      throw new FeedDamage(`object ${this.#number} at byte ${this.#elementAt}`, (error as Error).message);
    }
    this.#element(value, this.#number);
  }
}

/** White space of JSON, and the bytes of a UTF-8 byte order mark. */
function isSpaceOrMark(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13) || byte === 0xef || byte === 0xbb || byte === 0xbf;
}
