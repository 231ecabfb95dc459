/** Shared by the tests that watch this host for real. */
import type { EventView, StoredProcess } from '@redoubt/model';
import type { ObservedBatch, SensorSink } from '../../src/index.ts';

/** Keeps everything that a sensor hands over. */
export class Collector implements SensorSink {
  readonly batches: ObservedBatch[] = [];

  batch(batch: ObservedBatch): void {
    this.batches.push(batch);
  }

  /** Every event so far. */
  views(): EventView[] {
    return this.batches.flatMap(batch => [...batch.views()]);
  }

  /** The latest row of each image of each process. */
  rows(): Map<string, StoredProcess> {
    const rows = new Map<string, StoredProcess>();
    for (const { processes } of this.batches) {
      for (const row of processes) rows.set(`${row.uid} ${row.image}`, row);
    }
    return rows;
  }

  /** Finds rows as the store would: the last image that began at or before a time, else the first. */
  lookups(): (uid: string, time: number) => StoredProcess | undefined {
    const byUid = Map.groupBy(this.rows().values(), row => row.uid);
    for (const images of byUid.values()) images.sort((a, b) => a.image - b.image);
    return (uid, time) => {
      const images = byUid.get(uid) ?? [];
      return images.findLast(row => row.exec_time === undefined || row.exec_time <= time) ?? images[0];
    };
  }

  /** Waits until an event fulfils a condition. The caller's test has the time limit. */
  async until(condition: (view: EventView) => boolean): Promise<EventView> {
    for (let seen = 0; ; ) {
      for (; seen < this.batches.length; seen++) {
        for (const view of this.batches[seen]?.views() ?? []) if (condition(view)) return view;
      }
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  }
}
