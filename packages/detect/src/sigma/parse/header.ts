/** What every Sigma document has: title, id, level, tags, and our extension. */
import type { Extension, Header, Level, LogSource, Place, TwoLanguages } from '../ast.ts';
import { RuleError } from '../problem.ts';
import type { MapNode, YamlNode } from './yaml.ts';

const levels: readonly string[] = ['informational', 'low', 'medium', 'high', 'critical'];
const extensionKeys = [
  'title_zh',
  'description_zh',
  'advice',
  'false_positives',
  'reasons',
  'mlps',
  'drill',
  'dedup',
];

/** The node at a key of a map. */
export function child(map: MapNode, key: string): YamlNode | undefined {
  return map.entries.get(key)?.node;
}

/** A text at a key, or undefined when the key is absent. Numbers become text. */
export function textAt(map: MapNode, key: string): string | undefined {
  const node = child(map, key);
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined;
  if (node.kind !== 'scalar') throw new RuleError(`"${key}" must be a text`, node.place);
  return String(node.value);
}

/** A list of texts at a key; a single text is a list of one, an absent key is empty. */
export function textsAt(map: MapNode, key: string): string[] {
  const node = child(map, key);
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  const items = node.kind === 'list' ? node.items : [node];
  return items.map(item => {
    if (item.kind === 'scalar') return String(item.value);
    throw new RuleError(`"${key}" must be a list of texts`, item.place);
  });
}

/** The map at a key; absent or of another kind is an error. */
export function mapAt(map: MapNode, key: string): MapNode {
  const node = child(map, key);
  if (node === undefined) throw new RuleError(`"${key}" is missing`, map.place);
  if (node.kind !== 'map') throw new RuleError(`"${key}" must be a map`, node.place);
  return node;
}

/** Reads the attributes common to all documents. @param position number of the document in its file, from 1 */
export function parseHeader(root: MapNode, position: number): Header {
  const title = textAt(root, 'title');
  if (title === undefined || title === '') throw new RuleError('"title" is missing', root.place);
  const [id, name, description, status, level] = ['id', 'name', 'description', 'status', 'level'].map(key =>
    textAt(root, key),
  );
  if (level !== undefined && !levels.includes(level)) {
    throw new RuleError(
      `level "${level}" is none of ${levels.join(', ')}`,
      child(root, 'level')?.place ?? root.place,
    );
  }
  if (status === 'unsupported') throw new RuleError('the rule calls itself unsupported', root.place);
  const taxonomy = textAt(root, 'taxonomy');
  if (taxonomy !== undefined && taxonomy !== 'sigma') {
    throw new RuleError(`taxonomy "${taxonomy}" is not known; only "sigma" is`, root.place);
  }
  return {
    uid: name ?? id ?? `${root.place.file}#${position}`,
    ...(id === undefined ? {} : { id }),
    ...(name === undefined ? {} : { name }),
    title,
    ...(description === undefined ? {} : { description }),
    ...(status === undefined ? {} : { status }),
    ...(level === undefined ? {} : { level: level as Level }),
    tags: textsAt(root, 'tags'),
    falsepositives: textsAt(root, 'falsepositives'),
    extension: parseExtension(root),
    place: root.place,
  };
}

/** Reads `logsource`; other attributes than the three that Sigma evaluates are for people. */
export function parseLogSource(root: MapNode): LogSource {
  const map = mapAt(root, 'logsource');
  const source: { category?: string; product?: string; service?: string } = {};
  for (const key of ['category', 'product', 'service'] as const) {
    const text = textAt(map, key);
    if (text !== undefined) source[key] = text.toLowerCase();
  }
  if (Object.keys(source).length === 0) {
    throw new RuleError('"logsource" has none of category, product and service', map.place);
  }
  return source;
}

function twoLanguages(map: MapNode, key: string): TwoLanguages | undefined {
  if (child(map, key) === undefined) return undefined;
  const node = mapAt(map, key);
  const [en, zh] = [textAt(node, 'en'), textAt(node, 'zh')];
  if (en === undefined || zh === undefined)
    throw new RuleError(`"${key}" needs a text for en and one for zh`, node.place);
  return { en, zh };
}

function parseExtension(root: MapNode): Extension {
  if (child(root, 'redoubt') === undefined) return { reasons: {}, mlps: [], dedup: [] };
  const map = mapAt(root, 'redoubt');
  for (const [key, entry] of map.entries) {
    if (!extensionKeys.includes(key))
      throw new RuleError(`"redoubt" has the unknown key "${key}"`, entry.place);
  }
  const reasons: Record<string, TwoLanguages> = {};
  if (child(map, 'reasons') !== undefined) {
    const node = mapAt(map, 'reasons');
    for (const key of node.entries.keys()) {
      const texts = twoLanguages(node, key);
      if (texts !== undefined) reasons[key] = texts;
    }
  }
  const [titleZh, descriptionZh, drill] = ['title_zh', 'description_zh', 'drill'].map(key =>
    textAt(map, key),
  );
  const [advice, falsePositives] = ['advice', 'false_positives'].map(key => twoLanguages(map, key));
  return {
    ...(titleZh === undefined ? {} : { title_zh: titleZh }),
    ...(descriptionZh === undefined ? {} : { description_zh: descriptionZh }),
    ...(drill === undefined ? {} : { drill }),
    ...(advice === undefined ? {} : { advice }),
    ...(falsePositives === undefined ? {} : { false_positives: falsePositives }),
    reasons,
    mlps: textsAt(map, 'mlps'),
    dedup: textsAt(map, 'dedup'),
  };
}

/** The place of a key, or of its map. */
export function placeOf(map: MapNode, key: string): Place {
  return map.entries.get(key)?.place ?? map.place;
}
