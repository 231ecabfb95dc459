/** Start-up items in the agent: looked at every few minutes, and at once when something touches one of their places. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { DriftJudgement } from '@redoubt/baseline';
import { watchedPlaces } from '@redoubt/baseline/inventory-places';
import { inventoryTitles } from '@redoubt/baseline/inventory-titles';
import { type Bilingual, draftFinding, type Finding, type Process, type StateChange } from '@redoubt/model';
import { requireSocket } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { type InventoryAnswer, InventoryParams } from './contract.ts';
import { Listings } from './listing.ts';
import { type Touched, WatchedPaths, whoTouched } from './watched.ts';

/** What a look is at. */
export interface LookOrder {
  /** File of what is remembered. */
  readonly path: string;
  readonly root: string;
  /** Kinds of start-up items; all of them when absent. */
  readonly kinds?: readonly string[];
}

/** What a look tells. */
export interface LookReport {
  readonly items: number;
  readonly judged: readonly { readonly change: StateChange; readonly judgement: DriftJudgement }[];
  readonly troubles: { readonly key: string; readonly text: Bilingual }[];
  /** Nothing was remembered: what there is, is learned. */
  readonly isFirst: boolean;
  /** Everything was looked at. */
  readonly isWhole: boolean;
  /** Why what was remembered cannot be used. */
  readonly damage: string | undefined;
}

/** Milliseconds: between looks; from a start to the first; from an event to the look that it asks for. */
const interval = 5 * 60_000;
const firstLook = 12_000;
const afterEvent = 400;
/** Events cannot ask for looks more often than this: an installation touches hundreds of places. */
const leastBetween = 2_000;

const states = Object.entries(inventoryTitles).map(([name, title]) => ({ name, title }));

const packageManagers = new Set([
  '/usr/bin/dpkg',
  '/usr/bin/dpkg-deb',
  '/usr/bin/apt-get',
  '/usr/bin/apt',
  '/usr/bin/rpm',
  '/usr/bin/dnf',
  '/usr/bin/yum',
  '/sbin/apk',
  '/usr/bin/unattended-upgrade',
]);

/** Starts the part. */
export async function startInventory(context: PartContext): Promise<AgentPart> {
  return new InventoryPart(context);
}

class InventoryPart implements AgentPart {
  readonly name = 'inventory';
  readonly #context: PartContext;
  readonly #watched = new WatchedPaths(watchedPlaces);
  readonly #listings = new Listings();
  readonly #answer = {
    items: 0,
    looked: null as number | null,
    looks: 0,
    prompted: 0,
    changes: 0,
    explained: 0,
    findings: 0,
    troubles: [] as LookReport['troubles'],
  };
  #timer: NodeJS.Timeout;
  /** When the timer fires, by `performance.now()`. */
  #due: number;
  #last = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #worker: Worker | undefined;
  #isPrompted = false;
  /** The next look is at everything; one that an event asks for is at the kinds that the event is about. */
  #isWhole = true;
  /** When everything was looked at last, by `performance.now()`. */
  #lastWhole = Number.NEGATIVE_INFINITY;
  #isStopped = false;

  constructor(context: PartContext) {
    this.#context = context;
    this.#due = performance.now() + firstLook;
    this.#timer = this.#timerIn(firstLook);
    context.onEvent(view => {
      if (this.#watched.see(view)) this.#prompt();
    });
  }

  routes(api: Parameters<NonNullable<AgentPart['routes']>>[0]): void {
    const answer = (): InventoryAnswer => ({
      ...this.#answer,
      unattributed: this.#watched.forgotten,
      states,
    });
    api.get('/api/inventory', answer);
    api.get('/api/inventory/:name', { schema: { params: InventoryParams } }, ({ params }) =>
      this.#listings.list(params.name),
    );
    api.post('/api/inventory/look', { onRequest: async request => requireSocket(request) }, async () => {
      // A look that began before the request may have passed by what the request is about.
      await this.#looking;
      this.#isWhole = true;
      await this.#look();
      return answer();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#listings.stop();
    await this.#worker?.terminate();
    await this.#looking?.catch(() => undefined);
  }

  #timerIn(delay: number): NodeJS.Timeout {
    return setTimeout(() => {
      // What nobody's event asked for is the look at everything.
      if (!this.#isPrompted) this.#isWhole = true;
      this.#look().catch(error => this.#warn(error));
    }, delay).unref();
  }

  #schedule(delay: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#due = performance.now() + delay;
    this.#timer = this.#timerIn(delay);
  }

  #prompt(): void {
    this.#isPrompted = true;
    const now = performance.now();
    const due = Math.max(now + afterEvent, this.#last + leastBetween);
    if (this.#looking === undefined && due < this.#due) this.#schedule(due - now);
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookNow().finally(() => {
      this.#looking = undefined;
      this.#last = performance.now();
      this.#schedule(interval);
      if (this.#isPrompted) this.#prompt();
    });
    return this.#looking;
  }

  async #lookNow(): Promise<void> {
    if (this.#isPrompted) this.#answer.prompted++;
    this.#isPrompted = false;
    const { touched, kinds } = this.#watched.take();
    // Events that come without end must not keep everything else from being looked at.
    const isWhole = this.#isWhole || performance.now() - this.#lastWhole >= interval;
    const path = join(this.#context.options.stateDirectory, 'inventory.json');
    const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
      workerData: { path, root: '/', ...(!isWhole && { kinds: [...kinds] }) } satisfies LookOrder,
    });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    worker.once('message', (report: LookReport) => {
      this.#take(report, touched);
      worker.postMessage('told');
    });
    worker.once('error', reject);
    worker.once('exit', code =>
      code === 0 ? resolve() : reject(new Error(`the look ended with status ${code}`)),
    );
    try {
      await promise;
      if (isWhole) {
        this.#isWhole = false;
        this.#lastWhole = performance.now();
      }
      this.#warn(undefined);
    } finally {
      this.#worker = undefined;
    }
  }

  #take({ items, judged, troubles, damage, isWhole }: LookReport, touched: Touched): void {
    const answer = this.#answer;
    Object.assign(answer, { items, looked: Date.now() }, isWhole && { troubles });
    answer.looks++;
    answer.changes += judged.length;
    for (const { change, judgement } of judged) {
      const { facts } = change.kind === 'removed' ? change.before : change.after;
      const process = whoTouched(touched, String(facts['path']));
      if (typeof facts['package'] === 'string' && isPackageManager(process)) {
        answer.explained++;
        continue;
      }
      answer.findings++;
      this.#context.publish(findingOf(change, judgement, process));
    }
    this.#context.warn({
      code: 'inventory-memory',
      active: damage !== undefined,
      text: {
        en: `What was remembered of start-up items cannot be used, so they are learned anew: ${damage ?? ''}`,
        zh: `自启动项的记录无法使用，已重新学习：${damage ?? ''}`,
      },
    });
  }

  #warn(error: unknown): void {
    if (this.#isStopped) return;
    const words = error instanceof Error ? error.message : String(error);
    this.#context.warn({
      code: 'inventory-look',
      active: error !== undefined,
      text: { en: `Start-up items could not be looked at: ${words}`, zh: `无法检查自启动项：${words}` },
    });
  }
}

/** Whether a process is a package manager or was started by one. */
function isPackageManager(process: Process | undefined): boolean {
  if (process === undefined) return false;
  return [process, ...(process.ancestry ?? [])].some(
    ({ file }) => file?.path !== undefined && packageManagers.has(file.path),
  );
}

function findingOf(
  change: StateChange,
  { severity, title, reasons, tags, mlps, advice }: DriftJudgement,
  process: Process | undefined,
): Finding {
  const { facts } = change.kind === 'removed' ? change.before : change.after;
  const path = String(facts['path']);
  const who = process?.file?.path ?? process?.name;
  const by =
    who === undefined
      ? { en: '', zh: '' }
      : { en: ` by ${who} (${process?.pid ?? '?'})`, zh: `，由 ${who}（${process?.pid ?? '?'}）造成` };
  return draftFinding({
    analytic: { uid: 'persistence-inventory', name: 'Inventory of start-up items' },
    title,
    description: {
      en: `What starts by itself has changed since it was last looked at${by.en}.`,
      zh: `自上次检查以来，自启动项发生了变化${by.zh}。`,
    },
    severity,
    reasons,
    evidences: [
      {
        ...(process === undefined ? {} : { process }),
        file: { path, name: path.slice(path.lastIndexOf('/') + 1) },
        event: { ...change },
      },
    ],
    dedupKey: `persistence:${change.kind}:${change.key}:${JSON.stringify(change.kind === 'removed' ? '' : (facts['sha256'] ?? ''))}`,
    tags,
    ...(mlps === undefined ? {} : { mlps }),
    ...(advice === undefined ? {} : { advice }),
  });
}
