/** Search identifiers: maps, lists of maps, keyword lists. */
import type { Expression } from '../ast.ts';
import { RuleError } from '../problem.ts';
import { parseItem } from './item.ts';
import type { Placeholders } from './placeholders.ts';
import type { ListNode, MapNode, ScalarNode, YamlNode } from './yaml.ts';

const allOf = (operands: Expression[]): Expression => joined('and', operands);
const anyOf = (operands: Expression[]): Expression => joined('or', operands);

function joined(type: 'and' | 'or', operands: Expression[]): Expression {
  const [first] = operands;
  return operands.length === 1 && first !== undefined ? first : { type, operands };
}

/** What one search identifier asks for: a map is AND, a list is OR, bare values are keywords. */
export function parseSelection(name: string, node: YamlNode, placeholders: Placeholders): Expression {
  if (node.kind === 'map') return parseMap(name, node, placeholders);
  if (node.kind === 'scalar') return keywords([node], node, placeholders);
  if (node.items.length === 0)
    throw new RuleError(`search identifier "${name}" is an empty list`, node.place);
  const bare = node.items.filter(item => item.kind === 'scalar');
  const operands: Expression[] = bare.length === 0 ? [] : [keywords(bare, node, placeholders)];
  for (const item of node.items) {
    if (item.kind === 'map') operands.push(parseMap(name, item, placeholders));
    else if (item.kind === 'list') {
      throw new RuleError(`search identifier "${name}" has a list within a list`, item.place);
    }
  }
  return anyOf(operands);
}

function parseMap(name: string, node: MapNode, placeholders: Placeholders): Expression {
  if (node.entries.size === 0) throw new RuleError(`search identifier "${name}" is an empty map`, node.place);
  return allOf(
    [...node.entries].map(([key, entry]) => ({
      type: 'item',
      item: parseItem(key, entry.node, entry.place, placeholders),
    })),
  );
}

function keywords(bare: readonly ScalarNode[], at: YamlNode, placeholders: Placeholders): Expression {
  const list: ListNode = { kind: 'list', items: bare, place: at.place };
  return { type: 'item', item: parseItem('', list, at.place, placeholders) };
}
