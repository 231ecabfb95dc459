/** Which sensor watches this host. */
import { KernelHostSensor, ReducedSensor } from '@redoubt/observe';
import type { AgentOptions } from './options.ts';

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
    const sensor = new KernelHostSensor();
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
