/** Taking malicious files into quarantine, one after the other, each step in the journal. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { AccessFinding } from '@redoubt/act/on-access';
import { isReleased } from '@redoubt/act/quarantine';
import type { Bilingual, JournalSink } from '@redoubt/model';

const run = promisify(execFile);
const child = join(import.meta.dirname, 'take-child.ts');

/** What became of a file. */
export type Taken = { readonly id: string } | { readonly error: string };

/** The agent's way into the vault. */
export class Taking {
  readonly #folder: string;
  readonly #journal: JournalSink;
  #last: Promise<unknown> = Promise.resolve();

  constructor(stateDirectory: string, journal: JournalSink) {
    this.#folder = join(stateDirectory, 'quarantine');
    this.#journal = journal;
  }

  /** Whether somebody has restored this content from quarantine. Cheap. */
  isReleased(sha256: string): boolean {
    return isReleased(this.#folder, sha256);
  }

  /** Takes a file; it stays in its place when that cannot be done. */
  take(found: AccessFinding, uid: string): Promise<Taken> {
    const result = this.#last.then(() => this.#take(found, uid));
    this.#last = result;
    return result;
  }

  async #take(
    { path, identity, sha256 = '', process: who, verdict }: AccessFinding,
    uid: string,
  ): Promise<Taken> {
    const cause = {
      by: 'on-access',
      findings: [uid],
      ...(verdict?.findings[0] !== undefined && { reason: verdict.findings[0].signature }),
      ...(who !== undefined && {
        process: { pid: who.pid ?? 0, ...(who.file?.path !== undefined && { path: who.file.path }) },
      }),
    };
    await this.#tell(path, 'begun', { en: `take ${path} into quarantine`, zh: `将 ${path} 移入隔离区` });
    const words = [
      this.#folder,
      path,
      String(identity?.dev),
      String(identity?.ino),
      sha256,
      JSON.stringify(cause),
    ];
    try {
      const { stdout: id } = await run(process.execPath, [child, ...words], { encoding: 'utf8' });
      await this.#tell(path, 'done', {
        en: `${path} is in quarantine as ${id}; back with: redoubt quarantine restore ${id}`,
        zh: `${path} 已隔离，编号 ${id}；恢复：redoubt quarantine restore ${id}`,
      });
      return { id };
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      const reason = stderr || message;
      await this.#tell(path, 'failed', { en: reason, zh: reason });
      return { error: reason };
    }
  }

  async #tell(subject: string, outcome: 'begun' | 'done' | 'failed', text: Bilingual): Promise<void> {
    const entry = {
      time: Date.now(),
      actor: 'redoubt',
      action: 'on-access.quarantine',
      subject,
      outcome,
      text,
    };
    await this.#journal.append(entry);
  }
}
