/** What is known of indicators besides their keys, kept once for all that have it in common. */
import { type Arrays, grown } from '../table/table.ts';

/** What several indicators have in common. */
export interface Metadata {
  /** Number of the source in the set. */
  readonly source: number;
  /** 0 to 100. */
  readonly confidence: number;
  readonly labels: readonly string[];
  readonly description: string;
}

/** Columns of a row: source, confidence, number of the label list's text, number of the description. */
const width = 4;
/** Between the labels of a list in one text. */
const separator = '\n';

export class MetadataTable {
  #rows = new Uint32Array(width * 16);
  #count = 0;
  #bytes = new Uint8Array(256);
  #ends = new Uint32Array(16);
  #texts = 0;
  /** Numbers of rows and texts by what they say; made when something is first added. */
  #known: { rows: Map<string, number>; texts: Map<string, number> } | undefined;

  /** Rows. */
  get count(): number {
    return this.#count;
  }

  /** Source of a row. */
  sourceOf(row: number): number {
    return this.#rows[row * width] ?? 0;
  }

  /** What a row says. */
  get(row: number): Metadata {
    const at = row * width;
    const labels = this.#text(this.#rows[at + 2] ?? 0);
    return {
      source: this.#rows[at] ?? 0,
      confidence: this.#rows[at + 1] ?? 0,
      labels: labels === '' ? [] : labels.split(separator),
      description: this.#text(this.#rows[at + 3] ?? 0),
    };
  }

  /** The row that says this, a new one if there is none. */
  intern({ source, confidence, labels, description }: Metadata): number {
    this.#known ??= this.#index();
    const labelText = this.#internText(labels.join(separator));
    const text = this.#internText(description);
    const key = `${source},${confidence},${labelText},${text}`;
    const known = this.#known.rows.get(key);
    if (known !== undefined) return known;
    const row = this.#count++;
    const at = row * width;
    if (at + width > this.#rows.length) this.#rows = grown(this.#rows, this.#rows.length * 2);
    this.#rows.set([source, confidence, labelText, text], at);
    this.#known.rows.set(key, row);
    return row;
  }

  #index() {
    const rows = new Map<string, number>();
    const texts = new Map<string, number>();
    for (let text = 0; text < this.#texts; text++) texts.set(this.#text(text), text);
    for (let row = 0; row < this.#count; row++)
      rows.set(this.#rows.subarray(row * width, (row + 1) * width).join(','), row);
    return { rows, texts };
  }

  #internText(text: string): number {
    const texts = this.#known?.texts ?? new Map<string, number>();
    const known = texts.get(text);
    if (known !== undefined) return known;
    const number = this.#texts++;
    const bytes = Buffer.from(text);
    const begin = this.#begin(number);
    const end = begin + bytes.length;
    if (end > this.#bytes.length) this.#bytes = grown(this.#bytes, Math.max(this.#bytes.length * 2, end));
    if (number >= this.#ends.length) this.#ends = grown(this.#ends, this.#ends.length * 2);
    this.#bytes.set(bytes, begin);
    this.#ends[number] = end;
    texts.set(text, number);
    return number;
  }

  #begin(text: number): number {
    return text === 0 ? 0 : (this.#ends[text - 1] ?? 0);
  }

  #text(number: number): string {
    return Buffer.from(this.#bytes.subarray(this.#begin(number), this.#ends[number])).toString();
  }

  /** The arrays, cut to size, for the set's file. */
  arrays(): Arrays {
    return {
      rows: this.#rows.subarray(0, this.#count * width),
      ends: this.#ends.subarray(0, this.#texts),
      bytes: this.#bytes.subarray(0, this.#begin(this.#texts)),
    };
  }

  /** Takes over arrays. @throws Error if they do not belong together */
  load({ rows, ends, bytes }: Arrays): void {
    const fits =
      rows instanceof Uint32Array &&
      ends instanceof Uint32Array &&
      bytes instanceof Uint8Array &&
      rows.length % width === 0 &&
      (ends.at(-1) ?? 0) === bytes.length;
    if (!fits) throw new Error('the metadata columns do not belong together');
    this.#rows = rows as Uint32Array<ArrayBuffer>;
    this.#count = rows.length / width;
    this.#ends = ends as Uint32Array<ArrayBuffer>;
    this.#texts = ends.length;
    this.#bytes = bytes as Uint8Array<ArrayBuffer>;
  }
}
