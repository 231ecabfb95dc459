/**
 * The memory of a process as an ELF core file that gdb and Volatility read, as a stream of known length, made while the
 * process runs on. Pages that cannot be read are zeros and counted.
 * Source: gABI (ET_CORE), linux/elfcore.h, fs/binfmt_elf.c.
 */
import { readdirSync } from 'node:fs';
import { elfType, machine, segmentFlag, segmentType } from '@redoubt/observe/elf';
import { hex, type Mapping, permissions } from './maps.ts';
import { LiveProcess, pageSize } from './process.ts';
import { threadPointers } from './thread-pointers.ts';
import { parseSyscall } from './threads.ts';

/** A dump that cannot be made. */
export class DumpError extends Error {}

/** Takes the next bytes of a core file; `hole` says that they are zeros for which nothing was read. */
export type Put = (bytes: Buffer, hole?: boolean) => Promise<void>;

/** What of a process is wanted. */
export interface CoreOptions {
  /** Mount point of /proc. */
  readonly root?: string;
  /** Only the mapping that holds this address. */
  readonly region?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** A core file that can be written once. `close` it. */
export interface CoreSource {
  /** Its exact length, bytes. */
  readonly bytes: number;
  readonly pid: number;
  /** Start time of the process, clock ticks since boot. */
  readonly start: string;
  readonly program: string;
  readonly command_line: string;
  readonly regions: number;
  /** Address range, permissions and path of every mapping. */
  readonly maps: readonly string[];
  /** Hands over the whole file in order. @returns bytes that could not be read and are zeros */
  write(put: Put): Promise<number>;
  close(): void;
}

const block = 256 * pageSize;
const note = { status: 1, process: 3, auxv: 6, files: 0x46494c45 } as const;
interface Layout {
  readonly machine: number;
  /** Bytes of struct elf_prstatus. */
  readonly status: number;
  readonly counter: number;
  readonly stack: number;
  /** Where the thread pointer stands (fs_base). */
  readonly thread: number | undefined;
  /** Registers that are the same in every process: segments of 64-bit user code. */
  readonly constants: readonly (readonly [offset: number, value: number])[];
}

/** Bytes of struct elf_prstatus and elf_prpsinfo on x86-64 and AArch64, and where the program counter stands. */
const layouts: Readonly<Record<string, Layout>> = {
  x64: {
    machine: machine.x86_64,
    status: 336,
    counter: 112 + 16 * 8,
    stack: 112 + 19 * 8,
    thread: 112 + 21 * 8,
    constants: [
      [112 + 17 * 8, 0x33],
      [112 + 20 * 8, 0x2b],
    ],
  },
  arm64: {
    machine: machine.aarch64,
    status: 392,
    counter: 112 + 32 * 8,
    stack: 112 + 31 * 8,
    thread: undefined,
    constants: [],
  },
};

function noteOf(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(20);
  head.writeUInt32LE(5, 0);
  head.writeUInt32LE(content.length, 4);
  head.writeUInt32LE(type, 8);
  head.write('CORE\0', 12, 'latin1');
  return Buffer.concat([head, content, Buffer.alloc((4 - (content.length % 4)) % 4)]);
}

/** One elf_prstatus a thread; registers are known only as far as the kernel tells them of a running process. */
function threadNotes(process: LiveProcess, layout: Layout): Buffer[] {
  let threads: number[] = [];
  try {
    threads = readdirSync(process.path('task')).map(Number).slice(0, 4096);
  } catch {
    // gone
  }
  const pointers = layout.thread === undefined ? new Map<number, number>() : threadPointers(process, threads);
  return threads.map(thread => {
    const status = Buffer.alloc(layout.status);
    status.writeUInt32LE(thread, 32);
    const place = parseSyscall(process.text(`task/${thread}/syscall`) ?? '');
    if (place !== undefined) {
      status.writeBigUInt64LE(BigInt(place.counter), layout.counter);
      status.writeBigUInt64LE(BigInt(place.stack), layout.stack);
    }
    for (const [offset, value] of layout.constants) status.writeUInt32LE(value, offset);
    const pointer = pointers.get(thread);
    if (pointer !== undefined) status.writeBigUInt64LE(BigInt(pointer), layout.thread ?? 0);
    return noteOf(note.status, status);
  });
}

function processNote(process: LiveProcess): Buffer {
  const info = Buffer.alloc(136);
  info.writeUInt32LE(process.pid, 24);
  info.write((process.text('comm') ?? '').trimEnd().slice(0, 15), 40, 'utf8');
  info.write((process.text('cmdline') ?? '').replaceAll('\0', ' ').slice(0, 79), 56, 'latin1');
  return noteOf(note.process, info);
}

/** NT_FILE: which file is mapped where. */
function filesNote(mappings: readonly Mapping[]): Buffer {
  const files = mappings.filter(one => one.kind === 'file' || one.kind === 'memfd');
  const head = Buffer.alloc(16 + files.length * 24);
  head.writeBigUInt64LE(BigInt(files.length), 0);
  head.writeBigUInt64LE(BigInt(pageSize), 8);
  for (const [index, { start, end, offset }] of files.entries()) {
    const at = 16 + index * 24;
    head.writeBigUInt64LE(BigInt(start), at);
    head.writeBigUInt64LE(BigInt(end), at + 8);
    head.writeBigUInt64LE(BigInt(Math.floor(offset / pageSize)), at + 16);
  }
  return noteOf(note.files, Buffer.concat([head, ...files.map(({ path }) => Buffer.from(`${path}\0`))]));
}

function auxiliary(process: LiveProcess): Buffer[] {
  const bytes = process.bytes('auxv');
  return bytes === undefined || bytes.length === 0 ? [] : [noteOf(note.auxv, bytes)];
}

function headersOf(regions: readonly Mapping[], notes: Buffer, machineNumber: number): Buffer {
  const count = regions.length + 1;
  if (count >= 0xffff)
    throw new DumpError(`the process has ${regions.length} regions, more than a core file can name`);
  const head = Buffer.alloc(64 + count * 56);
  head.write('\x7fELF\x02\x01\x01', 0, 'latin1');
  head.writeUInt16LE(elfType.core, 16);
  head.writeUInt16LE(machineNumber, 18);
  head.writeUInt32LE(1, 20);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(64, 52);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(count, 56);
  const put = (
    index: number,
    values: { type: number; flags: number; offset: number; address: number; size: number; align: number },
  ) => {
    const at = 64 + index * 56;
    head.writeUInt32LE(values.type, at);
    head.writeUInt32LE(values.flags, at + 4);
    head.writeBigUInt64LE(BigInt(values.offset), at + 8);
    head.writeBigUInt64LE(BigInt(values.address), at + 16);
    head.writeBigUInt64LE(BigInt(values.size), at + 32);
    head.writeBigUInt64LE(BigInt(values.type === segmentType.note ? 0 : values.size), at + 40);
    head.writeBigUInt64LE(BigInt(values.align), at + 48);
  };
  put(0, { type: segmentType.note, flags: 0, offset: head.length, address: 0, size: notes.length, align: 4 });
  let offset = Math.ceil((head.length + notes.length) / pageSize) * pageSize;
  for (const [index, { start, end, readable, writable, executable }] of regions.entries()) {
    const flags =
      (readable ? segmentFlag.read : 0) |
      (writable ? segmentFlag.write : 0) |
      (executable ? segmentFlag.execute : 0);
    put(index + 1, {
      type: segmentType.load,
      flags,
      offset,
      address: start,
      size: end - start,
      align: pageSize,
    });
    offset += end - start;
  }
  return head;
}

/** Regions worth keeping: what can be read, without the kernel's own pages and device memory. */
function wanted(mapping: Mapping, region: number | undefined): boolean {
  if (region !== undefined) return region >= mapping.start && region < mapping.end;
  const isKernel = mapping.kind === 'kernel' && mapping.path !== '[vdso]';
  return mapping.readable && !isKernel && !mapping.path.startsWith('/dev/');
}

const zeros = Buffer.alloc(block);

function* pagesOf(start: number, length: number): Generator<number> {
  for (let at = 0; at < length; at += pageSize) yield start + at;
}

async function writeRegion(
  process: LiveProcess,
  { start, end, kind }: Mapping,
  put: Put,
  tick: (bytes: number) => void,
): Promise<number> {
  let unreadable = 0;
  for (let at = start; at < end; at += block) {
    const length = Math.min(block, end - at);
    // A page of a file that this process has not touched yet is part of its memory as well; the kernel's own page has
    // no entry in the page map.
    const all = kind === 'kernel' || kind === 'file' || kind === 'memfd';
    const filled = new Set(all ? pagesOf(at, length) : process.filledPages(at, at + length));
    if (filled.size === 0) {
      await put(zeros.subarray(0, length), true);
    } else {
      const bytes = Buffer.alloc(length);
      for (let page = 0; page < length; page += pageSize) {
        if (!filled.has(at + page)) continue;
        const got = process.readInto(bytes.subarray(page, page + pageSize), at + page);
        unreadable += pageSize - got;
      }
      await put(bytes);
    }
    tick(length);
  }
  return unreadable;
}

/**
 * Opens the core file of a running process.
 * @throws DumpError when the process cannot be read or the region does not exist
 */
export function openCore(pid: number, options: CoreOptions = {}): CoreSource {
  const layout = layouts[globalThis.process.arch];
  if (layout === undefined) throw new DumpError(`core files of ${globalThis.process.arch} cannot be written`);
  const process = new LiveProcess(pid, options.root);
  try {
    const regions = process.mappings.filter(one => wanted(one, options.region));
    if (regions.length === 0) {
      throw new DumpError(
        options.region === undefined
          ? `process ${pid} has no memory of its own`
          : `process ${pid} has nothing mapped at ${hex(options.region)}`,
      );
    }
    const notes = Buffer.concat([
      processNote(process),
      ...threadNotes(process, layout),
      ...auxiliary(process),
      filesNote(process.mappings),
    ]);
    const head = headersOf(regions, notes, layout.machine);
    const fill = (pageSize - ((head.length + notes.length) % pageSize)) % pageSize;
    const total = regions.reduce((sum, one) => sum + one.end - one.start, 0);
    return {
      bytes: head.length + notes.length + fill + total,
      pid,
      start: /\) (?:\S+ ){19}(\d+)/.exec(process.text('stat') ?? '')?.[1] ?? '',
      program: process.link('exe') ?? '',
      command_line: (process.text('cmdline') ?? '').replaceAll('\0', ' ').trimEnd(),
      regions: regions.length,
      maps: process.mappings.map(
        one => `${one.start.toString(16)}-${one.end.toString(16)} ${permissions(one)} ${one.path}`,
      ),
      close: () => process.close(),
      write: async put => {
        await put(Buffer.concat([head, notes]));
        await put(zeros.subarray(0, fill));
        let done = 0;
        let unreadable = 0;
        for (const region of regions) {
          options.signal?.throwIfAborted();
          unreadable += await writeRegion(process, region, put, bytes => {
            done += bytes;
            options.onProgress?.(done, total);
          });
        }
        return unreadable;
      },
    };
  } catch (error) {
    process.close();
    throw error;
  }
}
