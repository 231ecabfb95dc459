/** Segmentation: flows, zones, policy, and its form in the kernel. */
export { compilePolicy, segmentationTable } from './compile.ts';
export {
  type Flow,
  type FlowDirection,
  type FlowKey,
  flowKinds,
  flowOf,
  keyOf,
  merged,
  peerOf,
} from './flow.ts';
export { type FlowCounters, FlowStore } from './flow-store.ts';
export { type SegmentDecision, SegmentJudge } from './judge.ts';
export { networkNamespace } from './namespace.ts';
export { readPolicy, type SegmentationPolicy, type SegmentRule, segmentationDefaults } from './policy.ts';
export { Segmentation, type SegmentationParts } from './protection.ts';
export { PolicyError } from './reading.ts';
export { flowsOfRecord, type RecordedFlows } from './record.ts';
export { type RefusedFlow, refusalCounts, refusedIn } from './table.ts';
