/** Every check, in the order in which a person reads them. */
import { buildToolsCheck, diskCheck, kernelCheck, nodeCheck, rootCheck } from './basics.ts';
import type { Check, CheckResult } from './check.ts';
import { helperChecks } from './helpers.ts';
import { fanotifyCheck, modulesCheck } from './kernel-config.ts';
import { kernelHookChecks } from './kernel-hooks.ts';
import { auditdCheck, clamdCheck, nftablesCheck } from './neighbours.ts';
import { cgroupCheck, imaCheck, lockdownCheck, secureBootCheck, systemdCheck, tpmCheck } from './platform.ts';

/**
 * Runs every check.
 * @param stateDirectory folder whose file system the flight recorder uses
 */
export async function examine(stateDirectory: string): Promise<CheckResult[]> {
  const checks: Check[] = [
    rootCheck,
    kernelCheck,
    kernelHookChecks,
    fanotifyCheck,
    modulesCheck,
    cgroupCheck,
    systemdCheck,
    nftablesCheck,
    clamdCheck,
    helperChecks,
    auditdCheck,
    tpmCheck,
    imaCheck,
    secureBootCheck,
    lockdownCheck,
    diskCheck(stateDirectory),
    nodeCheck,
    buildToolsCheck,
  ];
  return (await Promise.all(checks.map(check => check()))).flat();
}
