/** clamd for one run: one that went over the same files before would know them again. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onCleanup } from '../lib/cleanup.ts';
import { ended } from '../lib/command.ts';

/** Starts a clamd anew for each run. */
export class ClamdOfBench {
  readonly configuration: string;

  constructor(folder: string, database: string, threads: string) {
    this.configuration = join(folder, 'clamd.conf');
    const lines = [
      `LocalSocket ${join(folder, 'clamd.sock')}`,
      `DatabaseDirectory ${database}`,
      'Foreground yes',
      `MaxThreads ${threads}`,
      'MaxFileSize 2000M',
      'MaxScanSize 2000M',
      'StreamMaxLength 2000M',
    ];
    writeFileSync(this.configuration, `${lines.join('\n')}\n`);
  }

  /** Does the work while it runs. @param work is told its process id */
  async during<T>(work: (pid: number | undefined) => Promise<T>): Promise<T> {
    const daemon = spawn('clamd', ['--config-file', this.configuration], { stdio: 'ignore' });
    const stop = onCleanup(async () => {
      daemon.kill('SIGTERM');
      await ended(daemon);
    });
    try {
      const words = ['--config-file', this.configuration, '--ping', '60:1'];
      await ended(spawn('clamdscan', words, { stdio: 'ignore' }));
      return await work(daemon.pid);
    } finally {
      await stop();
    }
  }
}
