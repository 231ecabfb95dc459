/** What a condition says of the places that it tests. */
import type { Expression } from '../form.ts';
import { placeOf } from './scope.ts';

/** Places that hold only what the script allows. */
export interface Guards {
  readonly whenTrue: ReadonlySet<string>;
  readonly whenFalse: ReadonlySet<string>;
}

const nothing: Guards = { whenTrue: new Set(), whenFalse: new Set() };

/** Places that a condition leaves with nothing but allowed values, when it holds and when it does not. */
export function guardsOf(condition: Expression): Guards {
  switch (condition.kind) {
    case 'check': {
      const place = placeOf(condition.subject);
      return place === undefined ? nothing : { whenTrue: new Set([place]), whenFalse: new Set() };
    }
    case 'not': {
      const [part] = condition.parts;
      const guards = part === undefined ? nothing : guardsOf(part);
      return { whenTrue: guards.whenFalse, whenFalse: guards.whenTrue };
    }
    case 'and':
    case 'or': {
      const parts = condition.parts.map(guardsOf);
      const [first, ...others] = parts;
      if (first === undefined) return nothing;
      const all = (side: keyof Guards): Set<string> => new Set(parts.flatMap(one => [...one[side]]));
      const common = (side: keyof Guards): Set<string> =>
        others.reduce((kept, one) => kept.intersection(one[side]), new Set(first[side]));
      return condition.kind === 'and'
        ? { whenTrue: all('whenTrue'), whenFalse: common('whenFalse') }
        : { whenTrue: common('whenTrue'), whenFalse: all('whenFalse') };
    }
    case 'any': {
      const part = condition.parts.at(-1);
      return part === undefined ? nothing : guardsOf(part);
    }
    default:
      return nothing;
  }
}
