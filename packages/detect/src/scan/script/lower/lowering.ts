/** What all languages share when their syntax trees are brought into the intermediate form. */
import type { Expression, FunctionForm, PlainForm, Program, Statement, TextForm } from '../form.ts';
import { childOf, type SyntaxNode, type SyntaxTree } from '../syntax/tree.ts';

export function text(value: string, line: number): TextForm {
  return { kind: 'text', value, line };
}

export function plain(parts: readonly Expression[], line: number): PlainForm {
  return { kind: 'plain', parts, line };
}

/** Parts that are one text; a single part stands for itself. */
export function concat(parts: readonly Expression[], line: number): Expression {
  const [only] = parts;
  if (parts.length === 0) return text('', line);
  return parts.length === 1 && only?.kind === 'text' ? only : { kind: 'concat', parts, line };
}

export function call(callee: string, args: readonly Expression[], line: number): Expression {
  return { kind: 'call', callee: { kind: 'name', name: callee, line }, args, line };
}

/** An element of an object, by a name that is spelled out or computed. */
export function element(object: Expression, key: Expression, line: number): Expression {
  return key.kind === 'text'
    ? { kind: 'field', object, name: key.value, line }
    : { kind: 'index', object, key, line };
}

/** A chain of choices, such as the cases of a switch, each behind a test. */
export function choices(
  cases: readonly { readonly condition: Expression; readonly body: readonly Statement[] }[],
  otherwise: readonly Statement[],
): readonly Statement[] {
  return cases.reduceRight<readonly Statement[]>(
    (rest, { condition, body }) => [{ kind: 'branch', condition, holds: body, otherwise: rest }],
    otherwise,
  );
}

/** Base of the four lowerings: the text of nodes, and the functions that were met. */
export abstract class Lowering {
  readonly functions: FunctionForm[] = [];
  protected readonly source: string;
  private readonly tree: SyntaxTree;

  constructor(tree: SyntaxTree) {
    this.tree = tree;
    this.source = tree.text;
  }

  /** The whole script. */
  program(): Program {
    const body = this.statements(this.tree.root.children);
    return { body, functions: this.functions };
  }

  protected abstract statement(node: SyntaxNode): Statement[];
  protected abstract expression(node: SyntaxNode): Expression;

  protected textOf(node: SyntaxNode | undefined): string {
    return node === undefined ? '' : this.source.slice(node.start, node.end);
  }

  protected statements(nodes: readonly SyntaxNode[]): Statement[] {
    return nodes.flatMap(node => this.statement(node));
  }

  /** What stands in a block, or the one statement that stands in its place. */
  protected block(node: SyntaxNode | undefined): Statement[] {
    return node === undefined ? [] : this.statement(node);
  }

  protected expressions(nodes: readonly SyntaxNode[]): Expression[] {
    return nodes.map(node => this.expression(node));
  }

  /** The expression in a role, or one that carries nothing. */
  protected part(node: SyntaxNode, field: string): Expression {
    const child = childOf(node, field);
    return child === undefined ? plain([], node.line) : this.expression(child);
  }

  protected keep(form: FunctionForm): FunctionForm {
    this.functions.push(form);
    return form;
  }
}
