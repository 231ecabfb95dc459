export {
  type Coverage,
  ExecGate,
  type GateCounters,
  type GatedFile,
  type GateEvent,
  type GateOptions,
  type GateVerdict,
} from './gate.ts';
export { isGateable, type Mount, parseMounts, readMounts } from './mounts.ts';
