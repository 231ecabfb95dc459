/** Matching of Sigma strings. Text and glob must both be folded, or both not. */
import type { Glob, Wildcard } from '../ast.ts';

function isAny(piece: string | Wildcard | undefined): boolean {
  return typeof piece === 'object' && piece.wildcard === 'any';
}

/** Length in UTF-16 units of the character at a place; 0 at the end. */
function characterLength(text: string, at: number): number {
  const point = text.codePointAt(at);
  if (point === undefined) return 0;
  return point > 0xffff ? 2 : 1;
}

/** Where the pieces, none of which is `*`, end when they stand at `at`; -1 when they do not. */
function endOfRun(text: string, at: number, run: Glob): number {
  let end = at;
  for (const piece of run) {
    if (typeof piece === 'string') {
      if (!text.startsWith(piece, end)) return -1;
      end += piece.length;
    } else {
      const length = characterLength(text, end);
      if (length === 0) return -1;
      end += length;
    }
  }
  return end;
}

/**
 * Whether the whole text is what the glob describes. The cost is at most the product of both lengths: each run
 * between two `*` is looked for once, from the left.
 */
export function matchesGlob(text: string, glob: Glob): boolean {
  const runs: Glob[] = [];
  let run: (string | Wildcard)[] = [];
  for (const piece of glob) {
    if (isAny(piece)) {
      runs.push(run);
      run = [];
    } else run.push(piece);
  }
  runs.push(run);
  return matchesRuns(text, runs);
}

/** The same with the glob already split at its `*`. */
export function matchesRuns(text: string, runs: readonly Glob[]): boolean {
  const first = runs[0] ?? [];
  const last = runs[runs.length - 1] ?? [];
  let at = endOfRun(text, 0, first);
  if (at < 0) return false;
  if (runs.length === 1) return at === text.length;
  for (let index = 1; index < runs.length - 1; index++) {
    const found = findRun(text, at, runs[index] ?? []);
    if (found < 0) return false;
    at = found;
  }
  return endsWithRun(text, at, last);
}

/** The end of the first place from `from` on at which the run stands. */
function findRun(text: string, from: number, run: Glob): number {
  const [first] = run;
  let start = from;
  while (start <= text.length) {
    if (typeof first === 'string') {
      start = text.indexOf(first, start);
      if (start < 0) return -1;
    }
    const end = endOfRun(text, start, run);
    if (end >= 0) return end;
    start += Math.max(characterLength(text, start), 1);
  }
  return -1;
}

/** Whether the run ends the text and begins at `from` or later. */
function endsWithRun(text: string, from: number, run: Glob): boolean {
  let end = text.length;
  for (let index = run.length - 1; index >= 0; index--) {
    const piece = run[index];
    if (typeof piece === 'string') {
      if (!text.endsWith(piece, end)) return false;
      end -= piece.length;
    } else {
      const pair = end >= 2 && characterLength(text, end - 2) === 2;
      end -= pair ? 2 : 1;
    }
    if (end < from) return false;
  }
  return true;
}
