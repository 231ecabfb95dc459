/**
 * The observe wing: what turns the world into events.
 *
 *     const sensor = new KernelHostSensor(); // without root or BTF its start() throws: use new ReducedSensor()
 *     await sensor.start({
 *       batch(batch) {
 *         for (const view of batch.views()) detector.evaluate(view);
 *         recorder.append(batch);
 *       },
 *     });
 */

export { trimMemory } from '@redoubt/kernel';
export { Accounts } from './enrich/accounts.ts';
export { containerOfCgroup, containerOfProcCgroup } from './enrich/cgroup.ts';
export { DpkgOwners } from './enrich/dpkg.ts';
export { ExecutableHasher, type FileVersion, versionOf } from './enrich/hasher.ts';
export { ImageEnricher } from './enrich/image-enricher.ts';
export { PackageOwners } from './enrich/owners.ts';
export { RpmOwners } from './enrich/rpm.ts';
export { type DnsMessage, parseDns } from './event/dns.ts';
export { fieldPaths } from './event/fields.ts';
export { jsonBatch } from './event/json-batch.ts';
export type { ProcessLookup } from './event/row-facts.ts';
export {
  decodeBatchHeader,
  decodeStored,
  kernelBatchFormat,
  type StoredProcesses,
} from './event/stored-batch.ts';
export { type UnmappedField, unmappedFields } from './event/unmapped.ts';
export type { ProcessImage } from './process/image.ts';
export { ancestryOf, type LineageStep, launcherOf, parentOf } from './process/lineage.ts';
export { type ProcStat, parseStat } from './process/procfs.ts';
export { type Repair, reconcile } from './process/reconcile.ts';
export { type RemarkableFact, remarkableOf } from './process/remarkable.ts';
export { ProcessTable, type ProcessTableLimits } from './process/table.ts';
export type { TrackedProcess } from './process/tracked.ts';
export { BootClock } from './sensor/boot-clock.ts';
export { KernelHostSensor, type KernelHostSensorOptions } from './sensor/kernel-host-sensor.ts';
export { watchedPatterns } from './sensor/path-watcher.ts';
export { ReducedSensor, type ReducedSensorOptions } from './sensor/reduced-sensor.ts';
export { SensitiveFiles, sensitivePatterns } from './sensor/sensitive-files.ts';
export type { ObservedBatch, Sensor, SensorLimit, SensorSink, SensorStatus } from './sensor/types.ts';
