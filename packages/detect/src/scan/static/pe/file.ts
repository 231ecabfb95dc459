/**
 * PE files (programs, libraries and drivers of Windows, EFI programs): header, sections, directories, imports.
 * Source: Microsoft, "PE Format" (https://learn.microsoft.com/windows/win32/debug/pe-format).
 */

/** Bytes that are no PE file, or whose tables cannot be what they claim. */
export class PeError extends Error {}

/** Most of each thing that is read. */
export const peLimits = { sections: 1_024, libraries: 4_096, functions: 65_536, name: 512 } as const;

/** A section of a PE file. Sizes and places in bytes. */
export interface PeSection {
  /** Eight bytes at most, as they stand there (latin1). */
  readonly name: string;
  readonly virtualSize: number;
  readonly address: number;
  readonly rawSize: number;
  readonly rawOffset: number;
  readonly flags: number;
}

/** A library, with how many functions are taken from it. */
export interface PeImport {
  readonly library: string;
  readonly functions: number;
}

export const peFlag = { code: 0x20, execute: 0x2000_0000, read: 0x4000_0000, write: 0x8000_0000 } as const;
export const peDirectory = {
  exports: 0,
  imports: 1,
  resources: 2,
  certificates: 4,
  tls: 9,
  clr: 14,
} as const;

/** A PE file. Everything that is read lies inside the bytes; what does not throws PeError. */
export class PeFile {
  readonly machine: number;
  readonly timestamp: number;
  readonly is64: boolean;
  readonly entry: number;
  readonly checksum: number;
  readonly subsystem: number;
  readonly headersSize: number;
  readonly sections: readonly PeSection[];
  readonly directories: readonly { readonly address: number; readonly size: number }[];
  private readonly bytes: Buffer;

  /** @throws PeError when the bytes are no PE file */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    if (bytes.length < 0x40 || bytes.readUInt16LE(0) !== 0x5a4d) throw new PeError('no MZ header');
    const at = this.u32(0x3c);
    if (this.u32(at) !== 0x4550) throw new PeError('no PE header');
    this.machine = this.u16(at + 4);
    const count = this.u16(at + 6);
    if (count > peLimits.sections) throw new PeError(`${count} sections`);
    this.timestamp = this.u32(at + 8);
    const optionalSize = this.u16(at + 20);
    const optional = at + 24;
    const magic = this.u16(optional);
    if (magic !== 0x10b && magic !== 0x20b) throw new PeError(`optional header 0x${magic.toString(16)}`);
    this.is64 = magic === 0x20b;
    this.entry = this.u32(optional + 16);
    this.headersSize = this.u32(optional + 60);
    this.checksum = this.u32(optional + 64);
    this.subsystem = this.u16(optional + 68);
    const table = optional + (this.is64 ? 112 : 96);
    const directories = Math.min(this.u32(table - 4), 16);
    this.directories = Array.from({ length: directories }, (_, index) => ({
      address: this.u32(table + 8 * index),
      size: this.u32(table + 8 * index + 4),
    }));
    this.sections = Array.from({ length: count }, (_, index) =>
      this.section(optional + optionalSize + 40 * index),
    );
  }

  /** Where in the file an address (relative to the image) lies; undefined when no bytes of the file stand there. */
  offsetOf(address: number): number | undefined {
    const inside = this.sections.find(one => address >= one.address && address < one.address + one.rawSize);
    if (inside !== undefined) return inside.rawOffset + (address - inside.address);
    return address < this.headersSize ? address : undefined;
  }

  /** The section in which an address lies. */
  sectionOf(address: number): PeSection | undefined {
    return this.sections.find(
      one => address >= one.address && address < one.address + Math.max(one.virtualSize, one.rawSize),
    );
  }

  /** Bytes of a section that are in the file; none when it lies outside. */
  bytesOf({ rawOffset, rawSize }: PeSection): Buffer {
    return this.bytes.subarray(
      Math.min(rawOffset, this.bytes.length),
      Math.min(rawOffset + rawSize, this.bytes.length),
    );
  }

  /** Where headers, sections and certificates end; what follows is an overlay. */
  get end(): number {
    const certificates = this.directories[peDirectory.certificates];
    const ends = this.sections.map(one => (one.rawSize === 0 ? 0 : one.rawOffset + one.rawSize));
    // The certificate directory alone holds a place in the file, not an address.
    if (certificates !== undefined && certificates.size > 0)
      ends.push(certificates.address + certificates.size);
    return Math.min(Math.max(this.headersSize, 0, ...ends), this.bytes.length);
  }

  /** Libraries that it imports. @throws PeError when the table leads out of the file */
  imports(): PeImport[] {
    const directory = this.directories[peDirectory.imports];
    if (directory === undefined || directory.size === 0) return [];
    const start = this.offsetOf(directory.address);
    if (start === undefined) throw new PeError('the import table is not in the file');
    const imports: PeImport[] = [];
    let left: number = peLimits.functions;
    for (let at = start; imports.length < peLimits.libraries; at += 20) {
      const name = this.u32(at + 12);
      if (name === 0) break;
      const lookups = this.u32(at) || this.u32(at + 16);
      const functions = this.count(lookups, left);
      left -= functions;
      imports.push({ library: this.textAt(name), functions });
    }
    return imports;
  }

  private count(address: number, most: number): number {
    const start = this.offsetOf(address);
    if (start === undefined) return 0;
    const width = this.is64 ? 8 : 4;
    let count = 0;
    while (count < most) {
      const at = start + count * width;
      if (at + width > this.bytes.length) break;
      if (this.u32(at) === 0 && (width === 4 || this.u32(at + 4) === 0)) break;
      count += 1;
    }
    return count;
  }

  private textAt(address: number): string {
    const start = this.offsetOf(address);
    if (start === undefined || start >= this.bytes.length) return '';
    const end = this.bytes.indexOf(0, start);
    return this.bytes.toString(
      'latin1',
      start,
      Math.min(end < 0 ? this.bytes.length : end, start + peLimits.name),
    );
  }

  private section(at: number): PeSection {
    this.u32(at + 36);
    const name = this.bytes.toString('latin1', at, at + 8).replace(/\0.*$/s, '');
    return {
      name,
      virtualSize: this.u32(at + 8),
      address: this.u32(at + 12),
      rawSize: this.u32(at + 16),
      rawOffset: this.u32(at + 20),
      flags: this.u32(at + 36),
    };
  }

  private u16(at: number): number {
    if (at < 0 || at + 2 > this.bytes.length) throw new PeError(`nothing at byte ${at}`);
    return this.bytes.readUInt16LE(at);
  }

  private u32(at: number): number {
    if (at < 0 || at + 4 > this.bytes.length) throw new PeError(`nothing at byte ${at}`);
    return this.bytes.readUInt32LE(at);
  }
}
