/** The scan of one file: every engine on it and on everything inside it, one verdict. */
import { closeSync, constants, fstatSync, openSync, type Stats } from 'node:fs';
import { NotAnArchive } from './container/archive.ts';
import { Budget, BudgetSpent } from './container/budget.ts';
import { openers } from './container/open.ts';
import { type Engine, type EngineFinding, EngineLimit } from './engine.ts';
import type { LentMemory } from './lent-memory.ts';
import type { ScanLimits } from './limits.ts';
import { BytesSubject, FileSubject, type Subject } from './subject.ts';
import { fuse, type Note, type PlacedFinding, type Verdict } from './verdict.ts';

/** What a scan needs. */
export interface Scanning {
  readonly engines: readonly Engine[];
  readonly limits: ScanLimits;
  /** Whether containers are opened. */
  readonly opens: boolean;
  /** Memory for the contents of files, so that not each of them asks for its own. */
  readonly memory?: LentMemory;
}

/** Scans what is in memory or already open. */
export async function scanSubject(subject: Subject, scanning: Scanning): Promise<Verdict> {
  const { engines, limits, memory } = scanning;
  const findings: PlacedFinding[] = [];
  const notes: Note[] = [];
  const lend = async (work: () => Promise<unknown>): Promise<void> => {
    const whole = async (): Promise<void> => {
      try {
        await work();
        // Whoever asks later would read the content again.
        if (findings.length > 0) subject.digests();
      } finally {
        if (subject instanceof FileSubject) subject.release();
      }
    };
    await (memory?.lend(whole) ?? whole());
  };
  const elsewhere = Promise.all(
    engines
      .filter(({ wants }) => wants === 'descriptor' && subject.fd !== undefined)
      .map(engine => askedElsewhere(engine, subject, limits)),
  );
  // Should the work here fail first, nobody waits for it any more.
  elsewhere.catch(() => undefined);
  const here = { ...scanning, engines: engines.filter(({ wants }) => wants === 'bytes') };
  if (here.engines.length > 0)
    await lend(async () => {
      const budget = new Budget(limits);
      try {
        await look(subject, here, budget, findings, 0);
      } catch (error) {
        if (!(error instanceof BudgetSpent)) throw error;
      }
      findings.push(...judgedNotes(budget, subject));
      notes.push(...budget.notes);
    });
  for (const { found, note } of await elsewhere) {
    if (note !== undefined) notes.push(note);
    if (found.length > 0) await lend(async () => findings.push(...placed(found, subject)));
  }
  return fuse(findings, notes);
}

/** What a file was when it was scanned. */
export interface ScannedFile {
  readonly verdict: Verdict;
  /** Of the descriptor that was read; undefined when it could not be opened, or changed while it was read. */
  readonly stats: Stats | undefined;
  readonly sha256: string | undefined;
}

// Not following a last link, and not waiting for whoever opens the other end of a pipe.
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/**
 * Scans a regular file. What cannot be read gets a verdict that says so; nothing is thrown.
 * @param raw the path as it is, where `path` cannot say it
 */
export async function scanFile(path: string, scanning: Scanning, raw?: Buffer): Promise<ScannedFile> {
  let fd: number;
  try {
    fd = openSync(raw ?? path, openFlags);
  } catch (error) {
    return { verdict: unreadable(path, error), stats: undefined, sha256: undefined };
  }
  try {
    return await scanDescriptor(fd, path, scanning);
  } finally {
    closeSync(fd);
  }
}

/**
 * Scans what an open descriptor leads to, and leaves it open. What cannot be read gets a verdict that says so; nothing
 * is thrown.
 * @param path for people
 */
export async function scanDescriptor(fd: number, path: string, scanning: Scanning): Promise<ScannedFile> {
  try {
    const before = fstatSync(fd);
    if (!before.isFile()) return { verdict: notAFile(path), stats: undefined, sha256: undefined };
    const subject = new FileSubject(path, fd, scanning.limits.contentBytes, before.size, scanning.memory);
    const verdict = await scanSubject(subject, scanning);
    const after = fstatSync(fd);
    const isSame =
      after.size === before.size && after.mtimeMs === before.mtimeMs && after.ctimeMs === before.ctimeMs;
    if (isSame)
      return {
        verdict,
        stats: after,
        sha256: verdict.judged === 'clean' ? undefined : subject.digests()?.sha256,
      };
    return { verdict: changed(path, verdict), stats: undefined, sha256: undefined };
  } catch (error) {
    return { verdict: unreadable(path, error), stats: undefined, sha256: undefined };
  }
}

async function look(
  subject: Subject,
  scanning: Scanning,
  budget: Budget,
  findings: PlacedFinding[],
  depth: number,
): Promise<void> {
  if (!subject.complete) {
    budget.note('too-large', subject.name, {
      en: `only its first ${scanning.limits.contentBytes} bytes were looked at`,
      zh: `仅检查了前 ${scanning.limits.contentBytes} 字节`,
    });
  }
  await ask(subject, scanning, budget, findings);
  const open = scanning.opens ? openers[subject.kind] : undefined;
  if (open === undefined) return;
  if (depth >= scanning.limits.depth) {
    budget.note('too-deep', subject.name, {
      en: `containers within containers beyond ${scanning.limits.depth} levels are not opened`,
      zh: `嵌套超过 ${scanning.limits.depth} 层的容器未打开`,
    });
    return;
  }
  try {
    for await (const { name, bytes, size } of open(subject, budget)) {
      const member = new BytesSubject(subject.path, [...subject.members, name], bytes, size);
      await look(member, scanning, budget, findings, depth + 1);
    }
  } catch (error) {
    if (error instanceof BudgetSpent) throw error;
    // A magic number does not make an archive: what only looks like one holds no members.
    if (error instanceof NotAnArchive) return;
    const words = error instanceof Error ? error.message : String(error);
    budget.note('damaged', subject.name, {
      en: `it could not be opened: ${words}`,
      zh: `无法打开：${words}`,
    });
  }
}

async function ask(
  subject: Subject,
  scanning: Scanning,
  budget: Budget,
  findings: PlacedFinding[],
): Promise<void> {
  for (const engine of scanning.engines) {
    budget.checkTime(subject.name);
    if (engine.accepts?.(subject) === false) continue;
    try {
      const answer = engine.scan(subject, scanning.limits);
      findings.push(...placed(answer instanceof Promise ? await answer : answer, subject));
    } catch (error) {
      const { kind, where, text } = failed(engine, subject, error);
      budget.note(kind, where, text);
    }
  }
}

/** What an engine says whose work another process does. */
async function askedElsewhere(
  engine: Engine,
  subject: Subject,
  limits: ScanLimits,
): Promise<{ found: readonly EngineFinding[]; note?: Note }> {
  try {
    return { found: engine.accepts?.(subject) === false ? [] : await engine.scan(subject, limits) };
  } catch (error) {
    return { found: [], note: failed(engine, subject, error) };
  }
}

function placed(found: readonly EngineFinding[], subject: Subject): PlacedFinding[] {
  if (found.length === 0) return [];
  const sha256 = subject.digests()?.sha256;
  return found.map(finding => ({
    ...finding,
    where: subject.name,
    ...(sha256 !== undefined && { sha256 }),
  }));
}

/** @throws the error, when the file cannot be read: it fails every engine in the same way, and that is its own fault */
function failed(engine: Engine, subject: Subject, error: unknown): Note {
  if (error instanceof Error && 'syscall' in error && error.syscall === 'read') throw error;
  const words = error instanceof Error ? error.message : String(error);
  return {
    kind: error instanceof EngineLimit ? 'too-complex' : 'engine-failed',
    where: subject.name,
    text: { en: `${engine.name} could not judge it: ${words}`, zh: `${engine.name} 无法判断：${words}` },
  };
}

/** Some of what stands in the way is telling in itself. */
function judgedNotes({ notes }: Budget, subject: Subject): PlacedFinding[] {
  const titles = {
    bomb: { en: 'Decompression bomb', zh: '解压炸弹' },
    'unsafe-name': { en: 'Archive member that leads out of its folder', zh: '归档成员指向目录之外' },
  } as const;
  const found: PlacedFinding[] = [];
  for (const kind of ['bomb', 'unsafe-name'] as const) {
    const note = notes.find(one => one.kind === kind);
    if (note === undefined) continue;
    found.push({
      engine: 'containers',
      judgement: 'suspicious',
      signature: kind,
      confidence: 50,
      title: titles[kind],
      reasons: [{ field: 'container.member', value: note.where, text: note.text }],
      where: subject.name,
      tags: kind === 'bomb' ? ['attack.impact', 'attack.t1499'] : [],
    });
  }
  return found;
}

function changed(path: string, verdict: Verdict): Verdict {
  const text = {
    en: 'it changed while it was read: the verdict may be of neither state',
    zh: '读取期间文件发生变化：结论可能不对应任何一个状态',
  };
  return { ...verdict, notes: [...verdict.notes, { kind: 'changed', where: path, text }] };
}

function unreadable(path: string, error: unknown): Verdict {
  const words = error instanceof Error ? error.message : String(error);
  return fuse(
    [],
    [
      {
        kind: 'unreadable',
        where: path,
        text: { en: `it cannot be read: ${words}`, zh: `无法读取：${words}` },
      },
    ],
  );
}

function notAFile(path: string): Verdict {
  return fuse(
    [],
    [
      {
        kind: 'not-a-file',
        where: path,
        text: {
          en: 'a device, pipe, socket or folder; it has no content',
          zh: '设备、管道、套接字或目录，没有内容',
        },
      },
    ],
  );
}
