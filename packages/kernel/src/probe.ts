/** What this host's kernel lets the sensor do, tried out: for the doctor. */
import { loadAddon } from './native.ts';
import { KernelSensorError } from './sensor-types.ts';

/** One mechanism and whether it works here. */
export interface ProbeResult {
  name: 'addon' | 'btf' | 'ringBuffer' | 'rawTracepoint' | 'fentry' | 'kprobe' | 'bpfLsm';
  works: boolean;
  /** The sensor cannot run without it. */
  isRequired: boolean;
  /** Why it does not work. */
  reason?: string;
}

const required = new Set(['addon', 'btf', 'ringBuffer', 'rawTracepoint']);

const errnoTexts: Readonly<Record<number, string>> = {
  2: 'not in this kernel (ENOENT)',
  13: 'refused (EACCES)',
  22: 'not accepted by this kernel (EINVAL)',
  95: 'not supported or not active on this kernel (EOPNOTSUPP)',
  524: 'not supported by this kernel (ENOTSUPP)',
};

function reasonFor(errno: number): string {
  if (errno !== 1) return errnoTexts[errno] ?? `error ${errno}`;
  return process.getuid?.() === 0
    ? 'this kernel refuses it, to root as well (EPERM)'
    : 'not permitted (EPERM): needs root or CAP_BPF and CAP_PERFMON';
}

/** Loads and attaches a tiny program through each mechanism and removes it again. Needs root to say much. */
export function probeKernel(): ProbeResult[] {
  try {
    const outcomes = Object.entries(loadAddon().probe()) as [ProbeResult['name'], number][];
    return [
      { name: 'addon', works: true, isRequired: true },
      ...outcomes.map(([name, outcome]): ProbeResult => {
        const result = { name, works: outcome === 0, isRequired: required.has(name) };
        return outcome === 0 ? result : { ...result, reason: reasonFor(-outcome) };
      }),
    ];
  } catch (error) {
    if (!(error instanceof KernelSensorError)) throw error;
    return [{ name: 'addon', works: false, isRequired: true, reason: error.message }];
  }
}
