/** What a scan found goes into the record of the running agent, when there is one. */
import type { ScanReport } from '@redoubt/detect/scan';
import { findAgent } from '../agent/client.ts';
import type { Invocation } from '../command.ts';
import type { ScannedItem } from './output.ts';

/** Findings that are handed over at once. */
const perRequest = 50;

/** Hands findings and counts to the agent; says so when it does not take them. Without an agent nothing happens. */
export async function deliver(
  items: readonly ScannedItem[],
  report: ScanReport,
  invocation: Invocation,
): Promise<void> {
  const agent = findAgent(invocation);
  if (agent === undefined) return;
  const findings = items.flatMap(({ finding }) => (finding === undefined ? [] : [finding]));
  const { unreadable, ...summary } = report;
  try {
    for (let at = 0; at === 0 || at < findings.length; at += perRequest) {
      const isLast = at + perRequest >= findings.length;
      await agent.post('/api/scanning/findings', {
        findings: findings.slice(at, at + perRequest),
        ...(isLast && { report: summary }),
      });
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    invocation.output.remark({
      en: `The agent did not take the findings: ${words}`,
      zh: `代理未接收发现：${words}`,
    });
  }
}
