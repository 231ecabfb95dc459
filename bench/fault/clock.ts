/**
 * The clock jumps while the agent runs. The host's clock is not ours to set: libfaketime moves the clock that the
 * agent's own processes see, by the file that it reads its offset from, and leaves the kernel's alone.
 */
import { globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, agentPlace } from '../lib/agent.ts';
import { onCleanup } from '../lib/cleanup.ts';
import { type AccountLine, isExact, lossesBetween } from '../storm/account.ts';
import { Storm } from '../storm/storm.ts';
import { checkHistory } from './check.ts';

/** What the jumps showed. */
export interface ClockResult {
  exact: boolean;
  lines: AccountLine[];
  events: number;
}

/** Moves the agent's clock an hour back, then two hours forth, with a small storm before and after each. */
export async function jumpClock(folder: string): Promise<ClockResult> {
  const [library] = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1');
  if (library === undefined) throw new Error('libfaketime is not installed');
  const offset = join(folder, 'clock-offset');
  writeFileSync(offset, '+0\n');
  const shared = () => globSync('/dev/shm/*faketime_*');
  const others = new Set(shared());
  // libfaketime leaves its shared memory behind when the process that made it executes another program.
  onCleanup(() => {
    for (const file of shared()) if (!others.has(file)) rmSync(file, { force: true });
  });
  const place = agentPlace(folder);
  const storm = await Storm.make(folder);
  const agent = await Agent.start(place, {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: offset,
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
  const before = await agent.untilStored();
  for (const jump of ['+0', '-3600', '+3600', '+0']) {
    writeFileSync(offset, `${jump}\n`);
    await sleep(1500);
    await storm.processes(200);
    await storm.files(200);
  }
  const after = await agent.untilStored();
  await agent.stop();
  const losses = lossesBetween(before, after);
  const lines = await storm.account(place.state, losses);
  const events = await checkHistory(place.state);
  return { exact: isExact(lines, losses), lines, events };
}
