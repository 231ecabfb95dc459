/** Looking up process rows while decoding: the same few are asked for again and again. */
import type { StoredProcess } from '@redoubt/model';
import type { ReadConnection } from './connection.ts';

const cachedProcesses = 2000;

/** Finds processes by identity; keeps the last 2000 asked for. */
export class ProcessLookup {
  readonly #connection: ReadConnection;
  readonly #images = new Map<string, readonly StoredProcess[]>();

  constructor(connection: ReadConnection) {
    this.#connection = connection;
  }

  /** Every image of a process that is kept, in order; empty when there is none. */
  images(bootId: string, uid: string): readonly StoredProcess[] {
    const key = `${bootId} ${uid}`;
    const known = this.#images.get(key);
    if (known !== undefined) return known;
    const rows = this.#connection
      .statement(
        `select p.body from process p join boot b on b.number = p.boot where b.boot_id = ? and p.uid = ?
         order by p.image`,
      )
      .all(bootId, uid);
    const images = rows.map(row => processOf(String(row['body']), bootId));
    const oldest = this.#images.keys().next();
    if (this.#images.size >= cachedProcesses && !oldest.done) this.#images.delete(oldest.value);
    this.#images.set(key, images);
    return images;
  }

  /** One image; the latest when `image` is absent. */
  find(bootId: string, uid: string, image?: number): StoredProcess | undefined {
    const images = this.images(bootId, uid);
    return image === undefined ? images.at(-1) : images.find(row => row.image === image);
  }

  /** The image that the process had at a time. */
  at(bootId: string, uid: string, time: number): StoredProcess | undefined {
    const images = this.images(bootId, uid);
    return images.findLast(row => (row.exec_time ?? row.start_time) <= time) ?? images[0];
  }

  /** Forgets what may have changed since. */
  forget(): void {
    this.#images.clear();
  }
}

/** The row of a process from its stored JSON, which leaves out the boot. */
export function processOf(body: string, bootId: string): StoredProcess {
  return { ...(JSON.parse(body) as Omit<StoredProcess, 'boot_id'>), boot_id: bootId };
}
