/** Reading JSON from untrusted hands: every member is asked for by its type, and a wrong one is named. */
import { UpdateRefused } from '../refusal.ts';

/** An object of the JSON text, with its place for errors. */
export class Shape {
  readonly subject: string;
  readonly #value: unknown;

  constructor(value: unknown, subject: string) {
    this.#value = value;
    this.subject = subject;
  }

  /** Parses JSON text. @throws UpdateRefused `malformed` */
  static parse(bytes: Buffer, subject: string): Shape {
    try {
      return new Shape(JSON.parse(bytes.toString('utf8')), subject);
    } catch (cause) {
      throw new UpdateRefused('malformed', subject, 'is not JSON', '不是 JSON', { cause });
    }
  }

  /** The refusal of this place. */
  wrong(en: string, zh: string): UpdateRefused {
    return new UpdateRefused('malformed', this.subject, en, zh);
  }

  inner(name: string): Shape {
    return new Shape(this.#member(name), `${this.subject}#${name}`);
  }

  list(name: string): Shape[] {
    const value = this.#member(name);
    if (!Array.isArray(value)) throw this.wrong(`${name} is no list`, `${name} 不是列表`);
    return value.map((item, at) => new Shape(item, `${this.subject}#${name}[${at}]`));
  }

  text(name: string): string {
    return new Shape(this.#member(name), `${this.subject}#${name}`).ownText();
  }

  optionalText(name: string): string | undefined {
    return this.#member(name) === undefined ? undefined : this.text(name);
  }

  ownText(): string {
    if (typeof this.#value !== 'string') throw this.wrong('is no text', '不是文本');
    return this.#value;
  }

  /** Every member of this object, all of them texts. */
  texts(): Record<string, string> {
    const object = this.#object();
    return Object.fromEntries(Object.keys(object).map(name => [name, this.text(name)]));
  }

  hex(name: string, length: number): string {
    const text = this.text(name);
    if (text.length !== length || !/^[0-9a-f]*$/.test(text)) {
      throw this.wrong(`${name} is no hash`, `${name} 不是哈希值`);
    }
    return text;
  }

  whole(name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#member(name);
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
      throw this.wrong(
        `${name} is no whole number from ${least} to ${most}`,
        `${name} 不是 ${least} 到 ${most} 的整数`,
      );
    }
    return value as number;
  }

  optionalWhole(name: string, least: number): number | undefined {
    return this.#member(name) === undefined ? undefined : this.whole(name, least);
  }

  /** A time in RFC 3339, as milliseconds since the Unix epoch. */
  time(name: string): number {
    const text = this.text(name);
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isNaN(time)) throw this.wrong(`${name} is no time`, `${name} 不是时间`);
    return time;
  }

  #object(): Record<string, unknown> {
    if (typeof this.#value !== 'object' || this.#value === null || Array.isArray(this.#value)) {
      throw this.wrong('is no object', '不是对象');
    }
    return this.#value as Record<string, unknown>;
  }

  #member(name: string): unknown {
    const object = this.#object();
    return Object.hasOwn(object, name) ? object[name] : undefined;
  }
}
