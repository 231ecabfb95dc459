/**
 * What an event costs in JavaScript: `node packages/observe/bench/pipeline.ts`, as root.
 * Records ordinary work on this host once, then walks the same records again and again as the agent does:
 * table update, event view, two attributes read of each event.
 */
import { execFileSync, spawn } from 'node:child_process';
import { openKernelSensor, records } from '@redoubt/kernel';
import { Accounts } from '../src/enrich/accounts.ts';
import { encodeBatch, viewsOf } from '../src/event/stored-batch.ts';
import { TableSource } from '../src/event/table-facts.ts';
import { unknownImage } from '../src/process/image.ts';
import { ProcessTable, unknownContext } from '../src/process/table.ts';
import { BootClock } from '../src/sensor/boot-clock.ts';
import { TableFollower } from '../src/sensor/follow.ts';

/** Ordinary work: short programs, files written, renamed and removed. */
const work = `
  dir=$(mktemp -d)
  for i in $(seq 1 150); do
    echo "$i" > $dir/a$i; cp $dir/a$i $dir/b$i; mv $dir/b$i $dir/c$i; chmod 600 $dir/c$i; cat /etc/hosts > /dev/null
    for j in 1 2 3 4 5 6 7 8 9 10; do echo "$j" > $dir/f$j; done
  done
  rm -r $dir`;

async function record(): Promise<Uint8Array[]> {
  const batches: Uint8Array[] = [];
  const sensor = openKernelSensor();
  sensor.ignoreProcess(process.pid);
  sensor.start(batch => batches.push(new Uint8Array(batch)));
  const child = spawn('/bin/bash', ['-c', work], { stdio: 'ignore' });
  await new Promise(resolve => child.once('exit', resolve));
  await sensor.flush();
  await sensor.stop();
  return batches;
}

const batches = await record();
const clock = new BootClock();
const accounts = new Accounts();
let sink = 0;

/** Actors that were running before the recording; on a host the start of the sensor has found them. */
const earlier: { pid: number; startTicks: number }[] = [];

/** Processor time of this process, milliseconds: other work on the host does not count. */
function spent(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One pass over batches; milliseconds by phase. The processes of `known` are in the table before. */
function pass(
  batches: readonly Uint8Array[],
  known: readonly Uint8Array[],
): { events: number; follow: number; keep: number; bare: number; read: number } {
  const table = new ProcessTable();
  const source = new TableSource(table, accounts, clock);
  for (const { pid, startTicks } of earlier) {
    table.adopt(pid, startTicks, startTicks * 10, undefined, 0, unknownImage(0, 'bash'), unknownContext);
  }
  const follower = new TableFollower(
    table,
    () => clock.now(),
    () => undefined,
  );
  for (const batch of known) follower.follow(batch);
  let events = 0;
  const start = spent();
  for (const batch of batches) events += follower.follow(batch).count;
  const followed = spent();
  for (const batch of batches) sink += encodeBatch(batch, clock.bootEpoch, '').length;
  const kept = spent();
  for (const batch of batches) for (const view of viewsOf(batch, source)) sink += view.kind.length;
  const walked = spent();
  for (const batch of batches) {
    for (const view of viewsOf(batch, source)) {
      const first = view.get(view.kind.startsWith('process.') ? 'process.file.path' : 'file.path');
      const second = view.get('actor.process.file.path');
      sink +=
        (typeof first === 'string' ? first.length : 0) + (typeof second === 'string' ? second.length : 0);
    }
  }
  const read = spent();
  if (earlier.length === 0) {
    for (const process of table.processes()) if (process.images[0]?.source === 'proc') earlier.push(process);
  }
  return {
    events,
    follow: followed - start,
    keep: kept - followed,
    bare: walked - kept,
    read: read - walked,
  };
}

/** The records of files alone, in batches as large. */
function filesOnly(batch: Uint8Array): Uint8Array {
  const kept = [...records(batch)].filter(record => record.kind.startsWith('file.'));
  return Buffer.concat(kept.map(({ offset, size }) => batch.subarray(offset, offset + size)));
}

/** Nanoseconds an event, the median of many passes. */
function measure(batches: readonly Uint8Array[], known: readonly Uint8Array[]): Record<string, number> {
  for (let warm = 0; warm < 100; warm++) pass(batches, known);
  const passes = Array.from({ length: 41 }, () => pass(batches, known));
  const events = passes[0]?.events ?? 0;
  const bytes = batches.reduce((sum, batch) => sum + batch.length, 0);
  const median = (pick: (one: ReturnType<typeof pass>) => number): number => {
    const milliseconds = passes.map(pick).sort((a, b) => a - b)[20] ?? Number.NaN;
    return Math.round((milliseconds * 1e6) / events);
  };
  return {
    events,
    bytesPerEvent: Math.round(bytes / events),
    follow: median(one => one.follow),
    keep: median(one => one.keep),
    viewsOnly: median(one => one.bare),
    viewsAndTwoReads: median(one => one.read),
    total: median(one => one.follow + one.keep + one.read),
  };
}

const all = measure(batches, []);
console.log(execFileSync('/bin/uname', ['-mr'], { encoding: 'utf8' }).trim());
console.log('all events ', JSON.stringify(all));
console.log('file events', JSON.stringify(measure(batches.map(filesOnly), batches)), sink > 0);
