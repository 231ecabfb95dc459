/** What becomes of a name: allowed names first, then the lists in their order, the nearest entry of a list first. */
import type { OwnRecord } from './answer.ts';
import { type ListFormat, type ListTroubles, listName, readList } from './list-file.ts';
import { NameSet } from './name-set.ts';
import type { NameAction } from './rpz.ts';

/** A list that blocks. */
export interface BlockList {
  readonly name: string;
  readonly path: string;
  readonly format: ListFormat;
}

/** Why a name is blocked. */
export interface NameVerdict {
  readonly action: Exclude<NameAction, 'pass'>;
  readonly list: string;
  /** The entry that reaches it; below it when `isBelow`. */
  readonly entry: string;
  readonly records?: readonly OwnRecord[];
  /** Name that stands in for it. */
  readonly target?: string;
}

/** What a list gave. */
export interface LoadedList {
  readonly name: string;
  readonly names: number;
  readonly skipped: number;
  readonly samples: ListTroubles['samples'];
  /** Why it could not be read; its names then block nothing. */
  readonly error?: string;
}

/** What verdicts call the names that were blocked one by one, as responses do. */
const ownList = 'response';
const actions: readonly NameAction[] = ['nxdomain', 'nodata', 'pass', 'drop', 'tcp', 'local'];
/** Names of all lists; beyond them names are counted as skipped. 16 Mi slots take 160 MB. */
const namesLimit = 12_000_000;
/** Rules with records of their own. */
const localLimit = 100_000;

interface Local {
  records: OwnRecord[];
  target?: string;
}

/** Made by {@link NamePolicy.load}. */
export class NamePolicy {
  readonly #allowed = new NameSet();
  readonly #blocked = new NameSet();
  readonly #lists: readonly BlockList[];
  readonly #locals = new Map<string, Local>();
  readonly loaded: LoadedList[] = [];
  #own = new NameSet();

  private constructor(lists: readonly BlockList[], allow: readonly string[]) {
    this.#lists = lists;
    for (const text of allow) {
      const name = listName(text.replace(/^\*\./, ''));
      if (name !== undefined) this.#allowed.add(name, text.startsWith('*.') ? 'below' : 'tree', 1);
    }
  }

  /** Reads the lists, the first counting most. One that cannot be read is told, and the others still count. */
  static async load(lists: readonly BlockList[], allow: readonly string[]): Promise<NamePolicy> {
    const policy = new NamePolicy(lists, allow);
    for (const [index] of lists.entries()) await policy.#load(index);
    return policy;
  }

  get size(): number {
    return this.#blocked.size;
  }

  /** Bytes of the tables. */
  get bytes(): number {
    return this.#blocked.bytes + this.#allowed.bytes;
  }

  /** Names that are blocked beside the lists, each with all below it, in place of the earlier ones. */
  set own(names: readonly string[]) {
    this.#own = new NameSet();
    for (const name of names) this.#own.add(name, 'tree', 1);
  }

  /** @param name in lower case, without the final dot @returns undefined when it may be resolved */
  judge(name: string): NameVerdict | undefined {
    for (const { entry } of this.#own.matches(name))
      return this.#isAllowed(name) ? undefined : { action: 'nxdomain', list: ownList, entry };
    let best: { mark: number; entry: string; kind: string } | undefined;
    for (const match of this.#blocked.matches(name))
      if (best === undefined || listOf(match.mark) < listOf(best.mark)) best = match;
    if (best === undefined) return undefined;
    if (this.#isAllowed(name)) return undefined;
    const action = actions[(best.mark - 1) % actions.length] as NameAction;
    if (action === 'pass') return undefined;
    const list = this.#lists[listOf(best.mark)]?.name ?? '';
    const local =
      action === 'local' ? this.#locals.get(`${listOf(best.mark)} ${best.kind} ${best.entry}`) : undefined;
    return {
      action,
      list,
      entry: best.entry,
      ...(local !== undefined && { records: local.records }),
      ...(local?.target !== undefined && { target: local.target }),
    };
  }

  #isAllowed(name: string): boolean {
    for (const _ of this.#allowed.matches(name)) return true;
    return false;
  }

  async #load(index: number): Promise<void> {
    const list = this.#lists[index] as BlockList;
    const troubles: ListTroubles = { total: 0, samples: [] };
    let names = 0;
    let error: string | undefined;
    try {
      for await (const { name, kind, action, rule } of readList(list.path, list.format, troubles)) {
        if (this.#blocked.size >= namesLimit || (rule?.record && this.#locals.size >= localLimit)) {
          troubles.total++;
          continue;
        }
        const mark = index * actions.length + actions.indexOf(action) + 1;
        if (this.#blocked.add(name, kind, mark)) names++;
        if (rule?.record !== undefined) this.#addLocal(`${index} ${kind} ${name}`, rule.record, rule.target);
      }
    } catch (caught) {
      error = caught instanceof Error ? caught.message : String(caught);
    }
    const { total: skipped, samples } = troubles;
    this.loaded.push({ name: list.name, names, skipped, samples, ...(error !== undefined && { error }) });
  }

  #addLocal(key: string, record: OwnRecord, target: string | undefined): void {
    const local = this.#locals.get(key) ?? { records: [] };
    if (local.records.length < 64) local.records.push(record);
    if (target !== undefined) local.target = target;
    this.#locals.set(key, local);
  }
}

function listOf(mark: number): number {
  return Math.floor((mark - 1) / actions.length);
}
