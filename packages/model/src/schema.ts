/**
 * Builders of JSON Schema (draft 2020-12) with TypeBox's types: `Static<typeof Schema>` is the TypeScript type.
 *
 * Only the types come from TypeBox. Its builders load 25 MB of modules into every agent, of which we use the
 * dozen functions below; they make the same schemas. The contract test of the console validates with TypeBox
 * itself, so that the two cannot drift apart.
 */
import type * as TypeBox from 'typebox';

export type { Static, TSchema } from 'typebox';

/** Marks an optional property; not enumerable, so that it is in no JSON. TypeBox uses the same mark. */
const optional = '~optional';

type Options = Record<string, unknown>;
type Builder = (...parts: never[]) => unknown;

const plain =
  (type: string) =>
  (options: Options = {}) => ({ type, ...options });

function object(properties: Record<string, object>, options: Options = {}): object {
  const required = Object.keys(properties).filter(name => !Object.hasOwn(properties[name] ?? {}, optional));
  return { type: 'object', ...(required.length > 0 ? { required } : {}), properties, ...options };
}

/** TypeBox's builders, as far as they are used here. */
export const Type = {
  Array: (items: object, options: Options = {}) => ({ type: 'array', items, ...options }),
  Boolean: plain('boolean'),
  Enum: (values: readonly unknown[], options: Options = {}) => ({ enum: values, ...options }),
  Integer: plain('integer'),
  Literal: (value: unknown, options: Options = {}) => ({ const: value, ...options }),
  Null: plain('null'),
  Number: plain('number'),
  Object: object,
  Optional: (schema: object) => Object.defineProperty({ ...schema }, optional, { value: true }),
  Record: (_key: object, value: object, options: Options = {}) => ({
    type: 'object',
    additionalProperties: value,
    ...options,
  }),
  String: plain('string'),
  Union: (anyOf: readonly object[], options: Options = {}) => ({ anyOf, ...options }),
  Unknown: (options: Options = {}) => ({ ...options }),
} satisfies Record<string, Builder> as unknown as Pick<
  typeof TypeBox,
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown'
>;
