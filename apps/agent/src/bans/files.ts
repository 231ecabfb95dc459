/** Files that are followed for one jail alone: logs of a kind that the agent does not know. */
import type { Guard } from '@redoubt/act/bans';
import { followGlob } from '@redoubt/observe/log';

const newline = 10;

/**
 * Follows the files of all jails until the signal aborts; each is read from its end on.
 * @param onTrouble told of a file that cannot be followed
 */
export async function followJails(
  guard: Guard,
  signal: AbortSignal,
  onTrouble: (words: string) => void,
): Promise<void> {
  const jails = guard.watch.jails.filter(({ lines }) => (lines?.files.length ?? 0) > 0);
  await Promise.all(
    jails.map(async jail => {
      try {
        const batches = followGlob({
          patterns: jail.lines?.files ?? [],
          from: 'end',
          signal,
          lineBytes: 16_384,
        });
        for await (const { bytes } of batches) for (const line of linesOf(bytes)) guard.line(jail, line);
      } catch (error) {
        if (!signal.aborted)
          onTrouble(`jail ${jail.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }),
  );
}

function* linesOf(bytes: Buffer): Generator<string> {
  let from = 0;
  for (let to = bytes.indexOf(newline); to >= 0; to = bytes.indexOf(newline, from)) {
    yield bytes.toString('utf8', from, to).replace(/\r$/, '');
    from = to + 1;
  }
  if (from < bytes.length) yield bytes.toString('utf8', from);
}
