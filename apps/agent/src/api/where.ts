/** Filters of events as they come over the API: a where text and a list of kinds. */
import { type EventKind, type EventView, isEventKind } from '@redoubt/model';
import { type CompiledWhere, compileWhere, WhereError } from '@redoubt/store';
import { ApiFailure } from './errors.ts';

/** A checked filter. */
export interface EventFilter {
  where: CompiledWhere | undefined;
  kinds: ReadonlySet<EventKind> | undefined;
}

/**
 * Reads a filter.
 * @throws ApiFailure 400 `bad_where` with the column, or `bad_request` naming the unknown kind
 */
export function readFilter(query: { where?: string; kinds?: string }): EventFilter {
  const kinds = query.kinds?.split(',').filter(Boolean).map(checkedKind);
  try {
    const text = query.where?.trim();
    return {
      where: text ? compileWhere(text) : undefined,
      kinds: kinds === undefined || kinds.length === 0 ? undefined : new Set(kinds),
    };
  } catch (error) {
    if (error instanceof WhereError) {
      throw new ApiFailure(400, 'bad_where', error.text, error.column);
    }
    throw error;
  }
}

function checkedKind(kind: string): EventKind {
  if (isEventKind(kind)) return kind;
  throw new ApiFailure(400, 'bad_request', {
    en: `there is no kind of event "${kind}"`,
    zh: `没有名为“${kind}”的事件类型`,
  });
}

/** The filter as a function, for events that pass by. */
export function predicateOf({ where, kinds }: EventFilter): (view: EventView) => boolean {
  return view => (kinds === undefined || kinds.has(view.kind)) && (where === undefined || where.filter(view));
}
