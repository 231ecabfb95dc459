/** What a scan found goes into the record of the running agent, when there is one. */
import type { ScanReport } from '@redoubt/detect/scan';
import { deliverFindings } from '../agent/deliver.ts';
import type { Invocation } from '../command.ts';
import type { ScannedItem } from './output.ts';

/** Hands findings and counts to the agent. */
export function deliver(
  items: readonly ScannedItem[],
  { unreadable: _, ...summary }: ScanReport,
  invocation: Invocation,
): Promise<void> {
  const findings = items.flatMap(({ finding }) => (finding === undefined ? [] : [finding]));
  return deliverFindings(findings, invocation, summary);
}
