/** Syntax trees as plain objects, free of the parser that made them. */

/** A node of a syntax tree. Tokens that only structure the text, such as brackets, are left out. */
export interface SyntaxNode {
  /** The grammar's name of the node. */
  readonly type: string;
  /** The role that it plays in its parent, where the grammar names one. */
  readonly field: string | undefined;
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** Where it stands in the text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly children: readonly SyntaxNode[];
}

/** A whole tree, with its text. */
export interface SyntaxTree {
  readonly root: SyntaxNode;
  readonly text: string;
  /** Places that the grammar could not read; the parser goes on behind them. */
  readonly errors: number;
}

/** The first child that plays a role. */
export function childOf(node: SyntaxNode, field: string): SyntaxNode | undefined {
  return node.children.find(child => child.field === field);
}

/** All children that play a role. */
export function childrenOf(node: SyntaxNode, field: string): SyntaxNode[] {
  return node.children.filter(child => child.field === field);
}
