/** Walking file trees and measuring files: what Node's own file functions cannot do safely or fast enough. */
import { loadAddon, type NativeWalk } from './native.ts';

/** Entries of a batch. */
const mostEntries = 2_048;

/** A walk whose batches are asked for one by one, see `walkTrees`. */
export class TreeWalk {
  readonly #walk: NativeWalk;

  /**
   * @param after key that the walk begins after, whether it is there or not
   * @throws as `walkTrees`
   */
  constructor(root: string, starts: readonly Buffer[], pruned: readonly Buffer[], after = '') {
    const relative = (path: Buffer) => (path[0] === 0x2f ? path.subarray(1) : path);
    const without = pruned.map(relative).sort(Buffer.compare);
    this.#walk = loadAddon().walkOpen(root, starts.map(relative), without, Buffer.from(after));
  }

  /** The next batch, walked in a thread of the pool; empty at the end. One at a time. */
  next(most = mostEntries): Promise<Buffer> {
    return loadAddon().walkNext(this.#walk, most);
  }
}

/**
 * Walks trees in the order of keys (names by code point, a folder's content directly after it), without following
 * links. What vanishes meanwhile is passed over. Memory is that of one batch and of the names in the folders above.
 * @param root folder that the paths are below
 * @param starts paths to walk, from the root, sorted and none inside another: `/usr`
 * @param pruned paths that are neither looked at nor entered
 * @param most entries of a batch at most
 * @returns batches of `key NUL status NUL …`; a status is `TYPE MODE UID GID LINKS SIZE DEVICE INODE MTIME CTIME`
 *   (type as a letter of `fdlcbps`, mode in octal, times in seconds with nine decimals; SIZE is the device number of
 *   a device), or `!ERRNO` for what could not be read
 * @throws KernelSensorError when the addon has not been built; an error when the root cannot be opened
 */
export async function* walkTrees(
  root: string,
  starts: readonly Buffer[],
  pruned: readonly Buffer[],
  most = mostEntries,
): AsyncGenerator<Buffer> {
  const walk = new TreeWalk(root, starts, pruned);
  // The next batch is walked while this one is looked at.
  for (let next = walk.next(most); ; ) {
    const bytes = await next;
    if (bytes.length === 0) return;
    next = walk.next(most);
    next.catch(() => {}); // told at the next turn, if there is one
    yield bytes;
  }
}

/** Where records of status lie in a file, `key NUL status NUL` each, and what they are. */
export interface RecordsPlace {
  readonly from: number;
  readonly bytes: number;
  /** SHA-256 of them, hexadecimal. */
  readonly sha256: string;
}

/** What looking at records again gave. */
export interface Rechecked {
  /** Everything has the status that its record has. */
  readonly isSame: boolean;
  /** Keys of folders, before or now, whose names may be others. */
  readonly folders: readonly string[];
}

/**
 * Looks whether what records name still has the status they tell, in a thread of the pool. A record whose status
 * begins with `+` is of a folder whose names are to be read in any case.
 * @param root descriptor of the folder that the keys are below
 * @param file descriptor of the records
 * @returns undefined when the records are not those that the digest is of
 */
export async function recheckRecords(
  root: number,
  file: number,
  { from, bytes, sha256 }: RecordsPlace,
): Promise<Rechecked | undefined> {
  const answer = await loadAddon().recheck(root, file, from, bytes, sha256);
  if (answer === false) return undefined;
  const folders = answer.toString('utf8', 1).split('\0');
  folders.pop(); // behind the last NUL
  return { isSame: answer[0] === 0x3d, folders };
}

/** What is to be measured. */
export interface MeasureRequest {
  /** Path from the root as a key, see `escapeKey` of the baseline wing. */
  readonly key: string;
  /** Type letter of its status. */
  readonly type: string;
  /** Only this many bytes are hashed; 0 for all. */
  readonly prefix?: number;
}

/** What one look at a file gave. */
export interface Measured {
  /** Status of the object that was read; empty when there was none. */
  readonly stat: string;
  /** `ok`; `gone`; `busy` (it changed whenever it was read); else the name of an errno. */
  readonly status: string;
  /** Lower-case hexadecimal; empty for what is no regular file or could not be read. */
  readonly sha256: string;
  /** Where a link points, as a key. */
  readonly link: string;
  /** Extended attributes: `NAME=HEX;` for each. */
  readonly attributes: string;
}

/**
 * Measures files, in a thread of the pool. Nothing is followed, nothing blocks: a file that has become a link or a
 * pipe is told as such, and what is hashed is what its status is of.
 * @param bytesPerSecond limit of reading; 0 for none
 */
export async function measureFiles(
  root: string,
  requests: readonly MeasureRequest[],
  bytesPerSecond = 0,
): Promise<Measured[]> {
  const text = requests.map(({ key, type, prefix = 0 }) => `${key}\0${type}\0${prefix}\0`).join('');
  const answer = await loadAddon().measure(root, Buffer.from(text), bytesPerSecond);
  const fields = answer.toString('utf8').split('\0');
  return requests.map((_, at) => {
    const [stat = '', status = '', sha256 = '', link = '', attributes = ''] = fields.slice(
      at * 5,
      at * 5 + 5,
    );
    return { stat, status, sha256, link, attributes };
  });
}
