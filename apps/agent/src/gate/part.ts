/** What stands at the gate: application control and scanning on access share one, and its troubles are told once. */
import { BlockedContents, SharedGate } from '@redoubt/act/gate';
import type { GateEvent } from '@redoubt/kernel';
import { startAppControl } from '../app-control/part.ts';
import { deviceOf } from '../host/host.ts';
import { startOnAccess } from '../on-access/part.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { blockedRunFinding } from './blocked-run.ts';
import { Repeats } from './repeats.ts';
import { tellTerminal } from './terminal.ts';
import { isTrouble, troubleFinding } from './trouble.ts';
import { whoIs } from './who.ts';

/** Starts both protections; at `observe`, where every host begins, neither costs anything. */
export async function startGate(context: PartContext): Promise<AgentPart> {
  const repeats = new Repeats();
  const { gateTimeout } = context.options;
  const tell = (event: GateEvent): void => {
    if (!isTrouble(event)) return;
    const count = repeats.count(event.kind);
    const { sensor, host, publish } = context;
    if (count > 0)
      publish(troubleFinding('gate', event, whoIs(sensor.table, event.pid), count, deviceOf(host)));
  };
  const gate = new SharedGate({
    ...(gateTimeout !== undefined && { timeout: gateTimeout }),
    onTrouble: tell,
  });
  context.offers.blockedContents = new BlockedContents({
    gate,
    onDenied({ path, pid }) {
      const count = repeats.count(`blocked ${path}`);
      if (count > 0)
        context.publish(
          blockedRunFinding(path, whoIs(context.sensor.table, pid), count, deviceOf(context.host)),
        );
      tellTerminal(pid, `redoubt: ${path}: its content is blocked / 该内容已被阻断 (redoubt respond)`);
    },
    onTrouble: tell,
  });
  const parts = [await startAppControl(context, gate), await startOnAccess(context, gate)];
  return {
    name: 'gate',
    routes(api): void {
      for (const part of parts) part.routes?.(api);
    },
    async stop(): Promise<void> {
      for (const part of parts) await part.stop();
      gate.close();
    },
  };
}
