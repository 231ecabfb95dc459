/** Cross-views of the kernel: what hides from one way of looking is seen by another. */
export { holdersOf } from '../inventory/states/sockets.ts';
export {
  type BpfSources,
  bpfHolders,
  checkBpf,
  type IsOwn,
  type OwnedProgram,
  ownedPrograms,
} from './bpf.ts';
export { checkKernel, type RootkitOptions } from './check.ts';
export { findingOfRootkit } from './finding.ts';
export { type Kallsyms, readKallsyms } from './kallsyms.ts';
export { checkModules } from './modules.ts';
export { checkProcesses, type ProcessSources, realProcessSources } from './processes.ts';
export { kernelProtections } from './protections.ts';
export type { PartReport, RootkitFinding, RootkitReport, RootkitView } from './report.ts';
export { defaultSettling, type Settling } from './settle.ts';
export { checkSockets, realSocketSources, type SocketSources } from './sockets.ts';
export { checkTaint, taintsOf } from './taint.ts';
export { checkTracing, parseEnabledFunctions, parseKprobes } from './tracing.ts';
