/** Content in the agent: updates by itself where that was asked for, reloads, and the way back when it errs. */
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { InstalledContent, trustedRoot, UpdateRefused } from '@redoubt/act/update';
import type { Bilingual } from '@redoubt/model';
import { requireSocket } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import { FindingBudget } from './budget.ts';
import type { ContentAnswer } from './contract.ts';
import { readUpdateSettings } from './settings.ts';

const hour = 3_600_000;
/** The first look after a start waits so long, milliseconds: a host that comes up has other work. */
const firstLook = 60_000;

/** Starts the part. */
export async function startContent(context: PartContext): Promise<AgentPart> {
  const part = new ContentPart(context);
  part.start();
  return part;
}

class ContentPart implements AgentPart {
  readonly name = 'content';
  readonly #context: PartContext;
  readonly #content: InstalledContent;
  #budget: FindingBudget | undefined;
  #timer: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;

  constructor(context: PartContext) {
    this.#context = context;
    this.#content = new InstalledContent(context.options.stateDirectory);
  }

  start(): void {
    this.#watchBudget();
    this.#context.onFinding(finding => {
      const rule = this.#budget?.add(finding);
      if (rule !== undefined) this.#takeBack(rule);
    });
    this.#schedule(firstLook);
  }

  routes(api: Parameters<NonNullable<AgentPart['routes']>>[0]): void {
    api.get('/api/content', () => this.#answer());
    api.post('/api/content/reload', { onRequest: async request => requireSocket(request) }, async () => {
      const { version } = this.#content;
      const subject = version === undefined ? 'as shipped' : `release ${version}`;
      const zh = version === undefined ? '出厂内容' : `版本 ${version}`;
      this.#journal('content.loaded', subject, {
        en: `Content is loaded: ${subject}`,
        zh: `已加载内容：${zh}`,
      });
      await this.#reload();
      return this.#answer();
    });
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#worker?.terminate();
  }

  #journal(action: string, subject: string, text: Bilingual): void {
    const entry = { time: Date.now(), actor: 'redoubt', action, subject, outcome: 'done' as const, text };
    this.#context.journal.append(entry).catch(error => console.error(error));
  }

  async #reload(): Promise<void> {
    await this.#context.reloadRules();
    this.#watchBudget();
  }

  #watchBudget(): void {
    const most = this.#content.release?.findingBudget;
    this.#budget = most === undefined ? undefined : new FindingBudget(most);
  }

  #takeBack(rule: string): void {
    this.#budget = undefined;
    const version = this.#content.version;
    const why: Bilingual = {
      en: `rule ${rule} made more findings than release ${version} allows`,
      zh: `规则 ${rule} 产生的告警超过版本 ${version} 的预算`,
    };
    this.#content.rollBack(Date.now(), why);
    this.#journal('content.rolled_back', `release ${version}`, why);
    this.#context.warn({
      code: 'content-taken-back',
      active: true,
      text: { en: `Content was taken back: ${why.en}`, zh: `内容更新已撤回：${why.zh}` },
    });
    this.#reload().catch(error => console.error(error));
  }

  #schedule(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#look().catch(error => this.#warnOfUpdate(error));
    }, delay);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    const settings = readUpdateSettings(this.#context.options.stateDirectory);
    this.#schedule(Math.max(settings?.everyHours || 1, 0.1) * hour);
    if (settings === undefined || settings.everyHours === 0) return;
    const outcome = await this.#updateWith(settings);
    this.#warnOfUpdate(undefined);
    if (outcome !== 'installed') return;
    const { version } = this.#content;
    const text = { en: `Release ${version} was installed`, zh: `已安装版本 ${version}` };
    this.#journal('content.installed', `release ${version}`, text);
    await this.#reload();
  }

  #updateWith(settings: NonNullable<ReturnType<typeof readUpdateSettings>>): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const { host, options } = this.#context;
    const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
      workerData: {
        settings,
        stateDirectory: options.stateDirectory,
        host: host.machine_id || host.hostname,
      },
    });
    this.#worker = worker;
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`the update ended with status ${code}`)));
    return promise.finally(() => {
      this.#worker = undefined;
    });
  }

  #warnOfUpdate(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#context.warn({
      code: 'update-failed',
      active: error !== undefined,
      text: {
        en: `Content could not be updated; what is installed goes on working. ${words}`,
        zh: `内容更新失败；已安装的内容继续生效。${words}`,
      },
    });
  }

  #answer(): ContentAnswer {
    const { version = null, withdrawn, history } = this.#content;
    return {
      repository: this.#repository(),
      version,
      state_directory: resolve(this.#context.options.stateDirectory),
      rules: this.#context.rules(),
      withdrawn: [...withdrawn],
      history: [...history],
    };
  }

  #repository(): string {
    try {
      return trustedRoot(this.#content).repository;
    } catch (error) {
      if (error instanceof UpdateRefused) return '';
      throw error;
    }
  }
}
