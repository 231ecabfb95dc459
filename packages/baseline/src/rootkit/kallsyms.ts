/** The kernel's symbols (proc_kallsyms(5)), read as a stream: there are hundreds of thousands. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the check keeps of the symbols. */
export interface Kallsyms {
  readonly symbols: number;
  /** Names in brackets: modules, and `bpf` for compiled programs. */
  readonly modules: ReadonlySet<string>;
  /** Whether addresses are shown; without rights they are all 0. */
  readonly hasAddresses: boolean;
}

/** Most symbols read. */
const mostSymbols = 4_000_000;
/** Most modules kept. */
const mostModules = 65_536;

/** Reads the symbols; undefined when they cannot be. */
export async function readKallsyms(proc = '/proc'): Promise<Kallsyms | undefined> {
  const modules = new Set<string>();
  let symbols = 0;
  let hasAddresses = false;
  const input = createReadStream(`${proc}/kallsyms`);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (++symbols > mostSymbols) break;
      if (!hasAddresses && !line.startsWith('0000000000000000')) hasAddresses = true;
      if (!line.endsWith(']')) continue;
      const name = line.slice(line.lastIndexOf('[') + 1, -1);
      if (modules.size < mostModules) modules.add(name);
    }
    return { symbols, modules, hasAddresses };
  } catch {
    return undefined;
  } finally {
    input.destroy();
  }
}
