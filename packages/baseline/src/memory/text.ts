/**
 * Code in memory beside the file that it was mapped from. A page of a private mapping that was never written to is
 * the file's own page; only pages that became the process's own are compared, byte by byte, at the places that the
 * dynamic linker does not write to.
 */
import { readSync } from 'node:fs';
import { ElfError, type ElfFile } from '@redoubt/observe/elf';
import type { MappedFile } from './files.ts';
import { hex } from './maps.ts';
import { baseName, type Module } from './modules.ts';
import { functionAt } from './names.ts';
import type { Observation } from './observation.ts';
import { type LiveProcess, pageSize } from './process.ts';

/** Most places that are told of one module. */
const maxPlaces = 16;
/** Bytes shown of each place. */
const shownBytes = 16;
/** The breakpoint instruction of x86. */
const breakpoint = 0xcc;

interface Difference {
  /** Address in the file's own address space. */
  readonly address: number;
  readonly expected: Buffer;
  readonly found: Buffer;
}

/** The file's bytes of a page, with zeros after its end as the kernel maps them. */
function pageOfFile(file: MappedFile, offset: number): Buffer {
  const page = Buffer.alloc(pageSize);
  let done = 0;
  while (done < pageSize) {
    const got = readSync(file.descriptor, page, done, pageSize - done, offset + done);
    if (got === 0) break;
    done += got;
  }
  return page;
}

/** Offsets within a page that the dynamic linker writes to, if it writes to text at all. */
function relocatedIn(elf: ElfFile | undefined, address: number): Set<number> {
  const written = new Set<number>();
  if (!elf?.hasTextRelocations) return written;
  const width = elf.importTypes?.width ?? 8;
  for (const at of elf.relocatedAddresses()) {
    if (at + width <= address || at >= address + pageSize) continue;
    for (let byte = 0; byte < width; byte++) written.add(at + byte - address);
  }
  return written;
}

/** Runs of bytes that differ; runs closer than 8 bytes are one. */
function* differences(
  expected: Buffer,
  found: Buffer,
  address: number,
  skip: ReadonlySet<number>,
): Generator<Difference> {
  let start = -1;
  let last = -1;
  const run = (): Difference => ({
    address: address + start,
    expected: expected.subarray(start, last + 1),
    found: found.subarray(start, last + 1),
  });
  for (let at = 0; at < found.length; at++) {
    if (expected[at] === found[at] || skip.has(at)) continue;
    if (start >= 0 && at - last > 8) {
      yield run();
      start = -1;
    }
    if (start < 0) start = at;
    last = at;
  }
  if (start >= 0) yield run();
}

function describe(module: Module, list: readonly Difference[], more: number): Observation {
  const { file, mapping, bias = mapping.start - mapping.offset } = module;
  const onlyBreakpoints = list.every(({ found }) => found.length === 1 && found[0] === breakpoint);
  const [first] = list;
  const address = first?.address ?? 0;
  const places = list.map(one => functionAt(file.elf, one.address) ?? hex(one.address));
  const names = [...new Set(places.map(place => place.replace(/\+0x[0-9a-f]+$/, '')))];
  const shown = (bytes: Buffer | undefined): string =>
    (bytes ?? Buffer.alloc(0)).subarray(0, shownBytes).toString('hex') +
    ((bytes?.length ?? 0) > shownBytes ? '…' : '');
  return {
    kind: onlyBreakpoints ? 'text.breakpoints' : 'text.changed',
    severity: onlyBreakpoints ? 2 : 5,
    subject: `${file.path} ${names.slice(0, 4).join(',')}`,
    address: address + bias,
    facts: {
      module: file.path,
      name: baseName(file.path),
      function: places.join(', '),
      places: String(list.length + more),
      address: hex(address + bias),
      expected: shown(first?.expected),
      found: shown(first?.found),
    },
  };
}

/** Compares the code of a module with its file. Reads only pages that can differ. */
export function checkText(process: LiveProcess, module: Module): Observation | undefined {
  const { file, mapping, bias } = module;
  const found: Difference[] = [];
  let more = 0;
  const page = Buffer.allocUnsafe(pageSize);
  for (const address of process.ownPages(mapping.start, mapping.end)) {
    if (process.readInto(page, address) < pageSize) continue;
    const offset = mapping.offset + (address - mapping.start);
    const expected = pageOfFile(file, offset);
    if (expected.equals(page)) continue;
    const own = address - (bias ?? mapping.start - mapping.offset);
    let written: Set<number>;
    try {
      written = relocatedIn(file.elf, own);
    } catch (error) {
      if (!(error instanceof ElfError)) throw error;
      written = new Set();
    }
    for (const difference of differences(expected, page, own, written)) {
      if (found.length >= maxPlaces) more++;
      else found.push({ ...difference, found: Buffer.from(difference.found) });
    }
  }
  return found.length === 0 ? undefined : describe(module, found, more);
}
