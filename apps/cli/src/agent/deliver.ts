/** Findings of a command go into the record of the running agent, when there is one: onto the page and the timeline. */
import type { Finding } from '@redoubt/model';
import type { Invocation } from '../command.ts';
import { safe } from '../output/safe.ts';
import { findAgent } from './client.ts';

/** Findings that are handed over at once. */
const perRequest = 50;

/**
 * Hands findings to the agent; says so when it does not take them. Without an agent nothing happens.
 * @param report goes along with the last of them
 */
export async function deliverFindings(
  findings: readonly Finding[],
  invocation: Invocation,
  report?: object,
): Promise<void> {
  const agent = findAgent(invocation);
  if (agent === undefined || (findings.length === 0 && report === undefined)) return;
  try {
    for (let at = 0; at === 0 || at < findings.length; at += perRequest) {
      const isLast = at + perRequest >= findings.length;
      await agent.post('/api/scanning/findings', {
        findings: findings.slice(at, at + perRequest),
        ...(isLast && report !== undefined && { report }),
      });
    }
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    invocation.output.remark({
      en: safe(`The agent did not take the findings: ${words}`),
      zh: safe(`代理未接收发现：${words}`),
    });
  }
}
