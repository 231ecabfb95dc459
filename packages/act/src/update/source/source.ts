/** Where updates come from: a folder, an HTTPS server, or a file that was carried in. */
import { UpdateRefused } from '../refusal.ts';

/** A repository of updates, trusted in nothing. */
export interface UpdateSource {
  /** Where it is, for people. */
  readonly place: string;
  /**
   * The bytes at a path of the repository, or undefined when there is nothing.
   * @param most bytes read at the most
   * @throws UpdateRefused `endless_data` when there are more, `unreachable` when it cannot be asked
   */
  fetch(path: string, most: number): Promise<Buffer | undefined>;
  close(): Promise<void>;
}

/** The refusal of a file that goes on beyond what was announced. */
export function endless(path: string, most: number): UpdateRefused {
  return new UpdateRefused(
    'endless_data',
    path,
    `goes on beyond ${most} bytes`,
    `超过应有的 ${most} 字节仍未结束`,
  );
}
