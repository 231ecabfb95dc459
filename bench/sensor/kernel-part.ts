/**
 * What the part in the kernel costs, with the sensor attached and detached in turn. Runs of one second lie so close
 * together that what disturbs the machine for longer disturbs neighbours alike; an agent cannot be started so often.
 */
import { openKernelSensor } from '@redoubt/kernel';
import { say } from '../lib/language.ts';
import { makeWorkplace } from '../lib/workplace.ts';
import {
  loadWebServer,
  nginxConnections,
  nginxKeepAlive,
  prepareNginx,
  startNginx,
} from '../workload/nginx.ts';

/** Ratios of time for one request, attached to detached. */
export interface KernelPart {
  workload: string;
  ratios: number[];
  /** The same of two detached runs, one after the other: what the method itself makes of nothing. */
  control: number[];
}

const seconds = 1;

async function attached<Result>(work: () => Promise<Result>): Promise<Result> {
  const sensor = openKernelSensor();
  try {
    sensor.start(() => undefined);
    return await work();
  } finally {
    await sensor.stop();
  }
}

/** Measures both kinds of load with so many attached runs, each between two detached ones. */
export async function measureKernelPart(pairs: number): Promise<KernelPart[]> {
  const { folder, remove } = makeWorkplace('kernel-part');
  const server = await startNginx(folder, await prepareNginx(folder));
  const parts: KernelPart[] = [];
  for (const { name } of [nginxKeepAlive, nginxConnections]) {
    say(`${name}: the part in the kernel, ${pairs} pairs`, `${name}：内核部分，${pairs} 对`);
    const once = async (): Promise<number> =>
      seconds / (await loadWebServer(server.port, seconds, name === nginxConnections.name));
    const part: KernelPart = { workload: name, ratios: [], control: [] };
    await once();
    let before = await once();
    for (let pair = 0; pair < pairs; pair++) {
      const watched = await attached(once);
      const after = await once();
      part.ratios.push((2 * watched) / (before + after));
      part.control.push(after / before);
      before = after;
    }
    parts.push(part);
  }
  await server.stop();
  await remove();
  return parts;
}
