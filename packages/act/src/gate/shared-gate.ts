/**
 * The one gate of a host, for every protection that judges executions or written files: one fanotify group, one
 * watchdog, one memory of verdicts. Verdicts are combined: whoever denies wins.
 */
import { closeSync, fstatSync } from 'node:fs';
import {
  ExecGate,
  type GateCounters,
  type GatedFile,
  type GateEvent,
  type GateVerdict,
  type Mount,
  readMounts,
} from '@redoubt/kernel';
import { type Guard, isBelow, type WrittenFile } from './guard.ts';

/** How the gate is made. */
export interface SharedGateOptions {
  /** Told of what concerns the gate itself: too many waiting, the watchdog lost or answering in our place. */
  readonly onTrouble: (event: GateEvent) => void;
  /** Time for a verdict, milliseconds; 500 by default. */
  readonly timeout?: number;
}

/** Denials whose guards are remembered, so that each hears of its own. */
const denialsKept = 4096;

/** A verdict that is being looked for. */
interface Asked {
  readonly path: string;
  readonly pid: number;
  /** Guards that have not answered. */
  readonly open: Set<Guard>;
}

/** Closed while no guard stands at it. */
export class SharedGate {
  readonly #options: SharedGateOptions;
  readonly #guards = new Map<string, Guard>();
  /** Names of guards that cover a file system, by its device number. */
  readonly #covered = new Map<number, Set<string>>();
  readonly #deniers = new Map<string, Set<string>>();
  readonly #asked = new Set<Asked>();
  #gate: ExecGate | undefined;

  constructor(options: SharedGateOptions) {
    this.#options = options;
  }

  /**
   * Lets a guard stand at the gate, in place of an earlier one of its name. All verdicts are forgotten.
   * @throws Error when the gate cannot be opened, or when nothing of what the guard covers can be gated; it then
   * stands as it stood before
   */
  set(guard: Guard): void {
    const before = this.#guards.get(guard.name);
    this.#guards.set(guard.name, guard);
    try {
      this.#settle();
      if (this.coverage(guard.name).covered.length === 0)
        throw new Error('none of the file systems could be gated');
    } catch (error) {
      if (before === undefined) this.remove(guard.name);
      else {
        this.#guards.set(guard.name, before);
        this.#settle();
      }
      throw error;
    }
  }

  /** Takes a guard away; the gate closes with the last one. */
  remove(name: string): void {
    if (!this.#guards.delete(name)) return;
    if (this.#guards.size > 0) this.#settle();
    else this.close();
  }

  /** Forgets all verdicts: what they rest on has changed. */
  forget(): void {
    this.#gate?.forget();
    this.#deniers.clear();
  }

  /** Remembers that the content behind a descriptor is denied, before anybody has asked. Only while `name` enforces. */
  deny(name: string, fd: number, path: string): void {
    if (this.#guards.get(name)?.enforces !== true) return;
    this.#denied(path, name);
    this.#gate?.remember(fd, false);
  }

  /** Counters since the gate was opened; undefined while it is closed. */
  counters(): GateCounters | undefined {
    return this.#gate?.counters();
  }

  /** Mount points that a guard stands before, and those that it cannot. */
  coverage(name: string): { covered: string[]; uncovered: string[] } {
    const guard = this.#guards.get(name);
    if (guard === undefined || this.#gate === undefined) return { covered: [], uncovered: [] };
    const refused = new Set(this.#gate.uncovered().map(({ point }) => point));
    const covered = new Map<string, string>();
    for (const mount of readMounts())
      if (guard.covers(mount) && !refused.has(mount.point) && !covered.has(mount.device))
        covered.set(mount.device, mount.point);
    return { covered: [...covered.values()], uncovered: [...refused] };
  }

  /** Takes it away with all guards. Whoever waits is let through. */
  close(): void {
    this.#gate?.close();
    this.#gate = undefined;
    this.#guards.clear();
    this.#covered.clear();
    this.#deniers.clear();
    this.#asked.clear();
  }

  get #all(): Guard[] {
    return [...this.#guards.values()];
  }

  /** Brings the gate to what the guards want, denying nothing while it is between two states. */
  #settle(): void {
    this.#covered.clear();
    if (this.#gate === undefined) {
      const { timeout } = this.#options;
      this.#gate = ExecGate.open({
        judge: file => this.#judge(file),
        onWritten: file => this.#written(file),
        onEvent: event => this.#hear(event),
        covers: mount => this.#covers(mount),
        ...(timeout !== undefined && { timeout }),
      });
    } else {
      this.#gate.enforce(false);
      this.#gate.lookAtMounts();
    }
    this.forget();
    const judging = this.#all.filter(({ execs }) => execs);
    const [first, ...others] = judging;
    // Natively only what every guard lets through unasked; the rest is seen to when they are asked.
    const shared = first?.bypass.filter(path => others.every(({ bypass }) => isBelow(path, bypass))) ?? [];
    this.#gate.bypass(shared);
    this.#gate.enforce(judging.some(({ enforces }) => enforces));
  }

  #covers(mount: Mount): { execs: boolean; writes: boolean } {
    const covering = this.#all.filter(guard => guard.covers(mount));
    if (covering.length > 0) {
      const device = deviceNumber(mount.device);
      const there = this.#covered.get(device) ?? new Set();
      for (const { name } of covering) there.add(name);
      this.#covered.set(device, there);
    }
    return {
      execs: covering.some(({ execs }) => execs),
      writes: covering.some(({ onWritten }) => onWritten !== undefined),
    };
  }

  /** Guards that have a say in a file. One whose file system cannot be told (btrfs has several) is everybody's. */
  #guardsOf(fd: number): Guard[] {
    const names = this.#covered.get(fstatSync(fd).dev);
    return names === undefined ? this.#all : this.#all.filter(({ name }) => names.has(name));
  }

  async #judge(file: GatedFile): Promise<GateVerdict> {
    const { fd, path, pid } = file;
    const judging = this.#guardsOf(fd).filter(({ execs }) => execs);
    const guards = judging.filter(({ bypass }) => !isBelow(path, bypass));
    const isEnforced = this.#all.some(({ execs, enforces }) => execs && enforces);
    const asked: Asked = { path, pid, open: new Set(guards) };
    this.#asked.add(asked);
    // A path that is bypassed may be another name of a file that is not.
    let remember = guards.length === judging.length;
    const { promise: denied, resolve: deny } = Promise.withResolvers<boolean>();
    const ask = async (guard: Guard): Promise<void> => {
      let verdict: GateVerdict = { allow: true, remember: false };
      try {
        verdict = await guard.judge(file);
      } catch (error) {
        guard.onEvent({ kind: 'failed', path, pid, error });
      }
      asked.open.delete(guard);
      if (verdict.allow) {
        remember &&= verdict.remember;
        return;
      }
      if (guard.enforces || !isEnforced) {
        this.#denied(path, guard.name);
        deny(verdict.remember);
      } else remember = false;
    };
    const all = Promise.all(guards.map(ask)).finally(() => this.#asked.delete(asked));
    const first = await Promise.race([denied, all.then(() => undefined)]);
    return first === undefined ? { allow: true, remember } : { allow: false, remember: first, until: all };
  }

  #denied(path: string, name: string): void {
    const names = this.#deniers.get(path) ?? new Set();
    this.#deniers.set(path, names.add(name));
    const [oldest] = this.#deniers.keys();
    if (this.#deniers.size > denialsKept && oldest !== undefined) this.#deniers.delete(oldest);
  }

  #written({ fd, path, pid }: WrittenFile): void {
    const wanting = this.#guardsOf(fd).filter(({ onWritten }) => onWritten !== undefined);
    const [guard] = wanting;
    // The descriptor has one owner. A second protection that looks at written files has to share its scan.
    if (guard === undefined || isBelow(path, guard.bypass)) closeSync(fd);
    else guard.onWritten?.({ fd, path, pid });
  }

  #hear(event: GateEvent): void {
    const { kind, path, pid } = event;
    const judging = this.#all.filter(({ execs }) => execs);
    const tell = (guards: readonly Guard[]): void => {
      for (const guard of guards) guard.onEvent(event);
    };
    if (kind === 'denied') {
      const names = this.#deniers.get(path);
      tell(names === undefined ? judging : judging.filter(({ name }) => names.has(name)));
    } else if (kind === 'timed-out') {
      const late = [...this.#asked].find(one => one.path === path && one.pid === pid);
      tell(late === undefined || late.open.size === 0 ? judging : [...late.open]);
    } else if (kind === 'overflow') tell(this.#all.filter(({ onWritten }) => onWritten !== undefined));
    else this.#options.onTrouble(event);
  }
}

/** The number that stat(2) gives for "major:minor" (makedev(3)). */
function deviceNumber(device: string): number {
  const [major = 0, minor = 0] = device.split(':').map(Number);
  return (minor & 0xff) + (major & 0xfff) * 0x100 + (minor & ~0xff) * 0x1000;
}
