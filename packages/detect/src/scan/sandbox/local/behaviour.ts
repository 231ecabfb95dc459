/** Of all that happens on the host, what the sample does: by descent, from its first own program on. */
import type { Bilingual, Event, EventView } from '@redoubt/model';
import type { Observation } from '../sandbox.ts';

const mostEvents = 5_000;
const mostObservations = 300;

/** Kinds that only say that something began or ended. */
const quiet = new Set(['process.exit', 'process.fork']);

const kindWords: Readonly<Record<string, Bilingual>> = {
  'process.exec': { en: 'starts', zh: '启动程序' },
  'file.create': { en: 'creates', zh: '创建文件' },
  'file.write': { en: 'writes', zh: '写入文件' },
  'file.unlink': { en: 'deletes', zh: '删除文件' },
  'file.rename': { en: 'renames', zh: '重命名' },
  'file.chmod': { en: 'changes the mode of', zh: '修改权限' },
  'network.connect': { en: 'connects to', zh: '连接' },
  'dns.query': { en: 'asks for the name', zh: '查询域名' },
};

/** Follows the descent of one process and keeps what its sample does. */
export class Behaviour {
  readonly events: Event[] = [];
  /** Events beyond what is kept. */
  omitted = 0;
  private readonly launcher: number;
  private readonly helpers: Set<number>;
  private readonly sample = new Set<number>();
  private readonly seen = new Map<string, { text: Bilingual; kind: string; count: number }>();
  private readonly judge: (view: EventView) => void;

  /**
   * @param launcher pid of the sandbox's launcher
   * @param judge is handed every event of the sample
   */
  constructor(launcher: number, judge: (view: EventView) => void) {
    this.launcher = launcher;
    this.helpers = new Set([launcher]);
    this.judge = judge;
  }

  /** Takes an event of the host. */
  take(view: EventView): void {
    const actor = view.get('actor.process.pid');
    const child = view.get('process.pid');
    if (view.kind === 'process.fork' && typeof child === 'number' && typeof actor === 'number') {
      if (this.sample.has(actor)) this.sample.add(child);
      else if (this.helpers.has(actor)) this.helpers.add(child);
    }
    // The launcher's own exec names it; the next exec among its children is the sample's.
    if (
      view.kind === 'process.exec' &&
      typeof child === 'number' &&
      child !== this.launcher &&
      this.helpers.has(child)
    )
      this.sample.add(child);
    const whose = view.kind === 'process.exec' ? child : actor;
    if (typeof whose !== 'number' || !this.sample.has(whose)) return;
    this.judge(view);
    this.keep(view);
  }

  /** What the sample did, told once each. */
  observations(): Observation[] {
    return Array.from(this.seen.values(), ({ kind, text, count }) => ({ kind, text, count }));
  }

  private keep(view: EventView): void {
    if (this.events.length < mostEvents) this.events.push(view.toEvent());
    else this.omitted += 1;
    if (quiet.has(view.kind)) return;
    const text = told(view);
    const known = this.seen.get(`${view.kind} ${text.en}`);
    if (known !== undefined) known.count += 1;
    else if (this.seen.size < mostObservations)
      this.seen.set(`${view.kind} ${text.en}`, { kind: view.kind, text, count: 1 });
    else this.omitted += 1;
  }
}

function told(view: EventView): Bilingual {
  const words = kindWords[view.kind] ?? { en: view.kind, zh: view.kind };
  const text = (path: string): string => {
    const value = view.get(path);
    return value === undefined || value === null ? '' : String(value);
  };
  const port = text('dst_endpoint.port');
  const address = text('dst_endpoint.ip');
  const subject =
    view.kind === 'process.exec'
      ? text('process.cmd_line')
      : text('file.path') || text('query.hostname') || (port === '' ? address : `${address} port ${port}`);
  return { en: `${words.en} ${subject}`.trim(), zh: `${words.zh} ${subject}`.trim() };
}
