/** Which sensor watches this host. */
import { KernelHostSensor, ReducedSensor } from '@redoubt/observe';
import type { AgentOptions } from './options.ts';

/**
 * Size of the kernel's ring buffer. Its pages count twice in the agent's resident memory, because they are mapped
 * twice in a row. 8 MiB hold about 50,000 events: a quarter of a second at the highest rate measured, and the
 * reader looks every 10 ms.
 */
const ringBytes = 8 << 20;

/**
 * Bytes that may be on their way to JavaScript. What waits, waits in the ring: a long queue of batches would keep
 * the event loop from everything else, such as hearing from the recorder what is on disk.
 */
const queueBytes = 1 << 20;

/** A sensor with the process table that it keeps. */
export type HostSensor = KernelHostSensor | ReducedSensor;

/**
 * Starts the best sensor that works here.
 * @param mode `kernel` insists on the kernel sensor, `reduced` does without it, `auto` falls back
 * @param start starts a sensor; throws when it cannot run here
 * @param onFallback told why the kernel sensor is not used, in mode `auto`
 * @returns the sensor that runs
 */
export async function startBestSensor(
  mode: AgentOptions['mode'],
  start: (sensor: HostSensor) => Promise<void>,
  onFallback: (reason: string) => void,
): Promise<HostSensor> {
  if (mode !== 'reduced') {
    const sensor = new KernelHostSensor({ kernel: { ringBytes, queueBytes } });
    try {
      await start(sensor);
      return sensor;
    } catch (error) {
      if (mode === 'kernel') throw error;
      onFallback(error instanceof Error ? error.message : String(error));
    }
  }
  const sensor = new ReducedSensor();
  await start(sensor);
  return sensor;
}
