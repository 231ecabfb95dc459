/** Variables and their elements, as far as a path through the script has set them. */
import type { Expression } from '../form.ts';
import { either, type Value } from './value.ts';

/** The name of a place whose value can be kept: `$a`, `$_POST.code`, `this.name`. Undefined for computed ones. */
export function placeOf(form: Expression): string | undefined {
  if (form.kind === 'name') return form.name;
  if (form.kind !== 'field') return undefined;
  const object = placeOf(form.object);
  return object === undefined ? undefined : `${object}.${form.name}`;
}

function rootOf(place: string): string {
  const dot = place.indexOf('.');
  return dot < 0 ? place : place.slice(0, dot);
}

/** Objects whose elements all methods of a script share. */
const shared = new Set(['$this', 'this', 'self', 'cls']);

export class Scope {
  readonly outer: Scope | undefined;
  private readonly values: Map<string, Map<string, Value>>;
  private readonly globals: Scope;

  constructor(outer?: Scope, globals?: Scope, values: Map<string, Map<string, Value>> = new Map()) {
    this.outer = outer;
    this.globals = globals ?? outer?.globals ?? this;
    this.values = values;
  }

  /** The scope of the whole script. */
  get top(): Scope {
    return this.globals;
  }

  /** Variables that are kept here. */
  get size(): number {
    return this.values.size;
  }

  /** A copy that can be changed on one of two paths. */
  copy(): Scope {
    const values = new Map(Array.from(this.values, ([root, places]) => [root, new Map(places)] as const));
    const copied = new Scope(this.outer, this.globals === this ? undefined : this.globals, values);
    return copied;
  }

  get(place: string): Value | undefined {
    const root = rootOf(place);
    const holder = this.holder(root);
    return holder.values.get(root)?.get(place);
  }

  /** Whether anything is kept of a variable. */
  knows(name: string): boolean {
    return this.holder(name).values.has(name);
  }

  /** Sets a place. Elements of what stood there are forgotten. */
  set(place: string, value: Value): void {
    const root = rootOf(place);
    const { values } = this.holder(root);
    let places = values.get(root);
    if (places === undefined || place === root) {
      places = new Map();
      values.set(root, places);
    }
    places.set(place, value);
  }

  /** Adds to what a place may hold. */
  add(place: string, value: Value): void {
    const before = this.get(place);
    const root = rootOf(place);
    const { values } = this.holder(root);
    const places = values.get(root) ?? new Map<string, Value>();
    places.set(place, before === undefined ? value : either(before, value));
    values.set(root, places);
  }

  /** Takes over what either of two copies holds. */
  join(paths: readonly Scope[]): void {
    const [first, ...others] = paths;
    if (first === undefined) return;
    this.values.clear();
    for (const [root, places] of first.values) this.values.set(root, new Map(places));
    for (const other of others) {
      for (const [root, places] of other.values) {
        const mine = this.values.get(root);
        if (mine === undefined) {
          this.values.set(root, new Map(places));
          continue;
        }
        for (const [place, value] of places) {
          const before = mine.get(place);
          mine.set(place, before === undefined ? value : either(before, value));
        }
      }
    }
  }

  private holder(root: string): Scope {
    if (shared.has(root)) return this.globals;
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.outer) {
      if (scope.values.has(root)) return scope;
    }
    return this;
  }
}
