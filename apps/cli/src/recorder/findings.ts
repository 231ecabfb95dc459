/** Findings from the record, as the agent would answer them. */
import type { Finding } from '@redoubt/model';
import type { Invocation } from '../command.ts';
import { CommandError, ExitCode } from '../exit.ts';
import { openRecord } from './open.ts';

/** The latest findings, whatever their status. */
export async function recordedFindings(invocation: Invocation, limit: number): Promise<Finding[]> {
  const reader = openRecord(invocation);
  try {
    return await reader.findings({ limit });
  } finally {
    reader.close();
  }
}

/** One finding. Throws a CommandError when there is none of this uid. */
export async function recordedFinding(invocation: Invocation, uid: string): Promise<Finding> {
  const reader = openRecord(invocation);
  try {
    const finding = reader.finding(uid);
    if (finding) return finding;
    throw new CommandError(ExitCode.usage, {
      en: `There is no finding ${uid}`,
      zh: `没有编号为 ${uid} 的告警`,
    });
  } finally {
    reader.close();
  }
}
