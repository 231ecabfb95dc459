/** Events of the kernel sensor, recorded by an agent while ordinary commands run. */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { Agent, agentPlace } from '../lib/agent.ts';
import { onCleanup } from '../lib/cleanup.ts';
import { ended } from '../lib/command.ts';

/** Short programs, files written, renamed and removed, a listener and connections, as administration makes them. */
const work = `
i=0
while [ $i -lt "$2" ]; do
  i=$((i + 1))
  mkdir -p "$1/tree/$((i % 20))"
  ls -l /etc/passwd /usr/bin/env > "$1/tree/$((i % 20))/list-$i"
  grep -c root /etc/passwd > "$1/count" || true
  sed -n 1p /etc/os-release | cut -d= -f2 | tr -d '"' >> "$1/names"
  mv "$1/tree/$((i % 20))/list-$i" "$1/tree/$((i % 20))/kept-$i"
  find "$1/tree/$((i % 20))" -name 'kept-*' -newer /etc/os-release -type f | wc -l > "$1/found"
  [ $((i % 10)) -eq 0 ] && tar -C "$1" -czf "$1/tree.tar.gz" tree && rm -rf "$1/tree"
done
`;

/** What was recorded, or why it could not be. */
export type Recording = { readonly state: string } | { readonly obstacle: string };

/** Records events below `folder` while the work is done `times` times. */
export async function recordEvents(folder: string, times: number): Promise<Recording> {
  if (process.getuid?.() !== 0) return { obstacle: 'the kernel sensor needs root' };
  mkdirSync(folder, { recursive: true });
  const place = agentPlace(folder);
  const agent = await Agent.start(place);
  const { mode } = (await agent.summary()).agent;
  if (mode === 'kernel') {
    const child = spawn('/bin/sh', ['-c', work, 'sh', folder, String(times)], { stdio: 'ignore' });
    const forget = onCleanup(() => void child.kill('SIGKILL'));
    await ended(child);
    await forget();
    await agent.untilStored();
  }
  await agent.stop();
  return mode === 'kernel' ? { state: place.state } : { obstacle: 'the kernel sensor does not run here' };
}
