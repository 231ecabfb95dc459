/** cron and anacron: crontab(5) of the system and of users, the folders of run-parts(8), anacrontab(5). */
import { joined } from '../root-files.ts';
import type { PersistenceItem, PersistenceSource } from './source.ts';
import { Identities, linesOf, oneCommand } from './text.ts';

/** One job of a crontab. */
export interface CronJob {
  readonly schedule: string;
  readonly user: string | undefined;
  readonly command: string;
}

const assignment = /^["']?[A-Za-z_][A-Za-z0-9_]*["']?\s*=/;
const nickname = /^(@[a-z]+)\s+/;
const fiveFields = /^((?:[-\d*,/~A-Za-z?LW#]+\s+){4}[-\d*,/~A-Za-z?LW#]+)\s+/;

/** A line of a crontab; undefined when it is a setting or no job. @param hasUser whether a user stands before the command */
export function cronJob(line: string, hasUser: boolean): CronJob | undefined {
  if (assignment.test(line)) return undefined;
  const text = line.startsWith('-') ? line.slice(1) : line;
  const schedule = nickname.exec(text) ?? fiveFields.exec(text);
  if (schedule === null) return undefined;
  const rest = text.slice(schedule[0].length);
  const when = (schedule[1] as string).replace(/\s+/g, ' ');
  if (!hasUser)
    return rest === '' ? undefined : { schedule: when, user: undefined, command: oneCommand(rest) };
  const [, user, command] = /^(\S+)\s+(.+)$/s.exec(rest) ?? [];
  if (user === undefined || command === undefined) return undefined;
  return { schedule: when, user, command: oneCommand(command) };
}

/** Jobs of a crontab, each with an identity that stays while the job does; settings that change what runs as well. */
export function* crontabItems(
  path: string,
  text: string,
  user: string | undefined,
): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text: line } of linesOf(text)) {
    const job = cronJob(line, user === undefined);
    if (job !== undefined) {
      const { schedule, command } = job;
      yield {
        path,
        id: identities.of(line),
        command,
        user: user ?? job.user ?? 'root',
        schedule,
        enabled: true,
      };
    } else if (/^(?:SHELL|PATH|LD_\w+|BASH_ENV|ENV)\s*=/.test(line)) {
      yield { path, id: identities.of(line), name: oneCommand(line), enabled: true };
    }
  }
}

/** anacrontab(5): `period delay name command`. */
export function* anacrontabItems(path: string, text: string): Generator<PersistenceItem> {
  const identities = new Identities();
  for (const { text: line } of linesOf(text)) {
    const [, period, delay, name, command] = /^(@?\w+)\s+(\d+)\s+(\S+)\s+(.+)$/.exec(line) ?? [];
    if (period === undefined || name === undefined || command === undefined) continue;
    const schedule = `every ${period} d + ${delay} min`;
    yield {
      path,
      id: identities.of(line),
      name,
      command: oneCommand(command),
      user: 'root',
      schedule,
      enabled: true,
    };
  }
}

const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];
const spools = ['/var/spool/cron/crontabs', '/var/spool/cron'];

export const cron: PersistenceSource = {
  kind: 'cron',
  title: { en: 'cron and anacron jobs', zh: 'cron 与 anacron 计划任务' },
  watched: [
    '/etc/crontab',
    '/etc/anacrontab',
    '/etc/cron.d/',
    ...periods.map(one => `/etc/cron.${one}/`),
    '/var/spool/cron/',
  ],
  tags: ['attack.persistence', 'attack.execution', 'attack.t1053.003'],
  severity: 3,
  *collect(host) {
    for (const path of ['/etc/crontab', ...host.filesIn('/etc/cron.d')]) {
      const text = host.files.text(path);
      if (text !== undefined) yield* crontabItems(path, text, undefined);
    }
    const anacrontab = host.files.text('/etc/anacrontab');
    if (anacrontab !== undefined) yield* anacrontabItems('/etc/anacrontab', anacrontab);
    for (const period of periods) {
      for (const path of host.filesIn(`/etc/cron.${period}`, name => name !== '.placeholder')) {
        const mode = host.files.stat(path)?.mode ?? 0;
        yield { path, command: path, user: 'root', schedule: period, enabled: (mode & 0o111) !== 0 };
      }
    }
    for (const spool of spools) {
      for (const name of host.files.names(spool)) {
        const path = joined(spool, name);
        if (!host.files.lstat(path)?.isFile()) continue;
        yield* crontabItems(path, host.files.text(path) ?? '', name);
      }
    }
  },
};
