/** One line of a selection: `Field|modifier|modifier: values` becomes tests. */
import type { Comparison, DatePart, Glob, Item, Place, Test, TextPlace } from '../ast.ts';
import { parseNetwork } from '../match/network.ts';
import { checkRegex } from '../match/regex.ts';
import { RuleError } from '../problem.ts';
import { base64, base64Offsets, type Utf16, utf16Glob, windashForms, windashLimit } from './encode.ts';
import { expandGlob, type Placeholders } from './placeholders.ts';
import { openGlob, parseGlob } from './text.ts';
import type { Scalar, ScalarNode, YamlNode } from './yaml.ts';

/** What a value has become so far on its way through the modifiers. */
interface Draft {
  /** Text as the rule has it, for regular expressions, networks and field names. */
  readonly raw: Scalar;
  readonly globs: readonly Glob[];
  /** The globs hold one character a byte (UTF-16). */
  readonly bytes: boolean;
  readonly place: Place;
}

const textPlaces: Readonly<Record<string, TextPlace>> = {
  contains: 'anywhere',
  startswith: 'start',
  endswith: 'end',
};
const utf16Forms: Readonly<Record<string, Utf16>> = {
  wide: 'utf16le',
  utf16le: 'utf16le',
  utf16be: 'utf16be',
  utf16: 'utf16',
};
const comparisons: readonly string[] = ['lt', 'lte', 'gt', 'gte'];
const dateRanges: Readonly<Record<DatePart, readonly [number, number]>> = {
  minute: [0, 59],
  hour: [0, 23],
  day: [1, 31],
  week: [1, 53],
  month: [1, 12],
  year: [0, 9999],
};
const regexFlags: Readonly<Record<string, string>> = {
  i: 'i',
  ignorecase: 'i',
  m: 'm',
  multiline: 'm',
  s: 's',
  dotall: 's',
};
const transformations = ['windash', 'base64', 'base64offset', 'expand', ...Object.keys(utf16Forms)];
const known = new Set([
  'all',
  'neq',
  'cased',
  'exists',
  'fieldref',
  're',
  'cidr',
  ...transformations,
  ...Object.keys(textPlaces),
  ...comparisons,
  ...Object.keys(dateRanges),
  ...Object.keys(regexFlags),
]);

/** What may stand beside a modifier that changes the type of the value. `all` and `neq` always may. */
const companions: Readonly<Record<string, readonly string[]>> = {
  re: [...Object.keys(regexFlags), ...Object.keys(textPlaces), 'expand'],
  cidr: ['expand'],
  exists: [],
  fieldref: [...Object.keys(textPlaces), 'cased'],
  ...Object.fromEntries(comparisons.map(name => [name, Object.keys(dateRanges)])),
  ...Object.fromEntries(Object.keys(dateRanges).map(name => [name, comparisons])),
};

/**
 * Reads one entry of a selection.
 * @param key field name with modifiers; an empty field name, or undefined, is a keyword search
 * @throws RuleError naming the modifier or value that cannot be honoured
 */
export function parseItem(key: string, node: YamlNode, place: Place, placeholders: Placeholders): Item {
  const [name = '', ...modifiers] = key.split('|');
  checkModifiers(modifiers, place);
  const scalars = scalarsOf(node, name);
  if (modifiers.includes('all') && scalars.length < 2) {
    throw new RuleError('modifier "all" needs a list of at least two values', place);
  }
  const field = name === '' ? undefined : name;
  if (field === undefined && ['exists', 'fieldref'].some(type => modifiers.includes(type))) {
    throw new RuleError('a keyword search has no field to test', place);
  }
  return {
    field,
    alternatives: scalars.map(scalar => testsOf(scalar, modifiers, field === undefined, placeholders)),
    linking: modifiers.includes('all') ? 'all' : 'any',
    negated: modifiers.includes('neq'),
    place,
  };
}

function checkModifiers(modifiers: readonly string[], place: Place): void {
  for (const [index, modifier] of modifiers.entries()) {
    if (!known.has(modifier)) throw new RuleError(`unknown modifier "${modifier}"`, place);
    if (modifiers.indexOf(modifier) !== index)
      throw new RuleError(`modifier "${modifier}" stands twice`, place);
    if (modifier in regexFlags && !modifiers.slice(0, index).includes('re')) {
      throw new RuleError(`modifier "${modifier}" must stand after "re"`, place);
    }
    const allowed = companions[modifier];
    if (allowed === undefined) continue;
    const misfit = modifiers.find(
      other => other !== modifier && other !== 'all' && other !== 'neq' && !allowed.includes(other),
    );
    if (misfit !== undefined)
      throw new RuleError(`modifiers "${modifier}" and "${misfit}" cannot be combined`, place);
  }
  const places = modifiers.filter(modifier => modifier in textPlaces);
  if (places.length > 1)
    throw new RuleError(`modifiers "${places.join('" and "')}" cannot be combined`, place);
  if (modifiers.includes('exists') && modifiers.includes('all')) {
    throw new RuleError('modifiers "exists" and "all" cannot be combined', place);
  }
}

function scalarsOf(node: YamlNode, name: string): ScalarNode[] {
  const nodes = node.kind === 'list' ? node.items : [node];
  if (nodes.length === 0) throw new RuleError(`field "${name}" has an empty list of values`, node.place);
  return nodes.map(item => {
    if (item.kind === 'scalar') return item;
    throw new RuleError(`field "${name}" must have plain values, not a ${item.kind} within`, item.place);
  });
}

function testsOf(
  scalar: ScalarNode,
  modifiers: readonly string[],
  keyword: boolean,
  placeholders: Placeholders,
): Test[] {
  const has = (modifier: string): boolean => modifiers.includes(modifier);
  const { value, place } = scalar;
  if (has('exists')) {
    if (typeof value !== 'boolean') throw new RuleError('modifier "exists" needs true or false', place);
    return [{ type: 'exists', expected: value }];
  }
  if (value === null) {
    const misfit = modifiers.find(modifier => modifier !== 'all' && modifier !== 'neq');
    if (misfit !== undefined) throw new RuleError(`modifier "${misfit}" cannot be applied to null`, place);
    if (keyword) throw new RuleError('null is no keyword', place);
    return [{ type: 'null' }];
  }
  if (has('fieldref')) return [fieldReference(value, modifiers, place)];
  if (modifiers.some(modifier => comparisons.includes(modifier) || modifier in dateRanges)) {
    return [numberTest(value, modifiers, place)];
  }
  if (has('re')) return regexTests(value, modifiers, place, placeholders);
  if (has('cidr')) return networkTests(value, modifiers, place, placeholders);
  const draft = modifiers.reduce((current, modifier) => transform(current, modifier, placeholders), {
    raw: value,
    globs: [typeof value === 'string' ? parseGlob(value) : [String(value)]],
    bytes: false,
    place,
  } as Draft);
  const cased = has('cased');
  return draft.globs.map(glob => ({
    type: 'glob',
    glob: keyword ? openGlob(glob, true, true) : glob,
    cased,
  }));
}

function transform(draft: Draft, modifier: string, placeholders: Placeholders): Draft {
  const place = textPlaces[modifier];
  if (place !== undefined) {
    const [before, after] = [place !== 'start', place !== 'end'];
    return { ...draft, globs: draft.globs.map(glob => openGlob(glob, before, after)) };
  }
  if (!transformations.includes(modifier)) return draft;
  if (typeof draft.raw !== 'string') {
    throw new RuleError(`modifier "${modifier}" needs a text, not ${String(draft.raw)}`, draft.place);
  }
  const utf16 = utf16Forms[modifier];
  if (utf16 !== undefined) {
    if (draft.bytes) throw new RuleError(`modifier "${modifier}" stands after another encoding`, draft.place);
    return { ...draft, globs: draft.globs.map(glob => utf16Glob(glob, utf16)), bytes: true };
  }
  const globs = draft.globs.flatMap(glob => transformGlob(glob, modifier, draft, placeholders));
  return { ...draft, globs, bytes: modifier.startsWith('base64') ? false : draft.bytes };
}

function transformGlob(
  glob: Glob,
  modifier: string,
  draft: Draft,
  placeholders: Placeholders,
): readonly Glob[] {
  if (modifier === 'expand') return expanded(glob, placeholders, draft.place);
  if (modifier === 'windash') {
    const forms = windashForms(glob);
    if (forms === undefined)
      throw new RuleError(`"windash" gives more than ${windashLimit} texts`, draft.place);
    return forms;
  }
  const encoded = modifier === 'base64' ? base64(glob, draft.bytes) : base64Offsets(glob, draft.bytes);
  if (encoded === undefined) {
    throw new RuleError(`modifier "${modifier}" cannot encode a text with wildcards`, draft.place);
  }
  const forms = modifier === 'base64' ? [encoded as Glob] : (encoded as Glob[]);
  if (forms.some(form => form.length === 0)) {
    throw new RuleError(`modifier "${modifier}" leaves nothing of so short a text`, draft.place);
  }
  return forms;
}

function expanded(glob: Glob, placeholders: Placeholders, place: Place): readonly Glob[] {
  const expansion = expandGlob(glob, placeholders);
  if ('forms' in expansion) return expansion.forms;
  if ('tooMany' in expansion) throw new RuleError('modifier "expand" gives too many texts', place);
  throw new RuleError(`placeholder %${expansion.unresolved}% has no values`, place);
}

/** Texts of a value for `re` and `cidr`, with placeholders put in as they are. */
function rawTexts(
  value: Scalar,
  modifiers: readonly string[],
  place: Place,
  placeholders: Placeholders,
): string[] {
  const text = String(value);
  if (!modifiers.includes('expand')) return [text];
  return expanded([text], placeholders, place).map(glob =>
    glob.map(piece => (typeof piece === 'string' ? piece : piece.wildcard === 'any' ? '.*' : '.')).join(''),
  );
}

function regexTests(
  value: Scalar,
  modifiers: readonly string[],
  place: Place,
  placeholders: Placeholders,
): Test[] {
  const flags = [...new Set(modifiers.flatMap(modifier => regexFlags[modifier] ?? []))].sort().join('');
  return rawTexts(value, modifiers, place, placeholders).map(text => {
    let source = text;
    if (modifiers.includes('startswith')) source = `\\A(?:${text})`;
    if (modifiers.includes('endswith')) source = `(?:${text})\\z`;
    const fault = checkRegex(source, flags);
    if (fault !== undefined)
      throw new RuleError(`regular expression ${JSON.stringify(text)}: ${fault}`, place);
    return { type: 'regex', source, flags };
  });
}

function networkTests(
  value: Scalar,
  modifiers: readonly string[],
  place: Place,
  placeholders: Placeholders,
): Test[] {
  return rawTexts(value, modifiers, place, placeholders).map(text => {
    const network = parseNetwork(text);
    if (network === undefined) throw new RuleError(`"${text}" is no IP network`, place);
    return { type: 'cidr', network };
  });
}

function fieldReference(value: Scalar, modifiers: readonly string[], place: Place): Test {
  if (typeof value !== 'string' || value === '')
    throw new RuleError('modifier "fieldref" needs a field name', place);
  const textPlace = modifiers.map(modifier => textPlaces[modifier]).find(found => found !== undefined);
  return {
    type: 'field_reference',
    field: value,
    place: textPlace ?? 'whole',
    cased: modifiers.includes('cased'),
  };
}

function numberTest(value: Scalar, modifiers: readonly string[], place: Place): Test {
  const operand = typeof value === 'boolean' || value === '' ? Number.NaN : Number(value);
  const operator = (modifiers.find(modifier => comparisons.includes(modifier)) ?? 'eq') as Comparison;
  const parts = modifiers.filter(modifier => modifier in dateRanges) as DatePart[];
  const [part] = parts;
  if (parts.length > 1) throw new RuleError(`modifiers "${parts.join('" and "')}" cannot be combined`, place);
  if (modifiers.filter(modifier => comparisons.includes(modifier)).length > 1) {
    throw new RuleError('a field can have only one of lt, lte, gt and gte; write two selections', place);
  }
  if (!Number.isFinite(operand)) {
    throw new RuleError(
      `modifier "${part ?? operator}" needs a number, not ${JSON.stringify(String(value))}`,
      place,
    );
  }
  if (part === undefined) return { type: 'compare', operator, operand };
  const [least, most] = dateRanges[part];
  if (!Number.isInteger(operand) || operand < least || operand > most) {
    throw new RuleError(`modifier "${part}" needs a whole number from ${least} to ${most}`, place);
  }
  return { type: 'date_part', part, operator, operand };
}
