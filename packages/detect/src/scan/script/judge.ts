/**
 * The script judge: reads a script into a syntax tree, follows data of requests through it, and says what reaches
 * a dangerous call. It runs nothing of the script; texts that a script carries and runs are decoded and judged too.
 */

import type { Program } from './form.ts';
import type { ScriptLanguage } from './language.ts';
import { JavaScriptLowering } from './lower/javascript.ts';
import { PhpLowering } from './lower/php.ts';
import { PythonLowering } from './lower/python.ts';
import { ShellLowering } from './lower/shell.ts';
import { parseScript, SyntaxLimitError, type SyntaxLimits } from './syntax/parse.ts';
import type { SyntaxTree } from './syntax/tree.ts';
import { tables as shippedTables } from './tables/index.ts';
import type { Table } from './tables/table.ts';
import type { Flow } from './taint/flow.ts';
import { Follower, FollowLimitError, type FollowLimits } from './taint/follow.ts';

/** How far a script is read. */
export interface JudgeLimits extends SyntaxLimits, FollowLimits {
  /** Characters of a script; longer ones are not judged. */
  readonly characters: number;
  /** Texts within texts that are carried, decoded and judged. */
  readonly layers: number;
}

/** Bounds that hold where nothing else is said. */
export const judgeLimits: JudgeLimits = {
  characters: 2 << 20,
  nodes: 400_000,
  // The depth of a tree becomes depth of the stack.
  milliseconds: 4_000,
  steps: 600_000,
  depth: 400,
  layers: 4,
};

const callDepth = 6;

/** A flow, with the layers of carried text in which it was found; 0 is the script itself. */
export type PlacedFlow = Flow & { readonly layer: number };

/** What the judge saw. */
export interface Judged {
  readonly language: ScriptLanguage;
  readonly flows: readonly PlacedFlow[];
  /** Why it was not followed to its end, or undefined. */
  readonly stopped: string | undefined;
}

const lowerings: Readonly<Record<ScriptLanguage, new (tree: SyntaxTree) => { program(): Program }>> = {
  php: PhpLowering,
  javascript: JavaScriptLowering,
  python: PythonLowering,
  shell: ShellLowering,
};

/**
 * Follows requests through a script.
 * @param text the script, one character a byte (latin1), so that texts in it are the bytes that they stand for
 * @param tables what is known of each language; those that ship by default
 */
export async function judgeScript(
  text: string,
  language: ScriptLanguage,
  limits: JudgeLimits = judgeLimits,
  tables: Readonly<Record<ScriptLanguage, Table>> = shippedTables,
): Promise<Judged> {
  const flows: PlacedFlow[] = [];
  if (text.length > limits.characters) return { language, flows, stopped: 'characters' };
  const table = tables[language];
  if (!table.hints.every(hint => hint.test(text))) return { language, flows, stopped: undefined };
  const queue = [{ text, layer: 0 }];
  const seen = new Set<string>();
  let stopped: string | undefined;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { layer } = next;
    if (seen.has(next.text)) continue;
    seen.add(next.text);
    const found = await followed(next.text, language, limits, table);
    stopped ??= found.stopped;
    for (const flow of found.flows) {
      flows.push({ ...flow, layer });
      if (flow.kind !== 'carried code') continue;
      if (layer < limits.layers) queue.push({ text: asScript(flow.code, language), layer: layer + 1 });
      else stopped ??= 'layers';
    }
  }
  return { language, flows, stopped };
}

/** A text that is run is already PHP, without the tag that a file needs. */
function asScript(code: string, language: ScriptLanguage): string {
  return language === 'php' ? `<?php ${code}` : code;
}

async function followed(
  text: string,
  language: ScriptLanguage,
  limits: JudgeLimits,
  table: Table,
): Promise<{ flows: readonly Flow[]; stopped: string | undefined }> {
  let flows: readonly Flow[] = [];
  try {
    const tree = await parseScript(text, language, limits);
    const program = new lowerings[language](tree).program();
    const follower = new Follower(program, text, table, { steps: limits.steps, depth: callDepth });
    flows = follower.flows;
    follower.follow(program);
    return { flows, stopped: undefined };
  } catch (error) {
    if (error instanceof SyntaxLimitError) return { flows, stopped: error.limit };
    if (error instanceof FollowLimitError) return { flows, stopped: 'steps' };
    // A script can nest deeper than the stack: that is a bound like the others.
    if (error instanceof RangeError) return { flows, stopped: 'depth' };
    throw error;
  }
}
