/** The kernel sensor: eBPF programs, their loader, and the decoder of their records. */
export { readAttributes, removeAttribute, setAttribute, setTimes } from './attributes.ts';
export * from './clocks.ts';
export * from './cross-view.ts';
export * from './decode/cursor.ts';
export * from './decode/file.ts';
export * from './decode/layout.ts';
export * from './decode/network.ts';
export * from './decode/process.ts';
export { KernelRecord, RecordError } from './decode/record.ts';
export * from './decode/system.ts';
export * from './gate/index.ts';
export { openBelow } from './open-below.ts';
export * from './probe.ts';
export { kernelDevice, openKernelSensor } from './sensor.ts';
export * from './sensor-types.ts';
export { type Measured, type MeasureRequest, measureFiles, walkTrees } from './tree.ts';
export { trimMemory } from './trim.ts';
export { type FileWatch, type WatchedChange, type WatchOptions, watchFiles } from './watch.ts';
