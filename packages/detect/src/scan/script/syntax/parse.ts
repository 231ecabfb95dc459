/**
 * Syntax trees of scripts through tree-sitter's grammars, compiled to WebAssembly: they read broken text too, and
 * run nothing of it. Loaded on first use, since each grammar takes megabytes.
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Language, Parser, TreeCursor } from '@vscode/tree-sitter-wasm';
import type { ScriptLanguage } from '../language.ts';
import type { SyntaxNode, SyntaxTree } from './tree.ts';

const grammars: Readonly<Record<ScriptLanguage, string>> = {
  php: 'tree-sitter-php.wasm',
  javascript: 'tree-sitter-javascript.wasm',
  python: 'tree-sitter-python.wasm',
  shell: 'tree-sitter-bash.wasm',
};

/** How much of a script is read. */
export interface SyntaxLimits {
  /** Nodes of the tree. */
  readonly nodes: number;
  /** How deep nodes may lie in each other. */
  readonly depth: number;
  /** How long the parser may take, milliseconds. */
  readonly milliseconds: number;
}

/** The script is beyond what the judge reads. */
export class SyntaxLimitError extends Error {
  /** Which limit it is. */
  readonly limit: keyof SyntaxLimits;
  constructor(limit: keyof SyntaxLimits) {
    super(`the script has more ${limit} than are read`);
    this.limit = limit;
  }
}

type Library = typeof import('@vscode/tree-sitter-wasm');

let library: Promise<Library> | undefined;
const languages = new Map<ScriptLanguage, Promise<Language>>();
let parser: Parser | undefined;

async function loadedLanguage(language: ScriptLanguage): Promise<{ library: Library; grammar: Language }> {
  const resolve = createRequire(import.meta.url).resolve;
  library ??= import('@vscode/tree-sitter-wasm').then(async ({ default: loaded }) => {
    await loaded.Parser.init();
    return loaded as Library;
  });
  const loaded = await library;
  let grammar = languages.get(language);
  if (grammar === undefined) {
    const file = join(dirname(resolve('@vscode/tree-sitter-wasm')), grammars[language]);
    grammar = readFile(file).then(bytes => loaded.Language.load(bytes));
    languages.set(language, grammar);
  }
  return { library: loaded, grammar: await grammar };
}

/**
 * Reads a script into a tree.
 * @throws SyntaxLimitError where the script is beyond a limit
 */
export async function parseScript(
  text: string,
  language: ScriptLanguage,
  limits: SyntaxLimits,
): Promise<SyntaxTree> {
  const { library, grammar } = await loadedLanguage(language);
  parser ??= new library.Parser();
  parser.setLanguage(grammar);
  const deadline = performance.now() + limits.milliseconds;
  // The parser asks now and then whether it should go on; `true` stops it. Its types say that nothing is returned.
  const progressCallback = (): unknown => performance.now() > deadline;
  const tree = parser.parse(text, null, { progressCallback: progressCallback as () => void });
  if (tree === null) {
    parser.reset();
    throw new SyntaxLimitError('milliseconds');
  }
  const cursor = tree.walk();
  try {
    return plainTree(cursor, text, limits);
  } finally {
    cursor.delete();
    tree.delete();
  }
}

interface OpenNode {
  type: string;
  field: string | undefined;
  line: number;
  start: number;
  end: number;
  children: SyntaxNode[];
}

function plainTree(cursor: TreeCursor, text: string, limits: SyntaxLimits): SyntaxTree {
  let count = 0;
  let errors = 0;
  const open = (): OpenNode => {
    count += 1;
    if (count > limits.nodes) throw new SyntaxLimitError('nodes');
    const type = cursor.nodeType;
    if (type === 'ERROR') errors += 1;
    const line = cursor.startPosition.row + 1;
    const field = cursor.currentFieldName ?? undefined;
    return { type, field, line, start: cursor.startIndex, end: cursor.endIndex, children: [] };
  };
  const root = open();
  const path: OpenNode[] = [root];
  let down = cursor.gotoFirstChild();
  if (!down) return { root, text, errors };
  for (;;) {
    const parent = path.at(-1);
    if (parent === undefined) break;
    down = false;
    if (cursor.nodeType !== 'comment' && (cursor.nodeIsNamed || cursor.currentFieldName !== null)) {
      const node = open();
      parent.children.push(node);
      if (cursor.nodeIsNamed && cursor.gotoFirstChild()) {
        path.push(node);
        if (path.length > limits.depth) throw new SyntaxLimitError('depth');
        down = true;
      }
    }
    if (down) continue;
    while (!cursor.gotoNextSibling()) {
      path.pop();
      if (path.length === 0 || !cursor.gotoParent()) return { root, text, errors };
    }
  }
  return { root, text, errors };
}
