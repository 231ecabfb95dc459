/** Executable memory without a file behind it, code that can be written, and programs hidden in data. */
import { statSync } from 'node:fs';
import { ElfError, ElfFile, elfType, isElf, segmentFlag, segmentType } from '@redoubt/observe/elf';
import { hex, type Mapping, permissions } from './maps.ts';
import type { Modules } from './modules.ts';
import type { Observation, ObservationKind } from './observation.ts';
import { type LiveProcess, pageSize } from './process.ts';
import type { Region, Runtimes } from './runtimes.ts';

/** Bytes of a region that are shown. */
const shownBytes = 32;
/** Pages looked at for where a region begins to hold something. */
const pagesLooked = 4096;
/** Personality bit READ_IMPLIES_EXEC (linux/personality.h). */
const readImpliesExecute = 0x0400000;

/** What the regions of a process hold. */
export interface Regions {
  readonly observations: readonly Observation[];
  /** Bytes of recognised machine code, by runtime. */
  readonly recognised: Readonly<Record<string, number>>;
  /** Executable regions that belong to no module and no runtime. */
  readonly unexplained: ReadonlySet<Mapping>;
}

/** For each mapping, the bytes of the unbroken run of private anonymous mappings around it. */
function runsOf(mappings: readonly Mapping[]): Map<Mapping, number> {
  const runs = new Map<Mapping, number>();
  let run: Mapping[] = [];
  const close = (): void => {
    const bytes = run.reduce((sum, one) => sum + one.end - one.start, 0);
    for (const one of run) runs.set(one, bytes);
    run = [];
  };
  for (const mapping of mappings) {
    const belongs = mapping.kind === 'anonymous' && !mapping.shared;
    if (!belongs || run.at(-1)?.end !== mapping.start) close();
    if (belongs) run.push(mapping);
  }
  close();
  return runs;
}

/** The first bytes of a region that are not all zero; undefined when there are none where pages are filled. */
function contentOf(process: LiveProcess, mapping: Mapping): { address: number; bytes: Buffer } | undefined {
  let looked = 0;
  for (const address of process.filledPages(mapping.start, mapping.end)) {
    if (++looked > pagesLooked) break;
    const bytes = process.read(address, pageSize);
    const at = bytes.findIndex(byte => byte !== 0);
    if (at >= 0) return { address, bytes: bytes.subarray(0, shownBytes) };
  }
  return undefined;
}

function isProgram(process: LiveProcess, address: number): boolean {
  const head = process.read(address, pageSize);
  if (!isElf(head)) return false;
  try {
    const file = new ElfFile(Buffer.from(head));
    const { type } = file.header;
    return (type === elfType.executable || type === elfType.shared) && file.segments.length > 0;
  } catch (error) {
    if (error instanceof ElfError) return false;
    throw error;
  }
}

/** Modules that ask for an executable stack, or say nothing about it, which asks for one. */
function stackAskers(modules: Modules): string[] {
  return modules.list.flatMap(({ file }) => {
    try {
      const stack = file.elf?.segments.find(one => one.type === segmentType.gnuStack);
      return stack !== undefined && (stack.flags & segmentFlag.execute) !== 0 ? [file.path] : [];
    } catch (error) {
      if (error instanceof ElfError) return [];
      throw error;
    }
  });
}

function describe(process: LiveProcess, mapping: Mapping, kind: ObservationKind): Observation {
  const content = contentOf(process, mapping);
  const writable = mapping.writable ? 'w' : '';
  return {
    kind,
    severity: content === undefined ? 3 : 4,
    subject: `${mapping.path || 'anonymous'} ${permissions(mapping)}`,
    address: mapping.start,
    facts: {
      address: hex(mapping.start),
      size: String(mapping.end - mapping.start),
      permissions: permissions(mapping),
      writable,
      path: mapping.path,
      content: content?.bytes.toString('hex') ?? '',
    },
  };
}

function kindOf(mapping: Mapping): ObservationKind {
  if (mapping.kind === 'memfd') return 'region.memfd';
  if (mapping.kind === 'stack') return 'region.stack';
  return 'region.anonymous';
}

/** Looks at every region that can be executed and has no file, and for ELF headers at the head of anonymous ones. */
export function checkRegions(process: LiveProcess, modules: Modules, runtimes: Runtimes): Regions {
  const { mappings } = process;
  const personality = Number.parseInt(process.text('personality') ?? '0', 16);
  const everything = (personality & readImpliesExecute) !== 0;
  const askers = stackAskers(modules);
  const runs = runsOf(mappings);
  const observations: Observation[] = [];
  const recognised: Record<string, number> = {};
  const unexplained = new Set<Mapping>();
  const program = inodeOfProgram(process);
  for (const [index, mapping] of mappings.entries()) {
    const { kind, executable } = mapping;
    // A program that itself lives in a memfd is told as such, once.
    if (kind === 'kernel' || (kind === 'memfd' && mapping.inode === program)) continue;
    if (kind === 'file') {
      if (executable && mapping.writable && !mapping.shared)
        observations.push(writableCode(mapping, modules));
      continue;
    }
    const elf = mapping.readable && kind !== 'stack' && isProgramRegion(process, mappings, index);
    if (elf) observations.push(hiddenProgram(mapping));
    if (!executable) continue;
    const region: Region = { mapping, run: runs.get(mapping) ?? mapping.end - mapping.start };
    const owner = elf ? undefined : runtimes.ownerOf(region);
    if (owner !== undefined) {
      recognised[owner] = (recognised[owner] ?? 0) + mapping.end - mapping.start;
      continue;
    }
    if (everything && mapping.readable) continue;
    const guard = mappings[index - 1];
    const isStack =
      kind === 'stack' || (guard?.end === mapping.start && permissions(guard) === '---p' && mapping.writable);
    if (askers.length > 0 && isStack) {
      observations.push(executableStack(askers));
      continue;
    }
    unexplained.add(mapping);
    observations.push(describe(process, mapping, kindOf(mapping)));
  }
  if (everything) observations.push(executableEverything(process));
  return { observations, recognised, unexplained };
}

function inodeOfProgram(process: LiveProcess): string {
  try {
    return String(statSync(process.path('exe'), { bigint: true }).ino);
  } catch {
    return '';
  }
}

/** An ELF file stands at the head of a region that can run, or that one which can run follows without a gap. */
function isProgramRegion(process: LiveProcess, mappings: readonly Mapping[], index: number): boolean {
  const mapping = mappings[index];
  if (mapping === undefined) return false;
  const next = mappings[index + 1];
  const runs = mapping.executable || (next?.start === mapping.end && next.executable && next.kind !== 'file');
  if (!runs) return false;
  const [first] = process.filledPages(mapping.start, mapping.start + pageSize);
  return first !== undefined && isProgram(process, mapping.start);
}

function hiddenProgram(mapping: Mapping): Observation {
  return {
    kind: 'region.elf',
    severity: 5,
    subject: `${mapping.path || 'anonymous'}`,
    address: mapping.start,
    facts: {
      address: hex(mapping.start),
      size: String(mapping.end - mapping.start),
      permissions: permissions(mapping),
    },
  };
}

function writableCode(mapping: Mapping, modules: Modules): Observation {
  const module = modules.list.find(one => one.mapping === mapping);
  let asked = false;
  try {
    asked =
      module?.file.elf?.loads.some(({ flags }) => (flags & 3) === 3) === true ||
      module?.file.elf?.hasTextRelocations === true;
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
  }
  return {
    kind: 'region.writable',
    severity: asked ? 2 : 4,
    subject: mapping.path,
    address: mapping.start,
    facts: {
      module: mapping.path,
      address: hex(mapping.start),
      permissions: permissions(mapping),
      asked: asked ? 'yes' : '',
    },
  };
}

function executableStack(askers: readonly string[]): Observation {
  const [first = ''] = askers;
  return {
    kind: 'region.stack',
    severity: 2,
    subject: first,
    address: 0,
    facts: { asked: askers.join(', ') },
  };
}

function executableEverything(process: LiveProcess): Observation {
  const program = process.link('exe') ?? '';
  return { kind: 'region.everything', severity: 2, subject: program, address: 0, facts: { program } };
}
