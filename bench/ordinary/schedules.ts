/** Scheduled work: cron and systemd timers. */

import { spawn } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended, outcome, run, until } from '../lib/command.ts';
import type { Step } from './step.ts';

const JOB = '/etc/cron.d/redoubt-bench';

/**
 * cron runs a job. The job is written before the agent watches, because a new job is what a watcher has to
 * report; that it runs every minute is what has to be quiet.
 */
export const cronWork: Step = {
  name: 'cron runs a job',
  packages: ['cron'],
  async prepare(folder) {
    onCleanup(() => rmSync(JOB, { force: true }));
    writeFileSync(JOB, `* * * * * root date > ${join(folder, 'cron-ran')}\n`, { mode: 0o644 });
  },
  async work(folder) {
    const mark = join(folder, 'cron-ran');
    rmSync(mark, { force: true });
    // Where cron runs already it takes the job by itself.
    const runs = (await outcome('pgrep', ['-x', 'cron'])).status === 0;
    const cron = runs ? undefined : spawn('/usr/sbin/cron', ['-f'], { stdio: 'ignore', detached: true });
    const marks = ['/run/crond.pid', '/run/crond.reboot'].filter(file => !existsSync(file));
    const stop = onCleanup(async () => {
      if (cron === undefined) return;
      cron.kill('SIGTERM');
      await ended(cron);
      for (const file of marks) rmSync(file, { force: true });
    });
    await until('cron to run the job', () => existsSync(mark) || undefined, 150);
    await stop();
  },
};

/** A systemd timer fires a service. */
export const timerWork: Step = {
  name: 'systemd timer',
  packages: [],
  obstacle: () => (existsSync('/run/systemd/system') ? undefined : 'systemd does not run this host'),
  async work(folder) {
    const mark = join(folder, 'timer-ran');
    rmSync(mark, { force: true });
    const unit = 'redoubt-bench-timer';
    const timer = [
      '--quiet',
      '--collect',
      `--unit=${unit}`,
      '--on-active=1s',
      '--timer-property=AccuracySec=1s',
    ];
    await run('systemd-run', [...timer, 'touch', mark]);
    const stop = onCleanup(() => outcome('systemctl', ['stop', `${unit}.timer`]).then(() => {}));
    await until('the timer to fire', () => existsSync(mark) || undefined);
    await stop();
  },
};
