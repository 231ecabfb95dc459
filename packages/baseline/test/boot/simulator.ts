/** A software TPM (swtpm) in a folder of its own, driven by tpm2-tools. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Measured } from './writer.ts';

/** A TPM that runs until it is ended. */
export class Simulator {
  readonly folder: string;
  /** How tpm2-tools reach it. */
  readonly tcti: string;
  readonly #process: ChildProcess;

  private constructor(folder: string, tcti: string, process: ChildProcess) {
    this.folder = folder;
    this.tcti = tcti;
    this.#process = process;
  }

  static async start(): Promise<Simulator> {
    const folder = mkdtempSync(join(tmpdir(), 'redoubt-boot-'));
    const socket = join(folder, 'tpm.sock');
    const places = ['--server', `type=unixio,path=${socket}`, '--ctrl', `type=unixio,path=${socket}.ctrl`];
    const child = spawn(
      'swtpm',
      [
        'socket',
        '--tpm2',
        '--tpmstate',
        `dir=${folder}`,
        ...places,
        '--flags',
        'not-need-init,startup-clear',
      ],
      { stdio: 'ignore' },
    );
    while (!existsSync(socket) && child.exitCode === null) await wait(20);
    return new Simulator(folder, `swtpm:path=${socket}`, child);
  }

  extend(pcr: number, digests: Record<string, Buffer>): void {
    const values = Object.entries(digests).map(([bank, value]) => `${bank}=${value.toString('hex')}`);
    execFileSync('tpm2_pcrextend', [`${pcr}:${values.join(',')}`], {
      env: { ...process.env, TPM2TOOLS_TCTI: this.tcti },
    });
  }

  /** What a firmware would measure. */
  measure(all: readonly Measured[]): void {
    for (const { pcr, data } of all)
      this.extend(pcr, {
        sha1: createHash('sha1').update(data).digest(),
        sha256: createHash('sha256').update(data).digest(),
      });
  }

  end(): void {
    this.#process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
