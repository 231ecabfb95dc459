/** Reading values that come from outside, so that every complaint names the place. */

/** Keys and positions from the top: `['rules', 3, 'from']`. */
export type Place = readonly (string | number)[];

/** A value that cannot be used. */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';
  readonly place: Place;
  readonly text: { readonly en: string; readonly zh: string };

  /** @param where file and line, where they are known */
  constructor(place: Place, words: { readonly en: string; readonly zh: string }, where = '') {
    const dotted = place.map(one => (typeof one === 'number' ? `[${one}]` : `.${one}`)).join('');
    const before = `${where}${dotted.replace(/^\./, '')}${dotted === '' ? '' : ': '}`;
    super(before + words.en);
    this.place = place;
    this.words = words;
    this.text = { en: before + words.en, zh: before + words.zh };
  }

  readonly words: { readonly en: string; readonly zh: string };

  /** The same complaint with file and line. */
  at(where: string): PolicyError {
    return new PolicyError(this.place, this.words, where);
  }
}

/** Complains. @throws PolicyError */
export function fail(place: Place, en: string, zh: string): never {
  throw new PolicyError(place, { en, zh });
}

/** A mapping; keys outside `known` are refused, for a misspelt one must not pass unheard. */
export function mapping(given: unknown, place: Place, known?: readonly string[]): Record<string, unknown> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    return fail(place, 'must be a mapping of keys', '必须是键值映射');
  const unknown = known === undefined ? undefined : Object.keys(given).find(key => !known.includes(key));
  if (unknown !== undefined)
    fail(
      [...place, unknown],
      `is not a known key; known are ${known?.join(', ')}`,
      `是未知的键；可用的键：${known?.join('、')}`,
    );
  return given as Record<string, unknown>;
}

/** A list of at most so many items. */
export function list(given: unknown, place: Place, most: number): unknown[] {
  if (!Array.isArray(given)) return fail(place, 'must be a list', '必须是列表');
  if (given.length > most) fail(place, `has more than ${most} items`, `超过 ${most} 项`);
  return given;
}

/** A text that is not empty. */
export function text(given: unknown, place: Place): string {
  if (typeof given !== 'string' || given === '') return fail(place, 'must be a text', '必须是文本');
  return given;
}

/** One of some words. */
export function oneOf<Word extends string>(given: unknown, place: Place, words: readonly Word[]): Word {
  const word = words.find(one => one === given);
  return word ?? fail(place, `must be one of ${words.join(', ')}`, `可选值：${words.join('、')}`);
}
