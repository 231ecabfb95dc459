/** Which events touch a place of persistence, and which process made them. */
import type { EventKind, EventView, Process } from '@redoubt/model';

/** Changes of files; reading is none. */
const kinds: ReadonlySet<EventKind> = new Set<EventKind>([
  'file.create',
  'file.write',
  'file.truncate',
  'file.unlink',
  'file.rename',
  'file.link',
  'file.symlink',
  'file.chmod',
  'file.chown',
  'file.mkdir',
  'file.rmdir',
]);

/** Paths whose process is kept until the next look. */
const mostPaths = 4_096;

/**
 * One expression for all patterns: `*` is text within a name, a `/` at the end all below, `~` any home. Homes are
 * wherever accounts say; here those of `/home/NAME` and `/root` are known, the others are met at the next look.
 */
export function watchedExpression(patterns: readonly string[]): RegExp {
  const expressions = patterns.map(pattern => {
    const isFolder = pattern.endsWith('/');
    const escaped = pattern
      .replace(/\/$/, '')
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '[^/]*')
      .replace(/^~/, '(?:/root|/home/[^/]+)');
    return isFolder ? `${escaped}(?:/.*)?` : escaped;
  });
  return new RegExp(`^(?:${expressions.join('|')})$`, 's');
}

/** Processes by the path that they last touched. */
export type Touched = ReadonlyMap<string, Process | undefined>;

/** The process that last touched a path or, when it came by way of its folder, that. */
export function whoTouched(touched: Touched, path: string): Process | undefined {
  return touched.get(path) ?? touched.get(path.slice(0, path.lastIndexOf('/')));
}

/** What was touched between two looks: the processes by path, and the kinds of start-up items that it is about. */
export interface Taken {
  readonly touched: Touched;
  readonly kinds: ReadonlySet<string>;
}

/** Remembers who touched what between two looks. */
export class WatchedPaths {
  /** Changed paths whose process was not kept. */
  forgotten = 0;
  readonly #any: RegExp;
  readonly #byKind: readonly (readonly [kind: string, expression: RegExp])[];
  #touched = new Map<string, Process | undefined>();
  #kinds = new Set<string>();

  /** @param places patterns by kind of start-up item */
  constructor(places: ReadonlyMap<string, readonly string[]>) {
    this.#any = watchedExpression([...places.values()].flat());
    this.#byKind = [...places].map(([kind, patterns]) => [kind, watchedExpression(patterns)]);
  }

  /** Looks at an event. @returns whether it touches a watched path */
  see(view: EventView): boolean {
    if (!kinds.has(view.kind)) return false;
    let isWatched = false;
    for (const field of ['file.path', 'file_result.path']) {
      const path = view.get(field);
      if (typeof path !== 'string' || !this.#any.test(path)) continue;
      isWatched = true;
      for (const [kind, expression] of this.#byKind) if (expression.test(path)) this.#kinds.add(kind);
      if (this.#touched.size >= mostPaths && !this.#touched.has(path)) this.forgotten++;
      else this.#touched.set(path, view.toEvent().actor?.process);
    }
    return isWatched;
  }

  /** What was touched until now; from here on it is remembered anew. */
  take(): Taken {
    const taken = { touched: this.#touched, kinds: this.#kinds };
    this.#touched = new Map();
    this.#kinds = new Set();
    return taken;
  }
}
