/** The kernel's audit settings, so that they can be put back (auditctl(8)). */
import { outcome, run } from '../lib/command.ts';

/** Settings as `auditctl -s` and `auditctl -l` show them. */
export interface AuditState {
  /** By the name that `auditctl -s` gives them: enabled, failure, pid, backlog_limit, lost and others. */
  settings: ReadonlyMap<string, number>;
  rules: readonly string[];
}

/** Reads the kernel's audit settings. */
export async function readAuditState(): Promise<AuditState> {
  const settings = new Map<string, number>();
  for (const [, name, value] of (await run('auditctl', ['-s'])).matchAll(/^(\w+) (\d+)/gm)) {
    if (name !== undefined) settings.set(name, Number(value));
  }
  const rules = (await run('auditctl', ['-l'])).split('\n').filter(line => line.startsWith('-'));
  return { settings, rules };
}

/**
 * Puts the kernel's audit settings back. Once audit has been on, Linux sets every new process up for auditing
 * until the next boot, even with audit off and no rules, and each of its system calls takes the slow path
 * (audit_alloc in kernel/auditsc.c). Where audit was off before, the rule `task,never` stays behind for that
 * reason: with it new processes are as fast as they were.
 * @returns whether that rule was left
 */
export async function restoreAuditState(before: AuditState): Promise<boolean> {
  const value = (name: string) => String(before.settings.get(name) ?? 0);
  await run('auditctl', ['-D']);
  for (const rule of before.rules) await run('auditctl', rule.split(' '));
  const wasOff = before.settings.get('enabled') === 0 && before.rules.length === 0;
  if (wasOff) await run('auditctl', ['-a', 'task,never']);
  await run('auditctl', ['-b', value('backlog_limit')]);
  await run('auditctl', ['--backlog_wait_time', value('backlog_wait_time')]);
  await run('auditctl', ['-f', value('failure')]);
  await run('auditctl', ['-e', value('enabled')]);
  return wasOff;
}

/** Why rules cannot be loaded here, or undefined if they can. Changes nothing. */
export async function auditObstacle(): Promise<string | undefined> {
  const { status, stdout, stderr } = await outcome('auditctl', ['-s']);
  if (status !== 0 || !stdout.includes('enabled')) return `no audit in this kernel: ${stderr.trim()}`;
  const { settings } = await readAuditState();
  if (settings.get('enabled') === 2) return 'the audit rules are locked until the next boot';
  if (settings.get('pid') !== 0) return 'an audit daemon runs here already and is left alone';
  return undefined;
}
