/** From the name of a field in a rule to its place in events. */
import type { EventKind } from '@redoubt/model';
import { type FieldResolver, type FieldSource, pathSource } from '../sigma/event.ts';
import { hostField } from './host.ts';
import { schemaField } from './schema.ts';
import type { EventSource } from './source.ts';
import { windowsPaths } from './windows.ts';

const nothing: FieldSource = { key: '', read: () => undefined };

/** Fields of host events of a kind. A field that they do not have is absent from all of them. */
export function hostResolver(kind: EventKind): FieldResolver {
  return memoized(field => hostField(field, kind) ?? nothing);
}

/** Fields of log records: the source's own names first. */
export function logResolver({ product, eventId, kind }: EventSource): FieldResolver {
  return memoized(field => {
    if (kind !== undefined) return schemaField(field, kind);
    return product === 'windows' ? pathSource(...windowsPaths(field, eventId)) : pathSource(field);
  });
}

function memoized(resolve: FieldResolver): FieldResolver {
  const known = new Map<string, FieldSource>();
  return field => {
    let source = known.get(field);
    if (source === undefined) {
      source = resolve(field);
      known.set(field, source);
    }
    return source;
  };
}
