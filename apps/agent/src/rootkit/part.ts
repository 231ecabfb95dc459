/** The check of the kernel in the agent: every hour, in a thread that ends. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RootkitReport } from '@redoubt/baseline/rootkit';
import type { Finding } from '@redoubt/model';
import { requireSocket } from '../api/server.ts';
import type { AgentPart, PartContext } from '../part.ts';
import type { RootkitAnswer } from './contract.ts';

/** Milliseconds: between checks; from a start to the first. */
const interval = 3_600_000;
const firstCheck = 90_000;

interface Checked {
  readonly report: RootkitReport;
  readonly findings: readonly Finding[];
}

/** Starts the part. */
export async function startRootkit(context: PartContext): Promise<AgentPart> {
  return new RootkitPart(context);
}

class RootkitPart implements AgentPart {
  readonly name = 'rootkit';
  readonly #context: PartContext;
  readonly #timers: readonly NodeJS.Timeout[];
  #worker: Worker | undefined;
  #checking: Promise<RootkitReport> | undefined;
  #last: { readonly time: number; readonly report: RootkitReport } | undefined;
  /** What the last check found: told once, as long as it is found each time. */
  #known: ReadonlySet<string> = new Set();

  constructor(context: PartContext) {
    this.#context = context;
    const check = (): void => {
      this.#check().catch(error => this.#warn(error));
    };
    this.#timers = [setTimeout(check, firstCheck).unref(), setInterval(check, interval).unref()];
  }

  routes(api: Parameters<NonNullable<AgentPart['routes']>>[0]): void {
    const answer = (): RootkitAnswer => {
      if (this.#last === undefined) return { time: null, report: null };
      const { views, findings, ...rest } = this.#last.report;
      return {
        time: this.#last.time,
        report: {
          ...rest,
          views: [...views],
          findings: findings.map(finding => ({ ...finding, reasons: [...finding.reasons] })),
        },
      };
    };
    api.get('/api/rootkit', answer);
    api.post('/api/rootkit/check', { onRequest: async request => requireSocket(request) }, async () => {
      await this.#check();
      return answer();
    });
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#worker?.terminate();
    await this.#checking?.catch(() => undefined);
  }

  #check(): Promise<RootkitReport> {
    this.#checking ??= this.#checkNow().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #checkNow(): Promise<RootkitReport> {
    const worker = new Worker(join(import.meta.dirname, 'worker.ts'), { workerData: { own: [process.pid] } });
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<Checked>();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', code => reject(new Error(`the check ended with status ${code}`)));
    try {
      const { report, findings } = await promise;
      this.#last = { time: Date.now(), report };
      for (const finding of findings)
        if (!this.#known.has(finding.redoubt.dedup_key)) this.#context.publish(finding);
      this.#known = new Set(findings.map(({ redoubt }) => redoubt.dedup_key));
      this.#warn(undefined);
      return report;
    } finally {
      this.#worker = undefined;
    }
  }

  #warn(error: unknown): void {
    const words = error instanceof Error ? error.message : String(error);
    this.#context.warn({
      code: 'rootkit-check',
      active: error !== undefined,
      text: { en: `The kernel could not be checked: ${words}`, zh: `无法检查内核：${words}` },
    });
  }
}
