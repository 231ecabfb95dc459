/**
 * libarchive (https://libarchive.org), as WebAssembly: the archive's bytes are parsed in a memory of their own,
 * out of which no parser error reaches.
 */
import { createRequire } from 'node:module';

/** The functions that are used, by their names in libarchive. Pointers are numbers. */
export interface ArchiveLibrary {
  readonly module: {
    readonly HEAP8: Int8Array;
    _malloc(size: number): number;
    _free(pointer: number): void;
  };
  read_new(): number;
  read_support_filter_all(archive: number): number;
  read_support_format_all(archive: number): number;
  read_open_memory(archive: number, pointer: number, size: number): number;
  read_next_entry(archive: number): number;
  read_data(archive: number, pointer: number, size: number): number;
  read_free(archive: number): number;
  error_string(archive: number): string;
  entry_filetype(entry: number): number;
  entry_pathname(entry: number): string | null;
  entry_symlink(entry: number): string | null;
  entry_hardlink(entry: number): string | null;
  entry_is_encrypted(entry: number): number;
}

/** WebAssembly memory only grows; above this a fresh instance takes the place of the old one. */
const mostMemory = 96 * 2 ** 20;
let loaded: Promise<ArchiveLibrary> | undefined;

/** The library, loaded once a thread. */
export async function archiveLibrary(): Promise<ArchiveLibrary> {
  const library = await (loaded ?? load());
  if (library.module.HEAP8.length <= mostMemory) return library;
  return await load();
}

/** After a trap the memory of an instance cannot be trusted: the next archive gets another one. */
export function forgetArchiveLibrary(): void {
  loaded = undefined;
}

function load(): Promise<ArchiveLibrary> {
  const { libarchiveWasm } = createRequire(import.meta.url)(
    'libarchive-wasm',
  ) as typeof import('libarchive-wasm');
  loaded = libarchiveWasm() as unknown as Promise<ArchiveLibrary>;
  return loaded;
}
