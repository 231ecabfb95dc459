/** Reads System, EventData and UserData out of the binary XML of an event. */
import type { LogFields } from '../record.ts';
import { setField } from '../record.ts';
import type { WindowsParts } from '../windows/record.ts';
import {
  type Element,
  type Instance,
  isElement,
  isInstance,
  type Part,
  type Substitution,
} from './binary-xml.ts';

type Node = Element | Instance | Part;

const walkDepth = 32;

/** Collects what an event says, within a budget: a small template can otherwise unfold without bound. */
class Collector {
  #nodes: number;
  #characters: number;
  readonly #dataLimit: number;
  readonly system: LogFields = {};
  readonly data: [string, unknown][] = [];

  constructor(characters: number, dataLimit: number) {
    this.#nodes = 100_000;
    this.#characters = characters;
    this.#dataLimit = dataLimit;
  }

  event(nodes: readonly Node[], values: readonly Substitution[], depth: number): boolean {
    let found = false;
    this.#each(nodes, values, depth, (element, inner) => {
      if (element.name !== 'Event') return;
      found = true;
      this.#each(element.children, inner, depth + 1, (child, below) => {
        if (child.name === 'System') this.#system(child, below, depth + 2);
        else if (child.name === 'EventData') this.#data(child, below, depth + 2);
        else if (child.name === 'UserData') this.#data(child, below, depth + 2);
      });
    });
    return found;
  }

  /** Visits the elements among nodes, whether written there, nested in an instance, or filled into a hole. */
  #each(
    nodes: readonly Node[],
    values: readonly Substitution[],
    depth: number,
    visit: (element: Element, values: readonly Substitution[]) => void,
  ): void {
    if (depth > walkDepth) throw new RangeError('event nests too deep');
    for (const node of nodes) {
      this.#nodes -= 1;
      if (this.#nodes < 0) throw new RangeError('event has too many elements');
      if (typeof node === 'string') continue;
      if (isElement(node)) visit(node, values);
      else if (isInstance(node)) this.#each(node.root, node.values, depth + 1, visit);
      else {
        const value = values[node.index];
        if (isInstance(value)) this.#each(value.root, value.values, depth + 1, visit);
      }
    }
  }

  #system(system: Element, values: readonly Substitution[], depth: number): void {
    this.#each(system.children, values, depth, (element, inner) => {
      const { name } = element;
      for (const [attribute, parts] of element.attributes) {
        const value = this.#value(parts, inner);
        if (value === undefined || value === '') continue;
        setField(this.system, name === 'TimeCreated' ? attribute : `${name}_${attribute}`, value);
      }
      const value = this.#value(element.children, inner);
      if (value !== undefined && value !== '') setField(this.system, name, value);
    });
  }

  #data(body: Element, values: readonly Substitution[], depth: number): void {
    this.#each(body.children, values, depth, (element, inner) => {
      if (this.data.length >= this.#dataLimit) throw new RangeError('event has too many values');
      let name = element.name;
      if (name === 'Data') {
        const given = element.attributes.find(([attribute]) => attribute === 'Name');
        if (given !== undefined) name = String(this.#value(given[1], inner) ?? name);
      }
      let nested = false;
      if (element.children.length > 0 && element.name !== 'Data') {
        this.#each(element.children, inner, depth + 1, () => {
          nested = true;
        });
      }
      if (nested) this.#data(element, inner, depth + 1);
      else this.data.push([name, this.#value(element.children, inner) ?? '']);
    });
  }

  /** The value of text and holes: a single hole keeps its number, all else is text. */
  #value(nodes: readonly Node[], values: readonly Substitution[]): unknown {
    const [only] = nodes;
    if (nodes.length === 1 && only !== undefined) return this.#one(only, values);
    let text = '';
    for (const node of nodes) {
      const value = this.#one(node, values);
      if (value !== undefined) text += Array.isArray(value) ? value.join(',') : String(value);
    }
    return text;
  }

  #one(node: Node, values: readonly Substitution[]): unknown {
    const value = typeof node === 'string' ? node : 'index' in node ? values[node.index] : undefined;
    if (isInstance(value)) return undefined;
    this.#characters -= typeof value === 'string' ? value.length : 8;
    if (this.#characters < 0) throw new RangeError('event is too large');
    return value;
  }
}

/**
 * What an event says.
 * @param time of the record, for events that say none themselves
 * @param characters most characters of all values together
 * @param dataLimit most values
 * @throws RangeError when it exceeds a limit, SyntaxError when it is no event
 */
export function evtxParts(
  instance: Instance,
  time: number,
  characters: number,
  dataLimit: number,
): WindowsParts {
  const collector = new Collector(characters, dataLimit);
  if (!collector.event(instance.root, instance.values, 0)) throw new SyntaxError('no Event element');
  const { system, data } = collector;
  const id = Number(system['EventID']);
  if (!Number.isInteger(id)) throw new SyntaxError('no event id');
  system['EventID'] = id;
  const created = Date.parse(String(system['SystemTime']));
  return { system, data, time: Number.isNaN(created) ? time : created };
}
