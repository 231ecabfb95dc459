/** Records of which later lines are a part. */
import type { LinePlace } from '../input/lines.ts';

/** A record's lines, while more may come. */
export class HeldLines<Head> {
  readonly #limit: number;
  #head: Head | undefined;
  #place: LinePlace | undefined;
  #lines: string[] = [];
  #bytes = 0;
  #cut = 0;

  /** @param limit bytes of one record */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether a record is held. */
  get holds(): boolean {
    return this.#place !== undefined;
  }

  /** Whether more came than a record may have. */
  get overfull(): boolean {
    return this.#cut > 0;
  }

  /** Offset of the held record's first byte. */
  get heldFrom(): number | undefined {
    return this.#place?.offset;
  }

  /** Begins a record; the one before must have been taken. */
  begin(head: Head, text: string, place: LinePlace): void {
    this.#head = head;
    this.#place = place;
    this.#lines = [text];
    this.#bytes = place.bytes;
    this.#cut = 0;
  }

  /** Adds a line to the held record. What is beyond the limit is counted, not kept. */
  add(text: string, place: LinePlace): void {
    this.#bytes += place.bytes;
    if (this.#bytes <= this.#limit) this.#lines.push(text);
    else this.#cut += place.bytes;
  }

  /** Hands out the held record and forgets it. */
  take(): { head: Head; text: string; place: LinePlace; cut: number } | undefined {
    const [head, place] = [this.#head, this.#place];
    if (head === undefined || place === undefined) return undefined;
    const text = this.#lines.join('\n');
    const cut = this.#cut;
    this.#head = undefined;
    this.#place = undefined;
    this.#lines = [];
    return { head, text, place, cut };
  }
}
