/** Every collector of the inventory. */
import type { Collector } from '../collector.ts';
import { persistenceCollector } from './persistence/collector.ts';
import { accountsCollector } from './states/accounts.ts';
import { certificatesCollector } from './states/certificates.ts';
import { kernelParametersCollector } from './states/kernel-parameters.ts';
import { listenersCollector } from './states/listeners.ts';
import { modulesCollector } from './states/modules.ts';
import { mountsCollector } from './states/mounts.ts';
import { privilegedFilesCollector } from './states/privileged-files.ts';
import { routesCollector } from './states/routes.ts';
import { servicesCollector } from './states/services.ts';
import type { InventoryName } from './titles.ts';

/** Collectors that read the running system only; on a mounted image they have nothing. */
export const liveCollectors: readonly Collector[] = [
  servicesCollector,
  listenersCollector,
  modulesCollector,
  mountsCollector,
  routesCollector,
  kernelParametersCollector,
];

export const inventoryCollectors: readonly Collector[] = [
  persistenceCollector,
  accountsCollector,
  privilegedFilesCollector,
  certificatesCollector,
  ...liveCollectors,
];

const byName = new Map(inventoryCollectors.map(collector => [collector.name, collector]));

/** The collector of a name. */
export function inventoryCollector(name: InventoryName): Collector {
  const found = byName.get(name);
  if (found === undefined) throw new RangeError(`there is no collector "${name}"`);
  return found;
}
