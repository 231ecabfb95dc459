/** Asking the agent about protections. */
import { userInfo } from 'node:os';
import type { PreviewMessage, PreviewRequest, ProtectionItem, StepPreview } from '@redoubt/agent/protections';
import type { AgentClient } from '../agent/client.ts';
import { CommandError, ExitCode } from '../exit.ts';
import type { Output } from '../output/output.ts';

/** The address of a protection in the API. */
export function pathOf(name: string, rest = ''): string {
  return `/api/protections/${encodeURIComponent(name)}${rest}`;
}

/** One protection. @throws CommandError with the agent's words when there is none */
export function protectionOf(agent: AgentClient, name: string): Promise<ProtectionItem> {
  return agent.get<ProtectionItem>(pathOf(name));
}

/** What a step would do and would have blocked, with progress. @throws CommandError with the agent's words */
export async function previewOf(
  agent: AgentClient,
  name: string,
  request: PreviewRequest,
  output: Output,
): Promise<StepPreview> {
  try {
    for await (const message of agent.postLines<PreviewMessage>(pathOf(name, '/preview'), request)) {
      if ('preview' in message) return message.preview;
      if ('error' in message) throw new CommandError(ExitCode.failed, message.error);
      const { events } = message.progress;
      output.status(
        output.say({
          en: `looking through the record: ${events} events`,
          zh: `正在查阅记录：${events} 条事件`,
        }),
      );
    }
  } finally {
    output.status('');
  }
  throw new CommandError(ExitCode.unavailable, {
    en: 'The agent ended before it had answered',
    zh: '代理在应答前退出',
  });
}

/** The person at this terminal, as the journal names them: who became root, where sudo tells. */
export function operatorName(environment: NodeJS.ProcessEnv): string {
  const before = environment['SUDO_USER'];
  try {
    const { username } = userInfo();
    return before === undefined ? username : `${before} as ${username}`;
  } catch {
    return before ?? String(process.getuid?.() ?? 'unknown');
  }
}
