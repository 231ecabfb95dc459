/** Flows of a past period, from the record. */
import type { Reader } from '@redoubt/store';
import { type Flow, flowKinds, flowOf, keyOf, merged } from './flow.ts';

/** Kinds of flows that are told of a period; connections of further kinds are counted. */
const kindsKept = 50_000;

/** What a period of the record says. */
export interface RecordedFlows {
  readonly flows: Flow[];
  /** Connections of kinds beyond those kept. */
  readonly unkept: number;
  /** Events that are damaged. */
  readonly unreadable: number;
}

/** Goes through the connections of a period. @param ownNamespace see `flowOf` */
export async function flowsOfRecord(
  reader: Pick<Reader, 'events'>,
  { from, to, signal }: { from?: number; to?: number; signal?: AbortSignal },
  ownNamespace?: number,
): Promise<RecordedFlows> {
  const flows = new Map<string, Flow>();
  let unkept = 0;
  let unreadable = 0;
  const query = {
    from,
    to,
    signal,
    kinds: flowKinds,
    onDamage: ({ count }: { count: number }) => {
      unreadable += count;
    },
  };
  for await (const event of reader.events(query)) {
    const flow = flowOf(event, ownNamespace);
    if (flow === undefined) continue;
    const key = keyOf(flow);
    const known = flows.get(key);
    if (known !== undefined) flows.set(key, merged(known, flow));
    else if (flows.size < kindsKept) flows.set(key, flow);
    else unkept += flow.count;
  }
  return { flows: [...flows.values()].sort((a, b) => b.count - a.count), unkept, unreadable };
}
