/** Every step, the most volatile first (RFC 3227, section 2.1). */
import type { EvidencePlan, EvidenceStep } from './step.ts';
import { bpfStep } from './steps/bpf.ts';
import { filesStep } from './steps/files.ts';
import { imageSteps } from './steps/image.ts';
import { logsStep } from './steps/logs.ts';
import { memorySteps } from './steps/memory.ts';
import { modulesStep } from './steps/modules.ts';
import { mountsStep } from './steps/mounts.ts';
import { networkStep } from './steps/network.ts';
import { persistenceStep } from './steps/persistence.ts';
import { processesStep } from './steps/processes.ts';
import { ramStep } from './steps/ram.ts';
import { recordStep } from './steps/record.ts';
import { socketsStep } from './steps/sockets.ts';
import { suspiciousStep } from './steps/suspicious.ts';
import { usersStep } from './steps/users.ts';

/** The steps of a plan in their order. */
export function stepsOf(plan: EvidencePlan): EvidenceStep[] {
  return [
    ...memorySteps(plan),
    ...(plan.ram ? [ramStep] : []),
    processesStep,
    socketsStep,
    modulesStep,
    mountsStep,
    bpfStep,
    usersStep,
    networkStep,
    ...(plan.record === undefined ? [] : [recordStep]),
    ...(plan.suspicious ? [suspiciousStep] : []),
    ...(plan.logs.length > 0 ? [logsStep] : []),
    persistenceStep,
    ...(plan.files.length > 0 ? [filesStep] : []),
    ...imageSteps(plan),
  ];
}

/** Ids of steps that a plan may leave out. */
export const skippable = [
  'processes',
  'sockets',
  'modules',
  'mounts',
  'bpf',
  'users',
  'network',
  'record',
  'suspicious',
  'logs',
  'persistence',
] as const;
