/** Events from the record, as the agent would answer them. */
import { type Event, type EventKind, isEventKind } from '@redoubt/model';
import { type CompiledWhere, compileWhere, WhereError } from '@redoubt/store';
import type { Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { openRecord } from './open.ts';

/** What is wanted of the record; times in milliseconds since the Unix epoch. */
export interface RecordedEventsRequest {
  readonly where: string | undefined;
  readonly kinds: readonly string[];
  readonly since: number | undefined;
  readonly limit: number;
}

/** The filter, compiled. Throws a CommandError that names the place of an error in it. */
function compiled(where: string): CompiledWhere {
  try {
    return compileWhere(where);
  } catch (error) {
    if (!(error instanceof WhereError)) throw error;
    throw new CommandError(ExitCode.usage, { en: error.message, zh: error.message }, { cause: error });
  }
}

/** The newest events that the record has, oldest first. */
export async function recordedEvents(
  invocation: Invocation,
  request: RecordedEventsRequest,
): Promise<Event[]> {
  const { kinds, since, limit } = request;
  const where = request.where === undefined ? undefined : compiled(request.where);
  const reader = openRecord(invocation);
  const { output } = invocation;
  try {
    const selected: EventKind[] = kinds.filter(isEventKind);
    const found: Event[] = [];
    const query = {
      kinds: kinds.length > 0 ? selected : where?.kinds,
      from: since === undefined ? where?.from : Math.max(since, where?.from ?? since),
      to: where?.to,
      filter: where?.filter,
      limit,
      order: 'descending' as const,
      onDamage: ({
        firstSequence,
        count,
        reason,
      }: {
        firstSequence: number;
        count: number;
        reason: string;
      }) =>
        output.remark({
          en: `${count} events from number ${firstSequence} on cannot be read: ${reason}`,
          zh: `从编号 ${firstSequence} 起的 ${count} 个事件无法读取：${reason}`,
        }),
    };
    for await (const event of reader.events(query)) found.push(event.toEvent());
    return found.reverse();
  } finally {
    reader.close();
  }
}
