/**
 * Runtimes that make machine code while they run, and what the memory that holds it looks like. A runtime is known by
 * a module that only it has (a name that distributions give, or a symbol that only it exports), and only where that
 * file cannot be written to by everyone; its code by kind, permissions and size of the region.
 */
import type { Mapping } from './maps.ts';
import { baseName, type Module, type Modules } from './modules.ts';

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;

/** A region of executable memory without a file, and what lies around it. */
export interface Region {
  readonly mapping: Mapping;
  /** Bytes of the unbroken run of anonymous mappings that it stands in, reservations (`---p`) included. */
  readonly run: number;
}

interface Runtime {
  readonly name: string;
  /** Names of the files that carry it. */
  readonly module?: RegExp;
  /** Symbols that only it exports, for programs that it is linked into. */
  readonly symbols?: readonly string[];
  readonly owns: (region: Region) => boolean;
}

const size = ({ mapping }: Region): number => mapping.end - mapping.start;
const isPrivate = ({ mapping }: Region): boolean => mapping.kind === 'anonymous' && !mapping.shared;
const named = (region: Region, name: string): boolean =>
  region.mapping.kind === 'memfd' && region.mapping.path.startsWith(`/memfd:${name}`);

/** Code lies in a large reservation made beforehand. */
const reserved = (least: number) => (region: Region) => isPrivate(region) && region.run >= least;

/**
 * V8 chooses where its memory lies at random below 2^46 (GetRandomMmapAddr in its base/platform), far from where the
 * kernel puts what did not ask for a place. A small WebAssembly module has no more than its own few pages there.
 */
const placedByV8 = (region: Region): boolean =>
  isPrivate(region) && region.mapping.start >= 2 ** 32 && region.mapping.end <= 2 ** 46;

const runtimes: readonly Runtime[] = [
  {
    name: 'V8',
    module:
      /^(?:node|nodejs|deno|chrome|chromium|electron|headless_shell|chrome_crashpad_handler|libnode\.so.*|libv8.*\.so.*)$/,
    symbols: ['_ZN2v87Isolate10GetCurrentEv'],
    owns: region => reserved(256 * kibibyte)(region) || placedByV8(region),
  },
  { name: 'JVM', module: /^(?:libjvm\.so|libj9jit\d*\.so|libjvmcicompiler\.so)$/, owns: reserved(mebibyte) },
  {
    name: '.NET',
    module: /^(?:libcoreclr\.so|libclrjit\.so|libmonosgen-.*\.so.*|libcoreclr_.*\.so)$/,
    owns: region => isPrivate(region) || named(region, 'doublemapper'),
  },
  {
    name: 'LuaJIT',
    module: /^(?:libluajit-.*\.so.*|luajit.*)$/,
    symbols: ['luaJIT_setmode'],
    // Areas of machine code are 64 KiB and neighbours are joined (lj_mcode.c).
    owns: region =>
      isPrivate(region) && size(region) % (32 * kibibyte) === 0 && size(region) <= 64 * mebibyte,
  },
  {
    name: 'PHP',
    module: /^opcache\.so$/,
    symbols: ['zend_jit_startup', 'zend_accel_shared_globals'],
    owns: region => region.mapping.kind === 'shared' || (isPrivate(region) && size(region) >= 64 * kibibyte),
  },
  {
    name: 'PCRE',
    module: /^libpcre(?:2-(?:8|16|32)|16|32)?\.so.*/,
    symbols: ['pcre2_jit_compile_8', 'php_pcre2_jit_compile'],
    // sljit hands out chunks of 64 KiB (sljitExecAllocator.c).
    owns: region =>
      isPrivate(region) && size(region) % (64 * kibibyte) === 0 && size(region) <= 16 * mebibyte,
  },
  {
    name: 'libffi',
    module: /^(?:libffi\.so.*|_ctypes\..*\.so|_cffi_backend\..*\.so|libffi-.*\.so.*)$/,
    // Closures are made a page or a few at a time (closures.c).
    owns: region => (isPrivate(region) && size(region) <= 64 * kibibyte) || named(region, 'libffi'),
  },
  // Its ffi library makes pages of calls and closures (luaffi, call.c).
  {
    name: 'LuaTeX',
    module: /^lua(?:hb)?tex$/,
    owns: region => isPrivate(region) && size(region) <= 64 * kibibyte,
  },
  {
    name: 'LLVM',
    module: /^(?:libLLVM.*\.so.*|libllvmlite\.so|llvmjit\.so)$/,
    symbols: ['LLVMCreateMCJITCompilerForModule', 'LLVMOrcCreateLLJIT'],
    owns: isPrivate,
  },
  {
    name: 'WebAssembly',
    module: /^(?:lib)?(?:wasmtime|wasmer|wasmedge|iwasm).*$/,
    symbols: ['wasmtime_engine_new', 'wasm_engine_new'],
    owns: isPrivate,
  },
  { name: 'QEMU', module: /^qemu-.*$/, owns: region => isPrivate(region) || named(region, 'tcg-jit') },
  { name: 'Erlang', module: /^beam\.smp$/, owns: region => isPrivate(region) || named(region, 'vmem') },
  {
    name: 'Ruby',
    module: /^libruby.*\.so.*$/,
    symbols: ['rb_yjit_enabled_p'],
    owns: reserved(64 * kibibyte),
  },
  { name: 'SpiderMonkey', module: /^libmozjs-.*\.so.*$|^firefox.*$|^libxul\.so$/, owns: isPrivate },
  { name: 'JavaScriptCore', module: /^libjavascriptcoregtk-.*\.so.*$|^bun$/, owns: isPrivate },
  { name: 'Julia', module: /^libjulia.*\.so.*$/, owns: isPrivate },
  { name: 'PyPy', module: /^libpypy.*\.so.*$/, owns: isPrivate },
];

/** Permission bits that let others write. */
const writableByOthers = 0o022;

function isTrusted({ file }: Module): boolean {
  return (file.mode & writableByOthers) === 0;
}

/** Runtimes that a process has loaded. */
export class Runtimes {
  readonly #found: readonly Runtime[];

  constructor(modules: Modules) {
    const trusted = modules.list.filter(isTrusted);
    this.#found = runtimes.filter(
      ({ module, symbols = [] }) =>
        trusted.some(({ file }) => module?.test(baseName(file.path)) === true) ||
        (trusted.length > 0 && symbols.some(symbol => modules.exports(symbol))),
    );
  }

  /** Their names. */
  get names(): string[] {
    return this.#found.map(({ name }) => name);
  }

  /** The runtime that a region of code belongs to; undefined when none of the loaded ones makes such. */
  ownerOf(region: Region): string | undefined {
    return this.#found.find(({ owns }) => owns(region))?.name;
  }
}
