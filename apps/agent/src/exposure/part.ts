/** Exposure in the agent: assessed daily, and soon after something begins to listen. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ExposureIssue, ExposureItem, ExposureReport } from '@redoubt/act/exposure';
import { draftFinding, type Finding } from '@redoubt/model';
import type { Api } from '../api/server.ts';
import { deviceOf } from '../host/host.ts';
import type { AgentPart, PartContext } from '../part.ts';
import type { ExposureAnswer } from './contract.ts';

/** Milliseconds: from the start to the first; between two; from an event to the one it asks for; at the least. */
const firstLook = 45_000;
const interval = 86_400_000;
const afterEvent = 5_000;
const leastBetween = 600_000;
/** Issues below this stand in the report and become no findings. */
const leastSeverity = 3;

/** Starts the part. */
export async function startExposure(context: PartContext): Promise<AgentPart> {
  return new ExposurePart(context);
}

class ExposurePart implements AgentPart {
  readonly name = 'exposure';
  readonly #context: PartContext;
  /** Findings that stand, so that each is told when it appears and once more a day. */
  #told = new Map<string, number>();
  #report: ExposureReport | undefined;
  #timer: NodeJS.Timeout;
  #due = performance.now() + firstLook;
  #last = Number.NEGATIVE_INFINITY;
  #worker: Worker | undefined;
  #isStopped = false;

  constructor(context: PartContext) {
    this.#context = context;
    this.#timer = setTimeout(() => this.#look(), firstLook).unref();
    context.onEvent(({ kind }) => {
      if (kind === 'network.listen') this.#prompt();
    });
  }

  routes(api: Api): void {
    api.get('/api/exposure', () => this.#answer());
    api.post('/api/exposure/check', () => {
      this.#look();
      return this.#answer();
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#worker?.terminate();
  }

  #answer(): ExposureAnswer {
    return { report: this.#report ?? null, checking: this.#worker !== undefined };
  }

  #prompt(): void {
    const now = performance.now();
    const due = Math.max(now + afterEvent, this.#last + leastBetween);
    const isFirst = this.#report === undefined;
    if (!isFirst && this.#worker === undefined && due < this.#due) this.#schedule(due - now);
  }

  #schedule(delay: number): void {
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    this.#due = performance.now() + delay;
    this.#timer = setTimeout(() => this.#look(), delay).unref();
  }

  #look(): void {
    if (this.#worker !== undefined || this.#isStopped) return;
    const worker = new Worker(join(import.meta.dirname, 'worker.ts'));
    this.#worker = worker;
    worker.once('message', (report: ExposureReport) => {
      this.#take(report);
      this.#warn(undefined);
    });
    worker.once('error', error => this.#warn(error));
    worker.once('exit', () => {
      this.#worker = undefined;
      this.#last = performance.now();
      this.#schedule(interval);
    });
  }

  #take(report: ExposureReport): void {
    this.#report = report;
    const told = new Map<string, number>();
    const tell = (finding: Finding) => {
      const key = finding.redoubt.dedup_key;
      const before = this.#told.get(key);
      const isDue = before === undefined || report.time - before >= interval - 60_000;
      told.set(key, isDue ? report.time : before);
      if (isDue) this.#context.publish(finding);
    };
    const device = deviceOf(this.#context.host);
    for (const item of report.items)
      for (const issue of item.issues)
        if (issue.severity >= leastSeverity) tell(findingOf(issue, item, device));
    for (const issue of report.sshd ?? [])
      if (issue.severity >= leastSeverity) tell(findingOf(issue, undefined, device));
    this.#told = told;
  }

  #warn(error: unknown): void {
    if (this.#isStopped) return;
    const words = error instanceof Error ? error.message : String(error);
    this.#context.warn({
      code: 'exposure',
      active: error !== undefined,
      text: { en: `Exposure could not be assessed: ${words}`, zh: `无法评估暴露面：${words}` },
    });
  }
}

function findingOf(
  { code, severity, text, advice, mlps }: ExposureIssue,
  item: ExposureItem | undefined,
  device: ReturnType<typeof deviceOf>,
): Finding {
  const place = item === undefined ? 'sshd' : `${item.protocol} ${item.address}:${item.port}`;
  const program = item?.program;
  const reason =
    item === undefined
      ? { field: 'sshd -T', value: code, text }
      : {
          field: 'dst_endpoint.port',
          value: String(item.port),
          text: {
            en: `${program ?? 'an unknown program'} listens on ${place} as ${item.user}; reach: ${item.scope}, ${item.reach}`,
            zh: `${program ?? '未知程序'} 以 ${item.user} 监听 ${place}；可达范围：${item.scope}，${item.reach}`,
          },
        };
  return draftFinding({
    analytic: { uid: `redoubt.exposure.${code}`, name: 'Exposure' },
    title: { en: `${sentence(text.en)}: ${place}`, zh: `${text.zh}：${place}` },
    description: { en: `${sentence(text.en)}.`, zh: `${text.zh}。` },
    severity,
    reasons: [reason],
    evidences: [
      {
        process: program === undefined ? {} : { file: { path: program } },
        ...(item !== undefined && { dst_endpoint: { ip: item.address, port: item.port } }),
      },
    ],
    tags: ['attack.initial-access', 'attack.t1133'],
    mlps: [...mlps],
    advice,
    dedupKey: `exposure.${code}:${place}`,
    device,
  });
}

function sentence(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
