/** Integrity in the agent: files are judged as they change, every golden state is compared once a day. */
import { spawn } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Head, Heads, StateError, Vault } from '@redoubt/baseline';
import type { Bilingual, EventView, Finding, Process } from '@redoubt/model';
import { ReducedSensor } from '@redoubt/observe';
import { shippedContent } from '../options.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { inWords } from '../words.ts';
import type { IntegrityAnswer } from './contract.ts';
import { goldenItems } from './golden-items.ts';
import { GoldenWatch, type GoldenWatchOptions } from './golden-watch.ts';

const day = 86_400_000;
/** A check that an overflow asks for waits so long, milliseconds: what caused it should be over. */
const overflowRest = 60_000;
/** A signature is placed in several steps; the state is looked at so long after the last, milliseconds. */
const reloadRest = 200;
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
  /** Kept apart from the states, so that who can delete those does not have this one in the same folder. */
  readonly #heads: Heads;
  #watch: GoldenWatch | undefined;
  #reason: Bilingual | undefined;
  #lastCheck: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #child: ReturnType<typeof spawn> | undefined;
  #soon = false;
  #isChecking = false;
  #folder: FSWatcher | undefined;
  #reloading: NodeJS.Timeout | undefined;
  #loading: Promise<void> = Promise.resolve();
  #isStopped = false;
  #who: { readonly uid: unknown; readonly process: Process | undefined } = {
    uid: undefined,
    process: undefined,
  };

  constructor(context: PartContext) {
    this.#context = context;
    this.#vault = new Vault(join(context.options.stateDirectory, 'baseline'));
    this.#heads = new Heads(join(context.options.stateDirectory, 'baseline-heads.json'));
  }

  async start(): Promise<void> {
    await this.#load();
    this.#context.onEvent(view => this.#onEvent(view));
    await mkdir(this.#vault.directory, { recursive: true, mode: 0o700 });
    this.#folder = watch(this.#vault.directory, (_, name) => {
      if (name === null || /^files\.\d+\.state/.test(name)) this.#reloadSoon();
    });
    this.#folder.unref();
    this.#timer = setTimeout(() => this.#check(), day);
    this.#timer.unref();
  }

  /** A state was signed, or is gone. */
  #reloadSoon(): void {
    clearTimeout(this.#reloading);
    this.#reloading = setTimeout(() => {
      this.#loading = this.#loading.then(() => this.#load()).catch(() => {});
    }, reloadRest);
    this.#reloading.unref();
  }

  async #load(): Promise<void> {
    if (this.#isStopped) return;
    const golden = await this.#vault.golden('files').catch(() => undefined);
    if (golden !== undefined && golden.file === this.#watch?.golden.file) return;
    try {
      const options = { context: this.#context, vault: this.#vault, onLost: () => this.#checkSoon() };
      const next = await GoldenWatch.open(options);
      const head = { generation: next.golden.header.generation, sha256: next.golden.digest };
      try {
        await this.#heads.require('files', head);
        if (await this.#heads.note('files', head)) await this.#journal(head);
      } catch (error) {
        await next.stop();
        throw error;
      }
      this.#reason = undefined;
      await this.#watch?.stop();
      this.#watch = next;
      if (this.#context.sensor instanceof ReducedSensor) await this.#listen(next, options);
      this.#context.warn({ code: 'integrity-refused', active: false, text: { en: '', zh: '' } });
    } catch (error) {
      this.#reason = inWords(error);
      // No state yet is how every host begins; a state that is refused or gone is for a person to look at.
      const none = error instanceof StateError && error.code === 'missing';
      if (!none || (await this.#heads.of('files').catch(() => undefined)) !== undefined)
        this.#context.warn({ code: 'integrity-refused', active: true, text: this.#reason });
    }
  }

  /** Without a sensor in the kernel, fanotify or inotify tells of changes. */
  async #listen(next: GoldenWatch, options: GoldenWatchOptions): Promise<void> {
    try {
      await next.listen(options);
      const blind = [...(next.watch?.blind ?? [])].map(([place, word]) => `${place} (${word})`).join(', ');
      if (blind === '') return;
      this.#reason = {
        en: `changes below ${blind} are found by whole checks only`,
        zh: `${blind} 下的更改只能由完整检查发现`,
      };
    } catch (error) {
      const { en, zh } = inWords(error);
      this.#reason = {
        en: `files are not judged as they change, only by whole checks: ${en}`,
        zh: `无法实时判断文件更改，只能完整检查：${zh}`,
      };
    }
  }

  /** What the journal holds cannot be taken out of it unnoticed. */
  async #journal(head: Head): Promise<void> {
    const text = {
      en: `golden state number ${head.generation} of files counts: ${head.sha256}`,
      zh: `文件的第 ${head.generation} 代黄金状态生效：${head.sha256}`,
    };
    await this.#context.journal.append({
      time: Date.now(),
      actor: 'integrity',
      action: 'baseline.head',
      subject: 'files',
      outcome: 'done',
      text,
      detail: { ...head },
    });
  }

  #onEvent(view: EventView): void {
    if (view.kind === 'sensor.loss') this.#checkSoon();
    const drift = this.#watch?.drift;
    if (drift === undefined || !touching.has(view.kind)) return;
    for (const field of pathFields) {
      const path = view.get(field);
      if (typeof path === 'string' && path.startsWith('/'))
        drift.touch(path.replaceAll('\\', '\\\\'), () => this.#processOf(view));
    }
  }

  /** The process that an event is about, with its ancestry; one object for all its changes in a row. */
  #processOf(view: EventView): Process | undefined {
    const uid = view.get('actor.process.uid') ?? view.get('process.uid');
    if (uid === undefined || this.#who.uid !== uid)
      this.#who = { uid, process: view.toEvent().actor?.process };
    return this.#who.process;
  }

  /** Something may have been missed: a whole check finds it. */
  #checkSoon(): void {
    if (this.#watch === undefined || this.#soon) return;
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
      this.#context.warn({ code: 'integrity-check', active: true, text: inWords(error) });
    } finally {
      this.#isChecking = false;
    }
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => this.#check(), this.#soon ? overflowRest : day);
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
    const header = this.#watch?.golden.header;
    const watch = this.#watch?.watch;
    const reduced = this.#context.sensor instanceof ReducedSensor;
    const source = watch !== undefined ? watch.source : reduced ? 'none' : 'kernel';
    return {
      watching: this.#watch !== undefined && source !== 'none',
      source,
      lost: this.#watch?.lost ?? 0,
      ...(this.#reason === undefined ? {} : { reason: this.#reason }),
      ...(header === undefined ? {} : { generation: header.generation, signed_time: header.created }),
      ...(this.#watch?.drift.counters ?? { touched: 0, looked: 0, changes: 0, overflowed: 0 }),
      ...(this.#lastCheck === undefined ? {} : { last_check: this.#lastCheck }),
      checking: this.#isChecking,
      states: await goldenItems(this.#vault),
    };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#folder?.close();
    clearTimeout(this.#timer);
    clearTimeout(this.#reloading);
    this.#child?.kill();
    await this.#loading;
    await this.#watch?.stop();
  }
}
