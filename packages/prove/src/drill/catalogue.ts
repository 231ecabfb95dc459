/** All drills. */
import { containerDrills } from './catalogue/containers.ts';
import { executionDrills } from './catalogue/execution.ts';
import { fileDrills } from './catalogue/files.ts';
import { logDrills } from './catalogue/logs.ts';
import { memoryDrills } from './catalogue/memory.ts';
import { networkDrills } from './catalogue/network.ts';
import { persistenceDrills } from './catalogue/persistence.ts';
import { privilegeDrills } from './catalogue/privilege.ts';
import type { Drill } from './drill.ts';

/** Every drill, in the order in which `--all` runs them. */
export const drills: readonly Drill[] = [
  ...executionDrills,
  ...memoryDrills,
  ...persistenceDrills,
  ...privilegeDrills,
  ...fileDrills,
  ...networkDrills,
  ...containerDrills,
  ...logDrills,
];

/** The drills of these names. Throws a RangeError that names the first unknown one. */
export function drillsNamed(names: readonly string[]): Drill[] {
  return names.map(name => {
    const drill = drills.find(one => one.name === name);
    if (!drill) throw new RangeError(`there is no drill "${name}"`);
    return drill;
  });
}
