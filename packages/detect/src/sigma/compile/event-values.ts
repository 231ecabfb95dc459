/** The values of one event, each fetched and folded at most once. */
import type { FieldValue } from '@redoubt/model';
import { type EventReader, everyValue, type FieldSource } from '../event.ts';
import { fold } from '../match/fold.ts';
import { parseAddress } from '../match/network.ts';
import { elementsOf, type Scalar, textOf } from '../match/values.ts';

const none: readonly never[] = [];
const noEvent: EventReader = { time: 0, get: () => undefined, toEvent: () => undefined };

/**
 * Values by slot, a slot being a number for each field source of a matcher. `begin` makes the object stand for
 * another event without clearing anything: what an older event left is told by its generation.
 */
export class EventValues {
  event: EventReader = noEvent;
  #generation = 0;
  readonly #sources: FieldSource[] = [];
  readonly #slots = new Map<string, number>();
  readonly #fetched: number[] = [];
  readonly #raw: FieldValue[] = [];
  readonly #foldedAt: number[] = [];
  readonly #folded: (string | undefined)[] = [];
  /** What each slot's text and list were made from: the next event often has the very same value. */
  readonly #foldedOf: FieldValue[] = [];
  readonly #manyOf: FieldValue[] = [];
  readonly #addressesOf: FieldValue[] = [];
  readonly #manyAt: number[] = [];
  readonly #many: (readonly string[])[] = [];
  readonly #addressesAt: number[] = [];
  readonly #addresses: (readonly (readonly number[])[])[] = [];
  #everythingAt = 0;
  #everything: readonly Scalar[] = none;

  /** The slot of a source; the same for equal keys. */
  slotOf(source: FieldSource): number {
    const known = this.#slots.get(source.key);
    if (known !== undefined) return known;
    const slot = this.#sources.push(source) - 1;
    this.#slots.set(source.key, slot);
    for (const stamps of [this.#fetched, this.#foldedAt, this.#manyAt, this.#addressesAt]) stamps.push(0);
    this.#raw.push(undefined);
    this.#folded.push(undefined);
    for (const origins of [this.#foldedOf, this.#manyOf, this.#addressesOf]) origins.push(undefined);
    this.#many.push(none);
    this.#addresses.push(none);
    return slot;
  }

  /** Stands for another event from now on. */
  begin(event: EventReader): void {
    this.event = event;
    this.#generation++;
  }

  /** Lets go of the event, so that it can be freed. */
  end(): void {
    this.event = noEvent;
  }

  /** The value as the event has it. */
  raw(slot: number): FieldValue {
    if (this.#fetched[slot] !== this.#generation) {
      this.#fetched[slot] = this.#generation;
      this.#raw[slot] = this.#sources[slot]?.read(this.event);
    }
    return this.#raw[slot];
  }

  elements(slot: number): readonly Scalar[] {
    return elementsOf(this.raw(slot));
  }

  /** Whether a test holds for one of the elements. */
  some(slot: number, test: (value: Scalar) => boolean): boolean {
    const value = this.raw(slot);
    if (value === undefined) return false;
    return Array.isArray(value) ? value.some(test) : test(value as Scalar);
  }

  /** The folded text of a single value; undefined when there is none or there are several. */
  folded(slot: number): string | undefined {
    if (this.#foldedAt[slot] !== this.#generation) {
      this.#foldedAt[slot] = this.#generation;
      const value = this.raw(slot);
      if (value !== undefined && value === this.#foldedOf[slot]) return this.#folded[slot];
      this.#foldedOf[slot] = value;
      if (typeof value === 'string') this.#folded[slot] = fold(value);
      else if (value === undefined || value === null || typeof value === 'object')
        this.#folded[slot] = undefined;
      else this.#folded[slot] = String(value);
    }
    return this.#folded[slot];
  }

  /** The folded texts of a list; none when the value is no list. */
  foldedMany(slot: number): readonly string[] {
    if (this.#manyAt[slot] !== this.#generation) {
      this.#manyAt[slot] = this.#generation;
      const value = this.raw(slot);
      if (value !== undefined && value === this.#manyOf[slot]) return this.#many[slot] ?? none;
      this.#manyOf[slot] = value;
      this.#many[slot] = Array.isArray(value)
        ? value.flatMap(element => (element === null ? [] : fold(textOf(element as Scalar) ?? '')))
        : none;
    }
    return this.#many[slot] ?? none;
  }

  /** The values that are IP addresses, in words. */
  addresses(slot: number): readonly (readonly number[])[] {
    if (this.#addressesAt[slot] !== this.#generation) {
      this.#addressesAt[slot] = this.#generation;
      const value = this.raw(slot);
      if (value !== undefined && value === this.#addressesOf[slot]) return this.#addresses[slot] ?? none;
      this.#addressesOf[slot] = value;
      this.#addresses[slot] = this.elements(slot).flatMap(element => {
        const words = typeof element === 'string' ? parseAddress(element) : undefined;
        return words === undefined ? [] : [words];
      });
    }
    return this.#addresses[slot] ?? none;
  }

  /** Every value of the event, for keywords. */
  everything(): readonly Scalar[] {
    if (this.#everythingAt !== this.#generation) {
      this.#everythingAt = this.#generation;
      this.#everything = everyValue(this.event);
    }
    return this.#everything;
  }
}
