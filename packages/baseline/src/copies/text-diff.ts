/** What differs between two texts, line by line, with secrets masked. */
import { maskSecrets } from './mask.ts';

/** Longest texts that are compared, bytes. */
export const longestText = 1 << 20;
/** Steps of the search; texts that differ in more lines are told as wholly different. */
const mostSteps = 1000;
const mostLines = 20_000;
const context = 3;
/** Lines and characters that are shown. */
const shownLines = 60;
const shownCharacters = 300;

/** One line of the edit: kept, taken away, or put in. */
interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly at: number;
}

/** The shortest edit (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986); undefined beyond the bounds. */
function shortestEdit(a: readonly string[], b: readonly string[]): Step[] | undefined {
  const traces: Int32Array[] = [];
  const most = Math.min(a.length + b.length, mostSteps);
  const middle = most + 1;
  const reach = new Int32Array(2 * most + 3);
  for (let d = 0; d <= most; d++) {
    traces.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down =
        k === -d || (k !== d && (reach[middle + k - 1] as number) < (reach[middle + k + 1] as number));
      let x = down ? (reach[middle + k + 1] as number) : (reach[middle + k - 1] as number) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      reach[middle + k] = x;
      if (x >= a.length && y >= b.length) return walkBack(traces, a.length, b.length);
    }
  }
  return undefined;
}

/** Follows the traces back; the trace of step d holds diagonals -d-1 to d+1 as they were before it. */
function walkBack(traces: readonly Int32Array[], length: number, width: number): Step[] {
  const steps: Step[] = [];
  let x = length;
  let y = width;
  for (let d = traces.length - 1; d > 0; d--) {
    const trace = traces[d] as Int32Array;
    const of = (k: number): number => trace[k + d + 1] as number;
    const k = x - y;
    const down = k === -d || (k !== d && of(k - 1) < of(k + 1));
    const before = down ? k + 1 : k - 1;
    const fromX = of(before);
    const fromY = fromX - before;
    while (x > fromX && y > fromY) {
      steps.push({ sign: ' ', at: --x });
      y--;
    }
    if (down) steps.push({ sign: '+', at: --y });
    else steps.push({ sign: '-', at: --x });
  }
  while (x > 0) steps.push({ sign: ' ', at: --x });
  return steps.reverse();
}

const linesOf = (text: string): string[] => {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
};

/** Whether bytes are text: UTF-8 without NUL. */
export function textOf(bytes: Buffer): string | undefined {
  if (bytes.length > longestText || bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Lines that differ with three lines around them: `-` was, `+` is, `@@ -LINE +LINE @@` before each place. A secret
 * that changed shows as a masked line that went and one that came.
 * @returns undefined when the texts differ too much to be told by lines
 */
export function textDifference(before: string, after: string): string[] | undefined {
  const [a, b] = [linesOf(before), linesOf(after)];
  if (a.length + b.length > mostLines) return undefined;
  const steps = shortestEdit(a, b);
  if (steps === undefined) return undefined;
  const masked = { ' ': maskSecrets(a), '-': maskSecrets(a), '+': maskSecrets(b) };
  const near = new Uint8Array(steps.length);
  for (const [at, { sign }] of steps.entries())
    if (sign !== ' ') near.fill(1, Math.max(0, at - context), at + context + 1);
  const lines: string[] = [];
  let [oldLine, newLine] = [1, 1];
  for (const [at, { sign, at: line }] of steps.entries()) {
    if (near[at] === 1) {
      if (near[at - 1] !== 1) lines.push(`@@ -${oldLine} +${newLine} @@`);
      const text = masked[sign][line] ?? '';
      lines.push(sign + (text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text));
    }
    if (sign !== '+') oldLine++;
    if (sign !== '-') newLine++;
  }
  const more = lines.length - shownLines;
  return more > 0 ? [...lines.slice(0, shownLines), `… (+${more})`] : lines;
}
