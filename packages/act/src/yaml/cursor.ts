/** Reads a YAML file key by key, so that every complaint names the key and its line. */
import type { Bilingual } from '@redoubt/model';
import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** A setting that cannot be used, with the place where it stands. */
export class YamlError extends Error {
  readonly text: Bilingual;

  constructor(text: Bilingual) {
    super(text.en);
    this.text = text;
  }
}

/** Longest file that is read, characters. */
const lengthLimit = 1_000_000;

/** A file that is read. */
interface Source {
  readonly file: string;
  readonly lines: LineCounter;
  readonly document: Document | undefined;
}

/** A value of the file, and where it stands. */
export class YamlCursor {
  readonly #source: Source;
  readonly #node: Node | null;
  /** Dotted name of the key, empty for the whole file. */
  readonly #path: string;
  readonly #offset: number;

  private constructor(source: Source, node: Node | null, path: string, offset: number) {
    this.#source = source;
    this.#node = node;
    this.#path = path;
    this.#offset = offset;
  }

  /** The whole file. @throws YamlError when it is no YAML or is too long */
  static of(text: string, file: string): YamlCursor {
    const lines = new LineCounter();
    const unread = { file, lines, document: undefined };
    if (text.length > lengthLimit)
      new YamlCursor(unread, null, '', 0).fail(
        `is longer than ${lengthLimit} characters`,
        `超过 ${lengthLimit} 个字符`,
      );
    const document = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
    const [error] = document.errors;
    if (error !== undefined) {
      const words = error.message.split(/ at line \d+|\n/)[0] ?? '';
      new YamlCursor(unread, null, '', error.pos[0]).fail(`not YAML: ${words}`, `不是 YAML：${words}`);
    }
    return new YamlCursor({ file, lines, document }, document.contents, '', 0);
  }

  /** Complains about this value. */
  fail(en: string, zh: string): never {
    const { file, lines } = this.#source;
    const { line } = lines.linePos(this.#offset);
    const place = `${file}:${Math.max(line, 1)}: ${this.#path === '' ? '' : `${this.#path}: `}`;
    throw new YamlError({ en: place + en, zh: place + zh });
  }

  /** The values of a mapping by key. Keys outside `known` are refused: a misspelt one must not pass unheard. */
  entries(known: readonly string[]): Map<string, YamlCursor> {
    const found = new Map<string, YamlCursor>();
    if (this.#node === null || (isScalar(this.#node) && this.#node.value === null)) return found;
    if (!isMap(this.#node)) return this.fail('must be a mapping of keys', '必须是键值映射');
    for (const { key, value } of this.#node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const offset = (key as Node).range?.[0] ?? this.#offset;
      const path = this.#path === '' ? name : `${this.#path}.${name}`;
      const at = new YamlCursor(this.#source, value as Node | null, path, offset);
      if (!known.includes(name)) {
        at.fail(
          `is not a known key; known are ${known.join(', ')}`,
          `是未知的键；可用的键：${known.join('、')}`,
        );
      }
      found.set(name, at);
    }
    return found;
  }

  /** The items of a list. */
  items(): YamlCursor[] {
    if (!isSeq(this.#node)) return this.fail('must be a list', '必须是列表');
    return this.#node.items.map((item, index) => {
      const node = item as Node;
      const offset = node.range?.[0] ?? this.#offset;
      return new YamlCursor(this.#source, node, `${this.#path}[${index}]`, offset);
    });
  }

  /** A text that is not empty. */
  text(): string {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value !== 'string' || value === '') return this.fail('must be a text', '必须是文本');
    return value;
  }

  /** One text, or a list of at least one. */
  texts(): string[] {
    const values = isSeq(this.#node) ? this.items().map(item => item.text()) : [this.text()];
    if (values.length === 0) this.fail('must not be empty', '不能为空');
    return values;
  }

  /** A mapping as plain values, whatever its keys. */
  plain(): Record<string, unknown> {
    if (!isMap(this.#node)) return this.fail('must be a mapping of keys', '必须是键值映射');
    try {
      return this.#node.toJS(this.#source.document as Document, { maxAliasCount: 20 });
    } catch (error) {
      return this.fail(String(error), String(error));
    }
  }

  /** One of some words. */
  oneOf<Word extends string>(words: readonly Word[]): Word {
    const text = this.text();
    const word = words.find(one => one === text);
    if (word !== undefined) return word;
    return this.fail(
      `"${text}" is none of ${words.join(', ')}`,
      `“${text}”不在可选值之内：${words.join('、')}`,
    );
  }

  /** A whole number within limits. */
  whole(least: number, most: number): number {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
      return this.fail(
        `must be a whole number from ${least} to ${most}`,
        `必须是 ${least} 到 ${most} 之间的整数`,
      );
    }
    return value;
  }

  /** True or false. */
  boolean(): boolean {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value !== 'boolean') return this.fail('must be true or false', '必须是 true 或 false');
    return value;
  }

  /** A port to listen at; 0 takes any free one. */
  port(): number {
    const value = isScalar(this.#node) ? this.#node.value : undefined;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 65_535) {
      return this.fail('must be a port from 0 to 65535', '必须是 0 到 65535 之间的端口');
    }
    return value;
  }
}
