/** Reading what /proc and commands say. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import { wordsOf } from '../error.ts';
import type { MemberSink } from '../members.ts';

const run = promisify(execFile);

/** A small file's bytes; undefined when it is not there or may not be read. */
export function bytesOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** A small file's text; undefined when it is not there or may not be read. */
export function textOf(path: string): string | undefined {
  return bytesOf(path)?.toString('utf8');
}

/** Where a link points; undefined when it cannot be told. */
export function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

/** Names in a folder; none when it cannot be read. */
export function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Ids of running processes, ascending. */
export function runningPids(): number[] {
  return namesIn('/proc')
    .filter(name => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** Files of /proc, /sys or /run as members under their own names; what is not there is noted. */
export async function keepFiles(sink: MemberSink, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const bytes = bytesOf(path);
    if (bytes === undefined) sink.note(`${path} is not there or cannot be read`, `${path} 不存在或无法读取`);
    else await sink.bytes(path, bytes, { source: path });
  }
}

/** What a command of this host prints. It is the host's own program, and believed only as far as the host is. */
export async function keepCommand(
  sink: MemberSink,
  name: string,
  program: string,
  words: readonly string[],
): Promise<void> {
  try {
    const { stdout } = await run(program, words, {
      encoding: 'buffer',
      maxBuffer: 64 << 20,
      timeout: 60_000,
      signal: sink.signal,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    });
    await sink.bytes(name, stdout, { source: `command: ${[program, ...words].join(' ')}` });
  } catch (error) {
    sink.signal.throwIfAborted();
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const words = wordsOf(error).trim();
    if (isMissing) sink.note(`${program} is not installed`, `未安装 ${program}`);
    else sink.note(`${program}: ${words}`, `${program}：${words}`);
  }
}
