/** The Linux audit daemon with rules that record what Redoubt records. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended, run, until } from '../lib/command.ts';
import { say } from '../lib/language.ts';
import { watchUsage } from '../lib/process-usage.ts';
import { makeWorkplace } from '../lib/workplace.ts';
import { auditObstacle, readAuditState, restoreAuditState } from './audit-state.ts';
import type { Condition, Running } from './condition.ts';

const rules = join(import.meta.dirname, '../peers/audit.rules');
let toldOfRemainder = false;

/** A copy of Debian's configuration that writes its log below `folder`; nothing in /etc is touched. */
function makeConfiguration(folder: string): void {
  mkdirSync(join(folder, 'plugins.d'));
  const settings = readFileSync('/etc/audit/auditd.conf', 'utf8')
    .replace(/^log_file *=.*$/m, `log_file = ${folder}/audit.log`)
    .replace(/^plugin_dir *=.*$/m, `plugin_dir = ${folder}/plugins.d`);
  writeFileSync(join(folder, 'auditd.conf'), settings, { mode: 0o640 });
  // auditctl refuses rules that others than root may read or write.
  writeFileSync(join(folder, 'rules'), readFileSync(rules), { mode: 0o600 });
}

/** The newest audit event id in the logs; ids grow by one an event. */
function newestEvent(folder: string): number {
  let newest = 0;
  for (const name of readdirSync(folder).filter(file => file.startsWith('audit.log'))) {
    for (const [, id] of readFileSync(join(folder, name), 'latin1').matchAll(/msg=audit\([\d.]+:(\d+)\)/g)) {
      newest = Math.max(newest, Number(id));
    }
  }
  return newest;
}

async function start(): Promise<Running> {
  const before = await readAuditState();
  const { folder, remove } = makeWorkplace('auditd');
  makeConfiguration(folder);
  const daemon = spawn('/sbin/auditd', ['-n', '-c', folder], { stdio: 'ignore', detached: true });
  const stop = onCleanup(async () => {
    const left = await restoreAuditState(before);
    if (left && !toldOfRemainder) {
      toldOfRemainder = true;
      say(
        'Left behind: the audit rule "task,never", without which system calls stay slower until the next boot now that audit has been on; `auditctl -D` removes it.',
        '保留了审计规则“task,never”：审计一旦启用过，没有它系统调用会一直变慢直到下次启动；可用 auditctl -D 删除。',
      );
    }
    daemon.kill('SIGTERM');
    await ended(daemon);
  });
  await until('auditd', async () => {
    if (daemon.exitCode !== null) throw new Error(`auditd ended with ${daemon.exitCode}`);
    return (await readAuditState()).settings.get('pid') === daemon.pid || undefined;
  });
  await run('auditctl', ['-R', join(folder, 'rules')]);
  return {
    async observe() {
      await run('auditctl', ['--reset-lost']);
      const eventsBefore = newestEvent(folder);
      const endUsage = watchUsage(daemon.pid ?? 0);
      return async () => {
        const usage = endUsage();
        await until('auditd to empty its queue', async () => {
          return (await readAuditState()).settings.get('backlog') === 0 || undefined;
        });
        const lost = (await readAuditState()).settings.get('lost') ?? 0;
        return { usage, recorded: newestEvent(folder) - eventsBefore, lost };
      };
    },
    async stop() {
      await stop();
      await remove();
    },
  };
}

/** auditd with the rules of peers/audit.rules. */
export const auditd: Condition = { name: 'auditd', packages: ['auditd'], obstacle: auditObstacle, start };
