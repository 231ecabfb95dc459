/** Scanning on access, on the ladder: what is written or run is scanned, and at `enforce` what is malicious does not run. */
import { closeSync } from 'node:fs';
import type { FileIdentity } from '@redoubt/detect/scan-helper';
import {
  type GateCounters,
  type GatedFile,
  type GateEvent,
  type GateVerdict,
  isGateable,
} from '@redoubt/kernel';
import type { Bilingual, Health, Impact, PlannedChange, Policy, Process, Rung } from '@redoubt/model';
import { isBelow, type WrittenFile } from '../gate/guard.ts';
import type { SharedGate } from '../gate/shared-gate.ts';
import type { Period, Protection } from '../ladder/protection.ts';
import { identityOf } from './files.ts';
import { onAccessImpact } from './impact.ts';
import { KnownVerdicts } from './known.ts';
import { Rescans } from './rescans.ts';
import { type AccessScanners, type FileVerdict, isMalicious, isWhole } from './scanner.ts';
import { type OnAccessSettings, onAccessDefaults, parseOnAccess } from './settings.ts';
import { type WaitingFile, type WrittenCounters, WrittenFiles } from './written-files.ts';

/** Something that was found in a file that was written or run. */
export interface AccessFinding extends FileVerdict {
  readonly occasion: 'written' | 'run' | 'found-later';
  readonly path: string;
  readonly identity: FileIdentity | undefined;
  readonly rung: Rung;
  /** Who wrote it, or wanted to run it; undefined where nobody can tell any more. */
  readonly process: Process | undefined;
  /** Its execution was refused. */
  readonly isDenied: boolean;
  /** It ran before the verdict on it was there. */
  readonly ranUnjudged: boolean;
  /** It is to be taken into quarantine. */
  readonly isToBeTaken: boolean;
}

/** What on-access scanning works with. */
export interface OnAccessParts {
  readonly gate: SharedGate;
  readonly scanners: AccessScanners;
  /** Who a process is, asked at once: it may end. */
  readonly whoIs: (pid: number) => Process;
  /** Whether a writer is to be left out: ourselves, and the scanners that write down what they are asked about. */
  readonly isOwnWriter: (pid: number) => boolean;
  /** Whether somebody has decided that this content may stay. */
  readonly isReleased: (sha256: string) => boolean;
  /** Paths that are never looked at: where we keep our own things. */
  readonly exclude: readonly string[];
  /** Changes whenever the engines' rules do; then everything is looked at anew. */
  readonly version: () => string;
  readonly onFound: (found: AccessFinding) => void;
  /** Programs ran unjudged, or writes were missed. */
  readonly onTrouble: (event: GateEvent) => void;
}

/** Where on-access scanning stands, in numbers. */
export interface AccessState {
  readonly rung: Rung;
  readonly covered: readonly string[];
  readonly uncovered: readonly string[];
  readonly written: WrittenCounters | undefined;
  readonly execs: {
    readonly judged: number;
    readonly known: number;
    readonly denied: number;
    readonly late: number;
  };
  readonly found: number;
  readonly failed: number;
  readonly rescans: number;
  readonly known: number;
  readonly scanners: { readonly starts: number; readonly lost: number; readonly running: number };
  readonly gate: GateCounters | undefined;
}

/** Programs whose verdict came too late, remembered until it comes. */
const lateKept = 1_024;
/** How often it is asked whether the rules have changed, milliseconds. */
const renewInterval = 5_000;
/** Denials that are kept, so that a remembered one can be explained. */
const denialsKept = 1_024;
/** Late verdicts between two looks at health that are too many. */
const lateAllowed = 50;

/** Made once; the ladder does the rest. */
export class OnAccess implements Protection<OnAccessSettings> {
  readonly name = 'on-access';
  readonly title = { en: 'Scanning on access', zh: '访问时扫描' };
  readonly defaults = onAccessDefaults;
  readonly #parts: OnAccessParts;
  readonly #known = new KnownVerdicts();
  readonly #late = new Set<string>();
  readonly #denials = new Map<string, FileVerdict & { identity: FileIdentity }>();
  readonly #counts = { judged: 0, known: 0, denied: 0, late: 0, found: 0, failed: 0 };
  readonly #rescans: Rescans;
  #written: WrittenFiles<Process> | undefined;
  #policy: Policy<OnAccessSettings> = { rung: 'observe', settings: onAccessDefaults };
  #isAtGate = false;
  #version = '';
  #renewed = Number.NEGATIVE_INFINITY;
  #lastLate = 0;

  constructor(parts: OnAccessParts) {
    this.#parts = parts;
    this.#rescans = new Rescans(since => this.#rescan(since));
  }

  describe(): Bilingual {
    return {
      en: 'Files are scanned when they are written and when they are run.\nobserve: gates nothing; written files are scanned if the settings say so (written: always). audit: reports what would be denied. enforce: what is malicious does not run (EPERM), and goes into quarantine if the settings say so.\nA verdict that is not there in time lets the program run; it is then reported.',
      zh: '文件在写入和运行时接受扫描。\nobserve：不设关卡；仅当设置为 written: always 时扫描写入的文件。audit：报告本应拒绝的程序。enforce：恶意文件不得运行（EPERM），并可按设置隔离。\n未能及时得出结论时放行程序并报告。',
    };
  }

  parse(settings: unknown): OnAccessSettings {
    return parseOnAccess(settings);
  }

  async plan({ rung, settings }: Policy<OnAccessSettings>): Promise<PlannedChange[]> {
    const place = settings.mounts.join(', ');
    const where = { en: place || 'every local file system', zh: place || '所有本地文件系统' };
    const changes: PlannedChange[] = [];
    const add = (kind: PlannedChange['kind'], en: string, zh: string): void => {
      changes.push({ kind, text: { en, zh } });
    };
    const wasGating = this.#isAtGate && this.#policy.rung !== 'observe';
    if (scansWritten(rung, settings))
      add('add', `scan files that are written on ${where.en}`, `扫描写入${where.zh}的文件`);
    else if (this.#written !== undefined) add('remove', 'scan written files no more', '不再扫描写入的文件');
    if (rung !== 'observe' && !wasGating)
      add('add', `put a gate before ${where.en}`, `在${where.zh}前设置执行关卡`);
    if (rung === 'observe' && wasGating) add('remove', 'take the gate away', '撤除执行关卡');
    if (rung === 'audit') add('keep', 'deny nothing, report what would be denied', '不拒绝任何程序，仅报告');
    if (rung === 'enforce') add('change', 'deny malicious programs', '拒绝运行恶意程序');
    if (rung === 'enforce' && settings.quarantine)
      add('change', 'take malicious files into quarantine', '将恶意文件移入隔离区');
    return changes;
  }

  wouldBlock(_settings: OnAccessSettings, period: Period): Promise<Impact> {
    return onAccessImpact(period);
  }

  async apply(policy: Policy<OnAccessSettings>): Promise<void> {
    const { rung, settings } = policy;
    const { gate, scanners, exclude } = this.#parts;
    const isWriting = scansWritten(rung, settings);
    if (rung === 'observe' && !isWriting) {
      this.#leave();
      this.#policy = policy;
      return;
    }
    this.#renewNow();
    // A program that waits must not wait for a scanner that is only being started.
    scanners.waiting.keep(rung === 'enforce');
    if (rung === 'enforce') await scanners.waiting.start();
    const before = this.#policy;
    this.#policy = policy;
    if (isWriting) this.#written ??= this.#writtenFiles();
    else this.#dropWritten();
    const { mounts, bypass } = settings;
    try {
      gate.set({
        name: this.name,
        execs: rung !== 'observe',
        enforces: rung === 'enforce',
        bypass: [...bypass, ...exclude],
        covers: mount => isGateable(mount) && (mounts.length === 0 || mounts.includes(mount.point)),
        judge: file => this.#judge(file),
        ...(isWriting && { onWritten: (file: WrittenFile) => this.#take(file) }),
        onEvent: event => this.#hear(event),
      });
      this.#isAtGate = true;
    } catch (error) {
      this.#policy = before;
      throw error;
    }
  }

  async health({ rung }: Policy<OnAccessSettings>): Promise<Health> {
    this.#renew();
    if (rung === 'observe') return { healthy: true, reasons: [] };
    const reasons: Bilingual[] = [];
    if (!this.#isAtGate || this.#parts.gate.counters() === undefined)
      reasons.push({ en: 'the gate is not there', zh: '执行关卡不存在' });
    const late = this.#counts.late - this.#lastLate;
    this.#lastLate = this.#counts.late;
    if (late > lateAllowed)
      reasons.push({
        en: `${late} verdicts came too late since the last look`,
        zh: `自上次检查以来有 ${late} 次判断超时`,
      });
    if (rung === 'enforce' && this.#parts.scanners.waiting.pid === undefined) {
      // It is started anew with the next program; one that cannot be started is unhealthy.
      await this.#parts.scanners.waiting.start();
    }
    return { healthy: reasons.length === 0, reasons };
  }

  async undo(): Promise<void> {
    this.#leave();
    this.#policy = { ...this.#policy, rung: 'observe' };
  }

  async close(): Promise<void> {
    this.#leave();
    this.#parts.scanners.waiting.close();
    this.#parts.scanners.patient.close();
  }

  /** Where it stands and what it has done since the agent started. */
  state(): AccessState {
    const { waiting, patient } = this.#parts.scanners;
    const { judged, known, denied, late, found, failed } = this.#counts;
    const both = [waiting, patient];
    return {
      rung: this.#policy.rung,
      ...this.#parts.gate.coverage(this.name),
      written: this.#written?.counters(),
      execs: { judged, known, denied, late },
      found,
      failed,
      rescans: this.#rescans.done,
      known: this.#known.size,
      scanners: {
        starts: waiting.counters.starts + patient.counters.starts,
        lost: waiting.counters.lost + patient.counters.lost,
        running: both.filter(({ pid }) => pid !== undefined).length,
      },
      gate: this.#isAtGate ? this.#parts.gate.counters() : undefined,
    };
  }

  /** A program is about to run: known contents are answered at once, others are scanned. */
  async #judge(file: GatedFile): Promise<GateVerdict> {
    const { fd, path, pid } = file;
    this.#counts.judged += 1;
    this.#renew();
    const identity = identityOf(fd);
    const process = this.#parts.whoIs(pid);
    let verdict = this.#known.find(identity);
    if (verdict !== undefined) this.#counts.known += 1;
    else verdict = await this.#scanned(fd, path, 'waiting');
    // What was too much for the time of a waiting program is scanned in peace; the next start finds it known.
    if (!isWhole(verdict)) this.#written?.addPath(path);
    const key = `${pid} ${path}`;
    const ranUnjudged = this.#late.delete(key);
    const { rung } = this.#policy;
    if (!isMalicious(verdict) || this.#isAllowed(verdict)) {
      if (verdict.verdict?.judged === 'suspicious')
        this.#found({ ...verdict, occasion: 'run', path, identity, process, ranUnjudged });
      return { allow: true, remember: isWhole(verdict) };
    }
    const isDenied = rung === 'enforce' && !ranUnjudged;
    if (isDenied) this.#counts.denied += 1;
    this.#keepDenial(path, verdict, identity);
    this.#found({ ...verdict, occasion: 'run', path, identity, process, isDenied, ranUnjudged });
    return { allow: false, remember: true };
  }

  /** A file was written: it is scanned a moment later. */
  #take({ fd, path, pid }: WrittenFile): void {
    const { isOwnWriter, whoIs } = this.#parts;
    if (this.#written === undefined || isOwnWriter(pid)) closeSync(fd);
    else this.#written.add(fd, path, whoIs(pid));
  }

  #writtenFiles(): WrittenFiles<Process> {
    return new WrittenFiles({ scan: file => this.#look(file), onMissed: () => this.#rescans.ask() });
  }

  async #look({ fd, path, writer }: WaitingFile<Process>): Promise<void> {
    this.#renew();
    const identity = identityOf(fd);
    if (this.#known.find(identity) !== undefined) return;
    const verdict = await this.#scanned(fd, path, 'patient');
    if (verdict.verdict === undefined || verdict.verdict.judged === 'clean') return;
    if (this.#isAllowed(verdict)) return;
    // Whoever runs it from now on does not have to wait for the scanner.
    if (isMalicious(verdict)) {
      this.#keepDenial(path, verdict, identity);
      this.#parts.gate.deny(this.name, fd, path);
    }
    this.#found({ ...verdict, occasion: 'written', path, identity, process: writer });
  }

  /** A verdict, from the engines; where there is none, one that allows and says nothing. */
  async #scanned(fd: number, path: string, which: keyof AccessScanners): Promise<FileVerdict> {
    const began = Date.now();
    try {
      const { identity, ...verdict } = await this.#parts.scanners[which].scan(fd, path);
      if (identity !== undefined && isWhole(verdict)) this.#known.add(identity, verdict, began);
      if (verdict.verdict?.notes.some(({ kind }) => kind === 'engine-failed')) this.#counts.failed += 1;
      return verdict;
    } catch (error) {
      this.#counts.failed += 1;
      if (which === 'waiting') throw error;
      this.#parts.onTrouble({ kind: 'failed', path, pid: 0, error });
      return {};
    }
  }

  #isAllowed({ sha256 }: FileVerdict): boolean {
    return sha256 !== undefined && this.#parts.isReleased(sha256);
  }

  #found(
    found: Omit<AccessFinding, 'rung' | 'isDenied' | 'ranUnjudged' | 'isToBeTaken'> &
      Partial<Pick<AccessFinding, 'isDenied' | 'ranUnjudged'>>,
  ): void {
    const { rung, settings } = this.#policy;
    this.#counts.found += 1;
    const isToBeTaken = rung === 'enforce' && settings.quarantine && isMalicious(found);
    this.#parts.onFound({ isDenied: false, ranUnjudged: false, ...found, rung, isToBeTaken });
  }

  #hear(event: GateEvent): void {
    const { kind, path, pid } = event;
    if (kind === 'denied') {
      this.#deniedAgain(path, pid);
      return;
    }
    if (kind === 'timed-out') {
      this.#counts.late += 1;
      this.#late.add(`${pid} ${path}`);
      const [oldest] = this.#late;
      if (this.#late.size > lateKept && oldest !== undefined) this.#late.delete(oldest);
    }
    if (kind === 'overflow') this.#rescans.ask();
    this.#parts.onTrouble(event);
  }

  /** The gate has answered out of its memory: the finding has to be made all the same. */
  #deniedAgain(path: string, pid: number): void {
    const isDenied = this.#policy.rung === 'enforce';
    if (isDenied) this.#counts.denied += 1;
    const process = this.#parts.whoIs(pid);
    const denial = this.#denials.get(path);
    if (denial !== undefined) this.#found({ ...denial, occasion: 'run', path, process, isDenied });
  }

  #keepDenial(path: string, verdict: FileVerdict, identity: FileIdentity): void {
    this.#denials.set(path, { ...verdict, identity });
    const [oldest] = this.#denials.keys();
    if (this.#denials.size > denialsKept && oldest !== undefined) this.#denials.delete(oldest);
  }

  /** Looks at what has changed while writes were missed. */
  async #rescan(since: number): Promise<number> {
    const { gate, scanners, exclude } = this.#parts;
    if (this.#written === undefined) return 0;
    const { covered } = gate.coverage(this.name);
    const left = [...exclude, ...this.#policy.settings.bypass];
    const { files } = await scanners.patient.rescan(covered, since, left, (path, found) => {
      const { identity, ...verdict } = found;
      if (isBelow(path, left) || this.#isAllowed(verdict)) return;
      this.#found({ ...verdict, occasion: 'found-later', path, identity, process: undefined });
    });
    return files;
  }

  /** New rules, indicators or engines: verdicts of the old ones are worth nothing any more. */
  #renew(): void {
    if (performance.now() - this.#renewed >= renewInterval) this.#renewNow();
  }

  #renewNow(): void {
    this.#renewed = performance.now();
    const version = this.#parts.version();
    const isNew = this.#version !== '' && version !== this.#version;
    this.#version = version;
    if (!isNew) return;
    const { scanners, gate } = this.#parts;
    this.#known.clear();
    gate.forget();
    // What was written since the change may have been scanned without it.
    this.#rescans.ask();
    for (const scanner of [scanners.waiting, scanners.patient])
      scanner
        .restart()
        .catch((error: unknown) => this.#parts.onTrouble({ kind: 'failed', path: '', pid: 0, error }));
  }

  #dropWritten(): void {
    this.#written?.close();
    this.#written = undefined;
  }

  #leave(): void {
    this.#parts.gate.remove(this.name);
    this.#parts.scanners.waiting.keep(false);
    this.#isAtGate = false;
    this.#rescans.stop();
    this.#dropWritten();
  }
}

function scansWritten(rung: Rung, { written }: OnAccessSettings): boolean {
  return written === 'always' || (written === 'from-audit' && rung !== 'observe');
}
