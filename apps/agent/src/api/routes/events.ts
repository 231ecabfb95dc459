/** Events of the record, newest first. */
import type { Reader, Recorder } from '@redoubt/store';
import { type EventsPage, EventsQuery } from '../contract.ts';
import type { Api } from '../server.ts';
import { readFilter } from '../where.ts';

/** Adds /api/events. */
export function eventsRoutes(api: Api, reader: Reader, recorder: Pick<Recorder, 'flush'>): void {
  api.get('/api/events', { schema: { querystring: EventsQuery } }, async (request): Promise<EventsPage> => {
    const { limit = 100, before_sequence: before } = request.query;
    const { where, kinds } = readFilter(request.query);
    await recorder.flush();
    const items: EventsPage['items'] = [];
    const found = reader.events({
      order: 'descending',
      limit,
      kinds: narrower(kinds, where?.kinds),
      from: where?.from,
      to: where?.to,
      afterSequence: where?.afterSequence,
      beforeSequence: smaller(before, where?.beforeSequence),
      filter: where?.filter,
    });
    let last: number | undefined;
    for await (const event of found) {
      items.push(event.toEvent());
      last = event.sequence;
    }
    return items.length === limit && last !== undefined ? { items, next: last } : { items };
  });
}

function narrower<T>(
  wanted: ReadonlySet<T> | undefined,
  possible: readonly T[] | undefined,
): Iterable<T> | undefined {
  if (wanted === undefined) return possible;
  return possible === undefined ? wanted : possible.filter(kind => wanted.has(kind));
}

function smaller(left: number | undefined, right: number | undefined): number | undefined {
  if (left === undefined) return right;
  return right === undefined ? left : Math.min(left, right);
}
