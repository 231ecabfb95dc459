/** Integrity in the agent: files are judged as they change, every golden state is compared once a day. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  filesCollector,
  findingOfDrift,
  type Golden,
  GoldenLookup,
  LiveFiles,
  parsePolicy,
  requireFitting,
  StateError,
  Vault,
} from '@redoubt/baseline';
import type { Bilingual, EventView, Finding, Process } from '@redoubt/model';
import { deviceOf } from '../host/host.ts';
import { shippedContent } from '../options.ts';
import type { AgentPart, PartContext } from '../part.ts';
import type { IntegrityAnswer } from './contract.ts';
import { goldenItems } from './golden-items.ts';

const day = 86_400_000;
/** A check that an overflow asks for waits so long, milliseconds: what caused it should be over. */
const overflowRest = 60_000;
const checkChild = join(import.meta.dirname, 'check-child.ts');

/** Kinds of events after which a file may be another. */
const touching = new Set([
  'file.create',
  'file.write',
  'file.rename',
  'file.unlink',
  'file.link',
  'file.symlink',
  'file.chmod',
  'file.chown',
  'file.setxattr',
  'file.truncate',
  'file.mknod',
  'file.mkdir',
  'file.rmdir',
]);
const pathFields = ['file.path', 'file_result.path'] as const;

const words = (error: unknown): Bilingual => {
  if (error instanceof StateError) return error.text;
  const text = error instanceof Error ? error.message : String(error);
  return { en: text, zh: text };
};

/** Starts the part; on a host without a golden state it only says so. */
export async function startIntegrity(context: PartContext): Promise<AgentPart> {
  const part = new IntegrityPart(context);
  await part.start();
  return part;
}

class IntegrityPart implements AgentPart {
  readonly name = 'integrity';
  readonly #context: PartContext;
  readonly #vault: Vault;
  #live: LiveFiles<Process | undefined> | undefined;
  #lookup: GoldenLookup | undefined;
  #golden: Golden | undefined;
  #reason: Bilingual | undefined;
  #lastCheck: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #child: ReturnType<typeof spawn> | undefined;
  #overflowed = 0;
  #soon = false;
  #isChecking = false;
  #isStopped = false;

  constructor(context: PartContext) {
    this.#context = context;
    this.#vault = new Vault(join(context.options.stateDirectory, 'baseline'));
  }

  async start(): Promise<void> {
    try {
      await this.#watch();
    } catch (error) {
      this.#reason = words(error);
      // No state yet is how every host begins; a state that is refused is for a person to look at.
      if (!(error instanceof StateError && error.code === 'missing'))
        this.#context.warn({ code: 'integrity-refused', active: true, text: this.#reason });
    }
    this.#timer = setTimeout(() => this.#check(), day);
    this.#timer.unref();
  }

  async #watch(): Promise<void> {
    const collector = filesCollector({ content: shippedContent });
    const policy = parsePolicy(collector.policy ?? '');
    const golden = await this.#vault.open('files', await this.#vault.verifiers());
    const { host } = this.#context;
    try {
      requireFitting(golden, collector, host.machine_id || host.hostname, '/');
      this.#lookup = await GoldenLookup.build(golden.entries(), join(this.#vault.directory, 'files.lookup'));
    } finally {
      await golden.close();
    }
    this.#golden = golden;
    const device = deviceOf(host);
    const since = golden.header.created;
    const lookup = this.#lookup;
    this.#live = new LiveFiles<Process | undefined>({
      policy,
      root: '/',
      golden: key => lookup.get(key),
      onChange: async (change, process) => {
        const judgement = collector.judge(change);
        if (judgement === undefined || (await collector.explain?.(change, { root: '/', since }))) return;
        this.#context.publish(findingOfDrift(collector, change, judgement, process, device));
      },
    });
    this.#context.onEvent(view => this.#onEvent(view));
  }

  #onEvent(view: EventView): void {
    if (view.kind === 'sensor.loss') this.#checkSoon();
    if (!touching.has(view.kind)) return;
    for (const field of pathFields) {
      const path = view.get(field);
      if (typeof path === 'string' && path.startsWith('/'))
        this.#live?.touch(path.replaceAll('\\', '\\\\'), () => processOf(view));
    }
    const overflowed = this.#live?.counters.overflowed ?? 0;
    if (overflowed > this.#overflowed) this.#checkSoon();
    this.#overflowed = overflowed;
  }

  /** Something may have been missed: a whole check finds it. */
  #checkSoon(): void {
    if (this.#live === undefined || this.#soon) return;
    this.#soon = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), overflowRest);
    this.#timer.unref();
  }

  /** Compares everything in a process of its own. */
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    this.#soon = false;
    try {
      const names = new Set((await this.#vault.list()).filter(one => one.signed).map(one => one.collector));
      if (names.size > 0) await this.#runChild([...names]);
      this.#lastCheck = Date.now();
      this.#context.warn({ code: 'integrity-check', active: false, text: { en: '', zh: '' } });
    } catch (error) {
      this.#context.warn({ code: 'integrity-check', active: true, text: words(error) });
    } finally {
      this.#isChecking = false;
    }
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#check(), day);
    this.#timer.unref();
  }

  async #runChild(names: readonly string[]): Promise<void> {
    const child = spawn(
      process.execPath,
      [checkChild, this.#vault.directory, '/', shippedContent, ...names],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#child = child;
    let complaint = '';
    child.stderr.on('data', piece => {
      complaint = (complaint + piece).slice(-2000);
    });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    try {
      for await (const line of createInterface({ input: child.stdout }))
        this.#context.publish(JSON.parse(line) as Finding);
      const code = await ended;
      if (code !== 0) throw new Error(complaint.trim().split('\n').at(-1) ?? `the check ended with ${code}`);
    } finally {
      this.#child = undefined;
    }
  }

  routes(api: Parameters<NonNullable<AgentPart['routes']>>[0]): void {
    api.get('/api/integrity', () => this.#answer());
    api.post('/api/integrity/check', async () => {
      clearTimeout(this.#timer);
      // It goes on by itself: a whole check takes minutes on a large host.
      void this.#check();
      return this.#answer();
    });
  }

  async #answer(): Promise<IntegrityAnswer> {
    const header = this.#golden?.header;
    return {
      watching: this.#live !== undefined,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      ...(header === undefined ? {} : { generation: header.generation, signed_time: header.created }),
      ...(this.#live?.counters ?? { touched: 0, looked: 0, changes: 0, overflowed: 0 }),
      ...(this.#lastCheck === undefined ? {} : { last_check: this.#lastCheck }),
      checking: this.#isChecking,
      states: await goldenItems(this.#vault),
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#child?.kill();
    await this.#live?.stop();
    this.#lookup?.close();
  }
}

/** The process that an event is about, with its ancestry. */
function processOf(view: EventView): Process | undefined {
  const event = view.toEvent() as { actor?: { process?: Process } };
  return event.actor?.process;
}
