/** State: something collected for a baseline, and how one collection differs from another. */

/** One fact of an entry. `null`: looked for and not there; a key that is absent was not looked for. */
export type Fact = string | number | boolean | null;

/** One thing that a collector found: a file, a unit, an account, a module. */
export interface StateEntry {
  /**
   * Identity within its collector, stable from one collection to the next: a path, a name. Bytes of a path that
   * are no UTF-8 stand as `\xHH`, and a backslash as `\\`.
   */
  readonly key: string;
  readonly facts: Readonly<Record<string, Fact>>;
}

/** How an entry differs from its golden form. */
export type StateChange =
  | { readonly kind: 'added'; readonly key: string; readonly after: StateEntry }
  | { readonly kind: 'removed'; readonly key: string; readonly before: StateEntry }
  | {
      readonly kind: 'changed';
      readonly key: string;
      readonly before: StateEntry;
      readonly after: StateEntry;
      /** Names of the facts that differ. */
      readonly fields: readonly string[];
    };
