/** Application control on the ladder: only what is known may run. */
import { type GateCounters, type GatedFile, type GateEvent, isGateable } from '@redoubt/kernel';
import type { Bilingual, Health, Impact, PlannedChange, Policy, Rung } from '@redoubt/model';
import type { SharedGate } from '../gate/shared-gate.ts';
import type { Period, Protection } from '../ladder/protection.ts';
import { appControlImpact } from './impact.ts';
import { type AppDecision, type JudgeSources, judgeProgram, unknownProgram } from './judge.ts';
import { type AppControlSettings, appControlDefaults, parseAppControl } from './settings.ts';
import { failingOf } from './watched.ts';

/** A program that was denied, or at audit would have been. */
export interface DeniedProgram {
  readonly path: string;
  readonly pid: number;
  readonly rung: Rung;
  readonly decision: AppDecision;
}

/** What application control works with. */
export interface AppControlParts extends JudgeSources {
  readonly gate: SharedGate;
  readonly onDenied: (denied: DeniedProgram) => void;
  /** A program was let through unjudged. */
  readonly onTrouble: (event: GateEvent) => void;
}

/** Decisions that are kept, so that a remembered denial can be explained. */
const decisionsKept = 4096;

/** Made once; the ladder does the rest. */
export class AppControl implements Protection<AppControlSettings> {
  readonly name = 'app-control';
  readonly title = { en: 'Application control', zh: '应用程序控制' };
  readonly defaults = appControlDefaults;
  readonly #parts: AppControlParts;
  readonly #decisions = new Map<string, AppDecision>();
  #isAtGate = false;
  #policy: Policy<AppControlSettings> = { rung: 'observe', settings: appControlDefaults };
  #lastTimeouts = 0;

  constructor(parts: AppControlParts) {
    this.#parts = parts;
  }

  describe(): Bilingual {
    return {
      en: 'Only programs that a package, a signed catalog, the golden state of this host or a rule knows may run, and Redoubt’s own.\nobserve: learns from the record. audit: reports what would be denied. enforce: denies the start (EPERM) and says why.\nNot seen: scripts handed to an interpreter as an argument, libraries, remote file systems.',
      zh: '只允许软件包、签名目录、本机黄金状态或规则认可的程序以及 Redoubt 自身的程序运行。\nobserve：从记录中学习。audit：报告本应拒绝的程序。enforce：拒绝启动（EPERM）并说明原因。\n不可见：作为参数交给解释器的脚本、动态库、远程文件系统。',
    };
  }

  parse(settings: unknown): AppControlSettings {
    return parseAppControl(settings);
  }

  async plan({ rung, settings }: Policy<AppControlSettings>): Promise<PlannedChange[]> {
    const changes: PlannedChange[] = [];
    const isOpen = this.#isAtGate;
    const where = settings.mounts.length > 0 ? settings.mounts.join(', ') : undefined;
    if (rung === 'observe' && isOpen)
      changes.push({ kind: 'remove', text: { en: 'take the gate away', zh: '撤除执行关卡' } });
    if (rung !== 'observe' && !isOpen)
      changes.push({
        kind: 'add',
        text: {
          en: `put a gate before ${where ?? 'every local file system'}`,
          zh: `在${where ?? '所有本地文件系统'}前设置执行关卡`,
        },
      });
    if (rung === 'enforce')
      changes.push({
        kind: 'change',
        text: {
          en: `deny programs that are not known (${knownBy(settings).en})`,
          zh: `拒绝未认可的程序（${knownBy(settings).zh}）`,
        },
      });
    if (rung === 'audit')
      changes.push({
        kind: 'keep',
        text: { en: 'deny nothing, report what would be denied', zh: '不拒绝任何程序，仅报告' },
      });
    return changes;
  }

  async wouldBlock(settings: AppControlSettings, period: Period): Promise<Impact> {
    await Promise.all([this.#parts.golden.refresh(), this.#parts.own.refresh()]);
    return appControlImpact(settings, period, this.#parts);
  }

  async apply(policy: Policy<AppControlSettings>): Promise<void> {
    const { rung, settings } = policy;
    if (rung === 'observe') {
      this.#leaveGate();
      this.#policy = policy;
      return;
    }
    const { golden, packages, own } = this.#parts;
    await Promise.all([golden.refresh(), packages.ready(), own.refresh()]);
    const before = this.#policy;
    this.#policy = policy;
    this.#decisions.clear();
    const { mounts, bypass } = settings;
    try {
      this.#parts.gate.set({
        name: this.name,
        execs: true,
        enforces: rung === 'enforce',
        bypass,
        covers: mount => isGateable(mount) && (mounts.length === 0 || mounts.includes(mount.point)),
        judge: file => this.#judge(file),
        onEvent: event => this.#hear(event),
      });
      this.#isAtGate = true;
    } catch (error) {
      this.#policy = before;
      throw error;
    }
  }

  async health({ rung, settings }: Policy<AppControlSettings>): Promise<Health> {
    if (rung === 'observe') return { healthy: true, reasons: [] };
    if (await this.#parts.golden.refresh()) this.forget();
    const reasons: Bilingual[] = [];
    const counters = this.counters();
    if (counters === undefined) reasons.push({ en: 'the gate is not there', zh: '执行关卡不存在' });
    else {
      const late = counters.timeouts - this.#lastTimeouts;
      this.#lastTimeouts = counters.timeouts;
      if (late > 50)
        reasons.push({
          en: `${late} verdicts came too late since the last look`,
          zh: `自上次检查以来有 ${late} 次判断超时`,
        });
    }
    if (rung === 'enforce') reasons.push(...(await failingOf(settings.watch)));
    return { healthy: reasons.length === 0, reasons };
  }

  async undo(): Promise<void> {
    this.#leaveGate();
    this.#policy = { ...this.#policy, rung: 'observe' };
  }

  async close(): Promise<void> {
    this.#leaveGate();
  }

  /** Counters of the gate, shared with other protections; undefined at `observe`. */
  counters(): GateCounters | undefined {
    return this.#isAtGate ? this.#parts.gate.counters() : undefined;
  }

  /** Where it stands before and where it cannot. */
  coverage(): { covered: string[]; uncovered: string[] } {
    return this.#parts.gate.coverage(this.name);
  }

  /** Forgets verdicts: catalogs or packages have changed. */
  forget(): void {
    this.#parts.gate.forget();
  }

  async #judge({ fd, path, pid }: GatedFile): Promise<{ allow: boolean; remember: boolean }> {
    const { rung, settings } = this.#policy;
    const decision = await judgeProgram(fd, path, settings, this.#parts);
    if (!decision.allow) {
      this.#keep(path, decision);
      this.#parts.onDenied({ path, pid, rung, decision });
    }
    // A policy that changed meanwhile has made the cache forget; this verdict is of the old one.
    const isCurrent = this.#policy.settings === settings;
    return { allow: decision.allow, remember: decision.isStable && isCurrent };
  }

  #hear(event: GateEvent): void {
    if (event.kind !== 'denied') {
      this.#parts.onTrouble(event);
      return;
    }
    const { path, pid } = event;
    const decision = this.#decisions.get(path) ?? {
      allow: false,
      by: 'nothing',
      text: unknownProgram,
      sha256: '',
      owner: 0,
      isStable: true,
    };
    this.#parts.onDenied({ path, pid, rung: this.#policy.rung, decision });
  }

  #keep(path: string, decision: AppDecision): void {
    this.#decisions.set(path, decision);
    const [oldest] = this.#decisions.keys();
    if (this.#decisions.size > decisionsKept && oldest !== undefined) this.#decisions.delete(oldest);
  }

  #leaveGate(): void {
    this.#parts.gate.remove(this.name);
    this.#isAtGate = false;
    this.#lastTimeouts = 0;
  }
}

function knownBy({ rules, packages, catalogs, golden }: AppControlSettings): Bilingual {
  const en = [`${rules.length} rules`];
  const zh = [`${rules.length} 条规则`];
  if (packages) {
    en.push('packages');
    zh.push('软件包');
  }
  if (catalogs) {
    en.push('signed catalogs');
    zh.push('签名目录');
  }
  if (golden) {
    en.push('the golden state');
    zh.push('黄金状态');
  }
  return { en: en.join(', '), zh: zh.join('、') };
}
