/** YAML as a tree that knows its lines, within limits: rule files are untrusted input. */
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml';
import type { Place } from '../ast.ts';
import { RuleError } from '../problem.ts';

export type Scalar = string | number | bigint | boolean | null;

interface Located {
  readonly place: Place;
}
export interface ScalarNode extends Located {
  readonly kind: 'scalar';
  readonly value: Scalar;
}
export interface ListNode extends Located {
  readonly kind: 'list';
  readonly items: readonly YamlNode[];
}
export interface MapNode extends Located {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, { readonly place: Place; readonly node: YamlNode }>;
}
export type YamlNode = ScalarNode | ListNode | MapNode;

/** Bounds of what is read. Beyond them a file or document is refused. */
const yamlLimits = {
  /** characters a file */
  fileLength: 4_000_000,
  /** documents a file */
  documents: 10_000,
  /** nesting */
  depth: 24,
  /** nodes a document, counted after aliases are put in */
  nodes: 50_000,
  /** aliases a document */
  aliases: 100,
};

/** A document of a file: its tree, or why it has none. */
export type LoadedDocument = { readonly root: YamlNode } | { readonly error: RuleError };

/**
 * Every document of a YAML file. Empty documents are left out.
 * @param text the file
 * @param file its name, for places
 */
export function loadYaml(text: string, file: string): LoadedDocument[] {
  const top: Place = { file, line: 1, column: 1 };
  if (text.length > yamlLimits.fileLength) {
    return [
      {
        error: new RuleError(
          `file has ${text.length} characters; at most ${yamlLimits.fileLength} are read`,
          top,
        ),
      },
    ];
  }
  const lines = new LineCounter();
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  let documents: Document[];
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      intAsBigInt: true,
      uniqueKeys: true,
      logLevel: 'silent',
    });
    documents = Array.isArray(parsed) ? (parsed as Document[]) : [];
  } catch (error) {
    return [{ error: new RuleError(`not YAML: ${messageOf(error)}`, top) }];
  }
  if (documents.length > yamlLimits.documents) {
    return [
      {
        error: new RuleError(
          `file has ${documents.length} documents; at most ${yamlLimits.documents} are read`,
          top,
        ),
      },
    ];
  }
  const loaded: LoadedDocument[] = [];
  for (const document of documents) {
    const [first] = document.errors;
    if (first !== undefined) {
      loaded.push({
        error: new RuleError(`not YAML: ${first.message.split('\n')[0] ?? ''}`, placeAt(first.pos[0])),
      });
    } else if (
      document.contents !== null &&
      !(isScalar(document.contents) && document.contents.value === null)
    ) {
      try {
        loaded.push({ root: new Converter(document, placeAt).convert(document.contents, 0) });
      } catch (error) {
        loaded.push({
          error: error instanceof RuleError ? error : new RuleError(`not YAML: ${messageOf(error)}`, top),
        });
      }
    }
  }
  return loaded;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

class Converter {
  readonly #document: Document;
  readonly #placeAt: (offset: number) => Place;
  #nodes = 0;
  #aliases = 0;

  constructor(document: Document, placeAt: (offset: number) => Place) {
    this.#document = document;
    this.#placeAt = placeAt;
  }

  convert(node: unknown, depth: number): YamlNode {
    const place = this.#placeAt((node as Node | null)?.range?.[0] ?? 0);
    if (++this.#nodes > yamlLimits.nodes) {
      throw new RuleError(`document has more than ${yamlLimits.nodes} nodes`, place);
    }
    if (depth > yamlLimits.depth) throw new RuleError(`nested deeper than ${yamlLimits.depth} levels`, place);
    if (node === null) return { kind: 'scalar', value: null, place };
    if (isAlias(node)) {
      if (++this.#aliases > yamlLimits.aliases) {
        throw new RuleError(`document has more than ${yamlLimits.aliases} aliases`, place);
      }
      const target = node.resolve(this.#document);
      if (target === undefined) throw new RuleError(`alias *${node.source} has no anchor`, place);
      return this.convert(target, depth + 1);
    }
    if (isScalar(node)) return { kind: 'scalar', value: scalarOf(node.value, place), place };
    if (isSeq(node))
      return { kind: 'list', items: node.items.map(item => this.convert(item, depth + 1)), place };
    if (isMap(node)) {
      const entries = new Map<string, { place: Place; node: YamlNode }>();
      for (const pair of node.items) {
        const key = this.convert(pair.key, depth + 1);
        if (key.kind !== 'scalar') throw new RuleError('a key must be a plain text', key.place);
        entries.set(String(key.value), { place: key.place, node: this.convert(pair.value, depth + 1) });
      }
      return { kind: 'map', entries, place };
    }
    throw new RuleError('unknown kind of YAML node', place);
  }
}

function scalarOf(value: unknown, place: Place): Scalar {
  if (value instanceof Date) return value.toISOString();
  if (value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value))
    return value as Scalar;
  throw new RuleError('a value must be a text, a number, true, false or null', place);
}
