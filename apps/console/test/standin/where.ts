/** Just enough of a filter language for the stand-in: `path = 'value'`, joined by `and`. */
import { type Event, valueAt } from '@redoubt/model';

/** An error in a filter; `column` counts from 1. */
export class WhereError extends Error {
  readonly words: { en: string; zh: string };
  readonly column: number;
  constructor(words: { en: string; zh: string }, column: number) {
    super(words.en);
    this.words = words;
    this.column = column;
  }
}

const comparison = /\s*([a-z_.]+)\s*=\s*'([^']*)'\s*(and\b|$)/y;

/** The test that a filter stands for. */
export function compileWhere(where: string): (event: Event) => boolean {
  const tests: ((event: Event) => boolean)[] = [];
  comparison.lastIndex = 0;
  while (where.trim() !== '' && comparison.lastIndex < where.length) {
    const start = comparison.lastIndex;
    const match = comparison.exec(where);
    if (!match) {
      const operator = where.slice(start).search(/[^\sa-z_.]/);
      const column = start + (operator < 0 ? where.length - start : operator) + 1;
      throw new WhereError(
        {
          en: "Expected a comparison such as name = 'value'.",
          zh: "此处应为比较表达式，例如 name = 'value'。",
        },
        column,
      );
    }
    const [, path = '', value = ''] = match;
    tests.push(event => {
      const found = valueAt(event, path);
      return Array.isArray(found) ? found.includes(value) : String(found) === value;
    });
  }
  return event => tests.every(test => test(event));
}
