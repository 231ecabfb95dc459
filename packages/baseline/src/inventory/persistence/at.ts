/** at(1) and batch: jobs that run once. A name is a queue letter, five digits of number, eight of minutes since 1970. */
import { joined } from '../root-files.ts';
import type { PersistenceSource } from './source.ts';
import { oneCommand } from './text.ts';

const spools = ['/var/spool/cron/atjobs', '/var/spool/at', '/var/spool/atjobs'];
const jobName = /^([a-zA-Z=])([0-9a-f]{5})([0-9a-f]{8})$/;

/** What a job's script runs, without the environment that at(1) writes before it, and the uid that it names. */
export function atJob(text: string): { readonly command: string; readonly uid: number | undefined } {
  const uid = /^# atrun uid=(\d{1,10})/m.exec(text)?.[1];
  // The environment ends with: cd DIRECTORY || { … exit 1 }
  const change = /^cd .*\|\|\s*\{[^}]*\}\s*$/m.exec(text);
  const command = change === null ? text : text.slice(change.index + change[0].length);
  return { command: oneCommand(command), uid: uid === undefined ? undefined : Number(uid) };
}

export const at: PersistenceSource = {
  kind: 'at',
  title: { en: 'at jobs', zh: 'at 一次性任务' },
  watched: spools.map(spool => `${spool}/`),
  tags: ['attack.persistence', 'attack.execution', 'attack.t1053.002'],
  severity: 3,
  *collect(host) {
    for (const spool of spools) {
      for (const name of host.files.names(spool)) {
        const [, queue, number, minutes] = jobName.exec(name) ?? [];
        const path = joined(spool, name);
        const text = number === undefined ? undefined : host.files.text(path);
        if (number === undefined || minutes === undefined || text === undefined) continue;
        const { command, uid } = atJob(text);
        const owner = host.files.stat(path)?.uid ?? 0;
        yield {
          path,
          name: `${queue}${Number.parseInt(number, 16)}`,
          command,
          user: host.userName(uid ?? owner),
          schedule: new Date(Number.parseInt(minutes, 16) * 60_000).toISOString(),
          enabled: queue !== '=',
        };
      }
    }
  },
};
