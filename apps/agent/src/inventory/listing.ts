/** The states of the inventory as they are now, each collected when it is asked for. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type InventoryName, inventoryTitles } from '@redoubt/baseline/inventory-titles';
import { notFound } from '../api/errors.ts';
import type { InventoryListing } from './contract.ts';

/** A collection is good for so long, milliseconds. */
const goodFor = 3_000;

/** Collects states one after another: looking at a host must not burden it. */
export class Listings {
  readonly #known = new Map<InventoryName, InventoryListing>();
  #queue: Promise<unknown> = Promise.resolve();
  #worker: Worker | undefined;
  #isStopped = false;

  /** @throws ApiFailure `not_found` for a name that is none */
  list(text: string): Promise<InventoryListing> {
    if (!Object.hasOwn(inventoryTitles, text))
      throw notFound({ en: `inventory of "${text}"`, zh: `名为“${text}”的清单` });
    const name = text as InventoryName;
    const listing = this.#queue.then(() => this.#listed(name));
    this.#queue = listing.catch(() => undefined);
    return listing;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#worker?.terminate();
    await this.#queue;
  }

  async #listed(name: InventoryName): Promise<InventoryListing> {
    const known = this.#known.get(name);
    if (known !== undefined && Date.now() - known.time < goodFor) return known;
    if (this.#isStopped) throw new Error('the agent is ending');
    const worker = new Worker(join(import.meta.dirname, 'listing-worker.ts'), { workerData: { name } });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<InventoryListing>();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`listing ${name} ended with status ${code}`)));
    const listing = await promise.finally(() => {
      this.#worker = undefined;
    });
    // One is kept, for pages that ask at once; thousands of entries of each would be memory for nothing.
    this.#known.clear();
    this.#known.set(name, listing);
    setTimeout(() => this.#known.delete(name), goodFor).unref();
    return listing;
  }
}
