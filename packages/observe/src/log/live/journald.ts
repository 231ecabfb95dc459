/** Follows systemd's journal through `journalctl`, which alone may read it on every system. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { journaldExport } from '../format/journald-export.ts';
import { readContext } from '../read.ts';
import type { LogDamage, LogRecord } from '../record.ts';

/** How the journal is to be followed. */
export interface FollowJournalOptions {
  /** Go on after the entry with this cursor; store it with the records. */
  readonly cursor?: string | undefined;
  /** Where to begin without a cursor: at the oldest entry, or at now (the default). */
  readonly from?: 'start' | 'end';
  /** More arguments of journalctl, e.g. `--directory=/var/log/journal`, `--unit=ssh.service`. */
  readonly filter?: readonly string[];
  readonly onDamage?: (damage: LogDamage) => void;
  readonly signal?: AbortSignal;
  /** Stop at the end of the journal instead of following it. */
  readonly once?: boolean;
}

/** Entries of the journal. */
export interface JournalBatch {
  readonly records: LogRecord[];
  /** Cursor of the last entry. */
  readonly cursor: string;
}

const errorKept = 2000;

/**
 * Follows the journal. Nothing is read from journalctl before the next batch is asked for; the pipe holds it back.
 * @throws Error when journalctl cannot be started or fails, with what it said
 */
export async function* followJournal(options: FollowJournalOptions = {}): AsyncGenerator<JournalBatch> {
  const start =
    options.cursor !== undefined
      ? [`--after-cursor=${options.cursor}`]
      : options.from === 'start' || options.once === true
        ? []
        : ['--lines=0'];
  const follow =
    options.once === true ? [] : ['--follow', ...(options.from === 'start' ? ['--no-tail'] : [])];
  const resumed = options.cursor !== undefined && options.once !== true ? ['--no-tail'] : [];
  const flags = ['--output=export', '--quiet', '--no-pager', ...follow, ...resumed, ...start];
  const child = spawn('journalctl', [...flags, ...(options.filter ?? [])], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const failure = watchExit(child);
  const abort = (): void => void child.kill('SIGTERM');
  options.signal?.addEventListener('abort', abort, { once: true });
  const parser = journaldExport.open(readContext({ name: 'journal' }));
  let records: LogRecord[] = [];
  const sink = {
    record: (record: LogRecord): void => {
      record.receivedTime = Date.now();
      records.push(record);
    },
    damage: (damage: Omit<LogDamage, 'name'>): void => options.onDamage?.({ name: 'journal', ...damage }),
  };
  try {
    for await (const chunk of child.stdout) {
      parser.push(chunk as Buffer, sink);
      const cursor = records.at(-1)?.fields['__CURSOR'];
      if (typeof cursor !== 'string') continue;
      const batch = { records, cursor };
      records = [];
      yield batch;
    }
    const error = await failure;
    if (error !== undefined && options.signal?.aborted !== true) throw error;
  } finally {
    options.signal?.removeEventListener('abort', abort);
    child.kill('SIGTERM');
  }
}

/** Resolves with what went wrong, or undefined after a good end. */
function watchExit(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Error | undefined> {
  let said = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (text: string) => {
    if (said.length < errorKept) said += text;
  });
  return new Promise(resolve => {
    child.on('error', error => resolve(new Error(`journalctl cannot be started: ${error.message}`)));
    child.on('close', code =>
      resolve(code === 0 ? undefined : new Error(`journalctl ended with ${code}: ${said.trim()}`)),
    );
  });
}
