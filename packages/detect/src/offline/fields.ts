/** Where the fields of a rule are found in the events that it concerns. */
import { type EventKind, EventKinds } from '@redoubt/model';
import { hostField } from '../fields/host.ts';
import { logResolver } from '../fields/resolve.ts';
import { coversKind } from '../fields/source.ts';
import { itemsOf } from '../rules/check-fields.ts';
import type { Rule } from '../sigma/ast.ts';

/** A field of a rule and its place in events. */
export interface FieldMapping {
  readonly field: string;
  /** OCSF paths in host events, by kinds of events that share them; `undefined` is none. */
  readonly host: readonly { readonly path: string | undefined; readonly kinds: readonly EventKind[] }[];
  /** Names in log records, best first. */
  readonly log: readonly string[];
}

/** The mapping of every field that a rule names, in its order; keyword searches have no field. */
export function fieldMappings(rule: Rule): FieldMapping[] {
  const named = itemsOf(rule.expression).flatMap(item => [
    item.field,
    ...item.alternatives.flat().map(test => (test.type === 'field_reference' ? test.field : undefined)),
  ]);
  const fields = [...new Set(named.filter(field => field !== undefined))];
  const kinds = (Object.keys(EventKinds) as EventKind[]).filter(kind => coversKind(rule.logsource, kind));
  const product = rule.logsource.product ?? 'generic';
  const resolve = logResolver({ product });
  return fields.map(field => {
    const paths = new Map<string | undefined, EventKind[]>();
    for (const kind of kinds) {
      const path = hostField(field, kind)?.key;
      paths.set(path, [...(paths.get(path) ?? []), kind]);
    }
    return {
      field,
      host: [...paths].map(([path, own]) => ({ path, kinds: own })),
      log: resolve(field).key.split('|'),
    };
  });
}
