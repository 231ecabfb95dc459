/** The agent's own record of the period: findings, incidents, events, processes. */
import { decodeStored, kernelBatchFormat } from '@redoubt/observe';
import { openReader, type Reader, registerDecoder } from '@redoubt/store';
import { wordsOf } from '../error.ts';
import type { EvidencePlan, EvidenceStep } from '../step.ts';
import { NotHere } from '../step.ts';

const pageSize = 500;
const processLimit = 200_000;

/** Opens a record. @throws NotHere when there is none that can be read */
export function openRecordIn(folder: string): Reader {
  registerDecoder(kernelBatchFormat, (bytes, context) =>
    decodeStored(bytes, { lookupProcess: (_boot, uid, time) => context.processAt(uid, time) }),
  );
  try {
    return openReader(folder);
  } catch (error) {
    throw new NotHere(
      `the record in ${folder} cannot be read: ${wordsOf(error)}`,
      `无法读取 ${folder} 中的记录：${wordsOf(error)}`,
    );
  }
}

/** Findings of a period. */
export async function* findingsOf(reader: Reader, from: number, to: number) {
  for (let offset = 0; ; offset += pageSize) {
    const page = await reader.findings({ from, to, limit: pageSize, offset });
    yield* page;
    if (page.length < pageSize) return;
  }
}

export const recordStep: EvidenceStep = {
  id: 'record',
  title: { en: 'the record: findings, incidents, events', zh: '飞行记录：告警、安全事件、事件' },
  estimate: async ({ record = '' }: EvidencePlan) => {
    const reader = openRecordIn(record);
    try {
      const { findings, events } = reader.extent();
      return {
        members: 4,
        note: {
          en: `${findings} findings and ${events} events, of which those of the period`,
          zh: `共 ${findings} 条告警、${events} 个事件，取该时段内的部分`,
        },
      };
    } finally {
      reader.close();
    }
  },
  collect: async ({ plan, sink }) => {
    const { from, to, incident, record = '' } = plan;
    const reader = openRecordIn(record);
    try {
      await sink.lines('findings', findingsOf(reader, from, to));
      const incidents = reader.incidents.list({ from, to, limit: 10_000 });
      const asked = incident === undefined ? undefined : reader.incidents.find(incident);
      const isListed = incidents.some(({ metadata }) => metadata.uid === asked?.metadata.uid);
      await sink.lines('incidents', asked === undefined || isListed ? incidents : [asked, ...incidents]);
      await sink.lines('processes', await reader.processes({ from, to, limit: processLimit }));
      const events = reader.events({
        from,
        to,
        signal: sink.signal,
        onDamage: ({ firstSequence, count, reason }) =>
          sink.note(
            `${count} events from number ${firstSequence} on cannot be read: ${reason}`,
            `从编号 ${firstSequence} 起的 ${count} 个事件无法读取：${reason}`,
          ),
      });
      await sink.lines('events', asEvents(events));
    } finally {
      reader.close();
    }
  },
};

async function* asEvents(events: AsyncIterable<{ toEvent(): unknown }>) {
  for await (const event of events) yield event.toEvent();
}
