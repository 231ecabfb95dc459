/**
 * Windows binary XML ([MS-EVEN6] 2.2.12): templates are parsed once a chunk into trees with holes; an event is
 * a tree and the values that fill it.
 */
import { type EvtxValue, readValue, ValueType } from './values.ts';

/** An element of a template or fragment. */
export interface Element {
  readonly name: string;
  readonly attributes: (readonly [string, Part[]])[];
  readonly children: (Element | Instance | Part)[];
}

/** Text as written, or a hole for the value of that index. */
export type Part = string | { readonly index: number };

/** A tree with the values for its holes. */
export interface Instance {
  readonly root: readonly (Element | Instance | Part)[];
  readonly values: readonly Substitution[];
}

/** A value, or the fragment that stands for it. */
export type Substitution = EvtxValue | Instance;

/** Whether a child is an element. */
export function isElement(node: Element | Instance | Part): node is Element {
  return typeof node === 'object' && 'name' in node;
}

/** Whether a child or value is an instance. */
export function isInstance(node: unknown): node is Instance {
  return typeof node === 'object' && node !== null && 'root' in node;
}

const templateDepth = 8;
const elementDepth = 64;
const tokensPerRecord = 50_000;

/** Entity names that stand in binary XML. */
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** Parses the binary XML of one chunk. Offsets are those in the chunk. */
export class BinaryXml {
  readonly #chunk: Buffer;
  readonly #names = new Map<number, string>();
  readonly #templates = new Map<number, readonly (Element | Instance | Part)[]>();
  #at = 0;
  #end = 0;
  #budget = 0;
  #templatesOpen = 0;

  constructor(chunk: Buffer) {
    this.#chunk = chunk;
  }

  /**
   * Parses the fragment of one record.
   * @throws RangeError or SyntaxError when the bytes are not well-formed or take more work than a real event does
   */
  fragment(at: number, end: number): Instance {
    this.#budget = tokensPerRecord;
    this.#templatesOpen = 0;
    return { root: this.#within(at, end, true), values: [] };
  }

  #within(at: number, end: number, dependencies: boolean): (Element | Instance | Part)[] {
    const before = [this.#at, this.#end] as const;
    if (end > this.#chunk.length || at > end) throw new RangeError('binary XML reaches past the chunk');
    this.#at = at;
    this.#end = end;
    const nodes = this.#nodes(dependencies, 0);
    [this.#at, this.#end] = before;
    return nodes;
  }

  /** Nodes up to the end of the fragment, or of the element that holds them. */
  #nodes(dependencies: boolean, depth: number): (Element | Instance | Part)[] {
    const nodes: (Element | Instance | Part)[] = [];
    if (depth > elementDepth) throw new RangeError(`binary XML nests deeper than ${elementDepth}`);
    while (this.#at < this.#end) {
      this.#budget -= 1;
      if (this.#budget < 0) throw new RangeError('binary XML of one record is too long');
      const token = this.#byte();
      switch (token & ~0x40) {
        case 0x00:
          return nodes;
        case 0x01:
          nodes.push(this.#element((token & 0x40) !== 0, dependencies, depth));
          break;
        case 0x04:
          return nodes;
        case 0x0a:
          this.#name();
          break;
        case 0x0b:
          this.#skip(this.#word() * 2);
          break;
        case 0x0c:
          nodes.push(this.#template());
          break;
        case 0x0f:
          this.#skip(3);
          break;
        default: {
          const part = this.#part(token);
          if (part === undefined) throw new SyntaxError(`unknown binary XML token 0x${token.toString(16)}`);
          nodes.push(part);
        }
      }
    }
    return nodes;
  }

  /** A piece of text or a hole; undefined when the token begins something else. */
  #part(token: number): Part | undefined {
    switch (token & ~0x40) {
      case 0x05: {
        const type = this.#byte();
        if (type !== ValueType.string) throw new SyntaxError(`text of value type ${type}`);
        return this.#text(this.#word());
      }
      case 0x07:
        return this.#text(this.#word());
      case 0x08:
        return String.fromCharCode(this.#word());
      case 0x09: {
        const name = this.#name();
        return entities[name] ?? `&${name};`;
      }
      case 0x0d:
      case 0x0e: {
        const index = this.#word();
        this.#byte();
        return { index };
      }
      default:
        return undefined;
    }
  }

  #element(hasAttributes: boolean, dependencies: boolean, depth: number): Element {
    if (dependencies) this.#skip(2);
    this.#skip(4);
    const name = this.#name();
    const attributes: (readonly [string, Part[]])[] = [];
    if (hasAttributes) {
      this.#skip(4);
      while ((this.#peek() & ~0x40) === 0x06) {
        this.#byte();
        attributes.push([this.#name(), this.#parts()]);
      }
    }
    const close = this.#byte();
    if (close === 0x03) return { name, attributes, children: [] };
    if (close !== 0x02)
      throw new SyntaxError(`element ${name.slice(0, 64)} has token 0x${close.toString(16)} for its end`);
    return { name, attributes, children: this.#nodes(dependencies, depth + 1) };
  }

  #parts(): Part[] {
    const parts: Part[] = [];
    for (;;) {
      const token = this.#peek();
      const kind = token & ~0x40;
      if (kind !== 0x05 && !(kind >= 0x07 && kind <= 0x09) && kind !== 0x0d && kind !== 0x0e) return parts;
      this.#budget -= 1;
      if (this.#budget < 0) throw new RangeError('binary XML of one record is too long');
      this.#byte();
      const part = this.#part(token);
      if (part !== undefined) parts.push(part);
    }
  }

  #template(): Instance {
    this.#templatesOpen += 1;
    if (this.#templatesOpen > templateDepth)
      throw new RangeError(`templates nest deeper than ${templateDepth}`);
    this.#skip(5);
    const definition = this.#long();
    const root = this.#definition(definition);
    const count = this.#long();
    if (count * 4 > this.#end - this.#at) throw new RangeError(`template with ${count} values`);
    let from = this.#at + count * 4;
    const values: Substitution[] = [];
    for (let index = 0; index < count; index += 1) {
      const size = this.#chunk.readUInt16LE(this.#at);
      const type = this.#chunk.readUInt8(this.#at + 2);
      this.#at += 4;
      if (from + size > this.#end) throw new RangeError('template value reaches past the record');
      this.#budget -= 1;
      if (this.#budget < 0) throw new RangeError('binary XML of one record is too long');
      values.push(
        type === ValueType.binXml && size > 0
          ? { root: this.#within(from, from + size, false), values: [] }
          : readValue(this.#chunk, from, size, type),
      );
      from += size;
    }
    this.#at = from;
    this.#templatesOpen -= 1;
    return { root, values };
  }

  /** The tree of a template; its definition stands in the first record of the chunk that uses it. */
  #definition(offset: number): readonly (Element | Instance | Part)[] {
    if (offset + 24 > this.#chunk.length) throw new RangeError('template outside the chunk');
    const size = this.#chunk.readUInt32LE(offset + 20);
    const from = offset + 24;
    if (offset === this.#at) this.#skip(24 + size);
    const known = this.#templates.get(offset);
    if (known !== undefined) return known;
    const root = this.#within(from, from + size, true);
    this.#templates.set(offset, root);
    return root;
  }

  /** A name by its offset; where it stands directly behind, it is passed over as well. */
  #name(): string {
    const offset = this.#long();
    if (offset + 8 > this.#chunk.length) throw new RangeError('name outside the chunk');
    const length = this.#chunk.readUInt16LE(offset + 6);
    const end = offset + 8 + length * 2;
    if (end + 2 > this.#chunk.length) throw new RangeError('name reaches past the chunk');
    if (offset === this.#at) this.#skip(10 + length * 2);
    let name = this.#names.get(offset);
    if (name === undefined) {
      name = this.#chunk.toString('utf16le', offset + 8, end);
      this.#names.set(offset, name);
    }
    return name;
  }

  #text(characters: number): string {
    const from = this.#at;
    this.#skip(characters * 2);
    return this.#chunk.toString('utf16le', from, from + characters * 2);
  }

  #skip(bytes: number): void {
    if (bytes > this.#end - this.#at) throw new RangeError('binary XML is cut off');
    this.#at += bytes;
  }

  #peek(): number {
    if (this.#at >= this.#end) throw new RangeError('binary XML is cut off');
    return this.#chunk[this.#at] ?? 0;
  }

  #byte(): number {
    const value = this.#peek();
    this.#at += 1;
    return value;
  }

  #word(): number {
    this.#skip(2);
    return this.#chunk.readUInt16LE(this.#at - 2);
  }

  #long(): number {
    this.#skip(4);
    return this.#chunk.readUInt32LE(this.#at - 4);
  }
}
