/** The end of a file as a position, for consumers that must not lose what comes before their first batch. */
import { type FollowPosition, positionOf } from './position.ts';
import { Tail } from './tail.ts';

const chunkBytes = 64 * 1024;

/**
 * A position behind the last whole line of a file. Kept before following begins, it makes a restart go on from
 * there even though nothing had been delivered.
 * @returns undefined when there is no such file
 */
export async function positionAtEnd(path: string): Promise<FollowPosition | undefined> {
  const tail = await Tail.open(path, undefined, { chunkBytes, lineBytes: chunkBytes, atEnd: true });
  if (tail === undefined) return undefined;
  await tail.close();
  return positionOf(path, Date.now(), [tail.state]).position;
}
