/** The agent finds its database damaged: it has to start, say so, and record. */
import { closeSync, globSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, agentPlace } from '../lib/agent.ts';
import { run } from '../lib/command.ts';
import { warns } from './check.ts';

/** Ways to damage a file. */
const damages: Record<string, (file: string) => void> = {
  'a header of zeros': file => overwrite(file, 0, 4096),
  'zeros in the middle': file => overwrite(file, Math.floor(statSync(file).size / 2), 65_536),
  'half of the file gone': file => truncateSync(file, Math.floor(statSync(file).size / 2)),
  'an empty file': file => truncateSync(file, 0),
};

function overwrite(file: string, position: number, length: number): void {
  const descriptor = openSync(file, 'r+');
  writeSync(descriptor, Buffer.alloc(length), 0, length, position);
  closeSync(descriptor);
}

/** What one kind of damage showed. */
export interface DamageResult {
  damage: string;
  /** Whether the agent told its user. */
  said: boolean;
  /** Whether it recorded new events afterwards. */
  records: boolean;
}

/** Damages the databases of an agent in every way, one after the other. @throws Error if it does not start */
export async function damageDatabases(folder: string): Promise<DamageResult[]> {
  const place = agentPlace(folder);
  const results: DamageResult[] = [];
  for (const [damage, spoil] of Object.entries(damages)) {
    const healthy = await Agent.start(place);
    for (let i = 0; i < 200; i++) await run('true', []);
    await healthy.untilStored();
    await healthy.stop();
    const files = globSync(['*.db', '**/*.db', '*.sqlite', '**/*.sqlite'], { cwd: place.state });
    for (const file of files) spoil(join(place.state, file));
    const agent = await Agent.start(place);
    const before = await agent.untilStored();
    for (let i = 0; i < 20; i++) await run('true', []);
    const after = await agent.untilStored();
    results.push({
      damage,
      said: warns(after, 'corrupt'),
      records: after.events.stored > before.events.stored,
    });
    await agent.stop();
  }
  return results;
}
