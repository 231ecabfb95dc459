/** Scripts of the POSIX shell and bash into the intermediate form: a command is a call, a pipe its input. */
import type { Expression, FunctionForm, Statement } from '../form.ts';
import { childOf, childrenOf, type SyntaxNode } from '../syntax/tree.ts';
import { call, choices, concat, Lowering, plain, text } from './lowering.ts';

const ends = new Set(['exit', 'return', 'break', 'continue']);
const closedPattern = /^\^(?!.*\.[*+]).*\$$/;

export class ShellLowering extends Lowering {
  protected override statement(node: SyntaxNode): Statement[] {
    switch (node.type) {
      case 'command': {
        const name = this.textOf(childOf(node, 'name'));
        const run: Statement[] = [{ kind: 'expression', value: this.command(node, undefined) }];
        return ends.has(name) ? [...run, { kind: 'stop' }] : run;
      }
      case 'function_definition':
        this.function(node);
        return [];
      case 'if_statement':
        return this.branches(node.children, node.line);
      case 'case_statement':
        return this.cases(node);
      case 'while_statement':
      case 'c_style_for_statement':
        return [{ kind: 'loop', body: this.statements(node.children) }];
      case 'for_statement': {
        const name: Expression = {
          kind: 'name',
          name: this.textOf(childOf(node, 'variable')),
          line: node.line,
        };
        const value: Expression = {
          kind: 'any',
          parts: this.expressions(childrenOf(node, 'value')),
          line: node.line,
        };
        const head: Statement = {
          kind: 'expression',
          value: { kind: 'assign', target: name, value, add: false, line: node.line },
        };
        return [{ kind: 'loop', body: [head, ...this.block(childOf(node, 'body'))] }];
      }
      case 'list':
        return this.list(node);
      case 'program':
      case 'compound_statement':
      case 'subshell':
      case 'do_group':
      case 'else_clause':
      case 'declaration_command':
      case 'negated_command':
      case 'ERROR':
        return this.statements(node.children);
      case 'redirected_statement':
        return this.redirected(node);
      default:
        return node.field === 'condition' && node.children.length === 0
          ? []
          : [{ kind: 'expression', value: this.expression(node) }];
    }
  }

  protected override expression(node: SyntaxNode): Expression {
    const { line } = node;
    switch (node.type) {
      case 'command':
        return this.command(node, undefined);
      case 'pipeline':
        return this.pipeline(node, undefined);
      case 'variable_assignment':
        return {
          kind: 'assign',
          target: this.variable(childOf(node, 'name')),
          value: this.part(node, 'value'),
          add: this.source.slice(node.start, node.end).startsWith(`${this.textOf(childOf(node, 'name'))}+=`),
          line,
        };
      case 'word':
      case 'number':
      case 'string_content':
      case 'heredoc_content':
      case 'extglob_pattern':
        return text(this.textOf(node).replaceAll(/\\(.)/gs, '$1'), line);
      case 'raw_string':
        return text(this.textOf(node).slice(1, -1), line);
      case 'ansi_c_string':
        return text(this.textOf(node).slice(2, -1), line);
      case 'string':
      case 'concatenation':
      case 'heredoc_body':
      case 'command_name':
        return this.joined(this.expressions(node.children), line);
      case 'simple_expansion':
      case 'expansion':
        return node.children[0] === undefined ? plain([], line) : this.expression(node.children[0]);
      case 'variable_name':
      case 'special_variable_name':
        return this.variable(node);
      case 'subscript':
        return this.variable(childOf(node, 'name'));
      case 'array':
        return { kind: 'any', parts: this.expressions(node.children), line };
      case 'arithmetic_expansion':
        return plain(this.expressions(node.children), line);
      case 'test_command':
        return node.children[0] === undefined ? plain([], line) : this.expression(node.children[0]);
      case 'unary_expression': {
        const operand = node.children.at(-1);
        const value = operand === undefined ? plain([], line) : this.expression(operand);
        return this.textOf(childOf(node, 'operator')) === '!'
          ? { kind: 'not', parts: [value], line }
          : plain([value], line);
      }
      case 'binary_expression':
        return this.comparison(node);
      case 'heredoc_start':
      case 'heredoc_end':
      case 'test_operator':
      case 'regex':
        return plain([], line);
      // Groups and substitutions.
      default:
        return { kind: 'any', parts: this.output(node), line };
    }
  }

  /** What a group of commands writes: the values of all of them. */
  private output(node: SyntaxNode): Expression[] {
    return node.children.flatMap(child => {
      const outputs = this.statement(child).flatMap(one => (one.kind === 'expression' ? [one.value] : []));
      return outputs;
    });
  }

  private variable(node: SyntaxNode | undefined): Expression {
    const name = node?.type === 'subscript' ? childOf(node, 'name') : node;
    return { kind: 'name', name: this.textOf(name), line: node?.line ?? 0 };
  }

  private joined(parts: readonly Expression[], line: number): Expression {
    if (parts.every(part => part.kind === 'text'))
      return text(parts.map(part => (part.kind === 'text' ? part.value : '')).join(''), line);
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : concat(parts, line);
  }

  private command(node: SyntaxNode, piped: Expression | undefined): Expression {
    const { line } = node;
    const name = childOf(node, 'name');
    const args = this.expressions(childrenOf(node, 'argument'));
    const before = node.children
      .filter(child => child.type === 'variable_assignment')
      .map(child => this.expression(child));
    const redirect = childrenOf(node, 'redirect')
      .map(child => this.redirect(child))
      .find(value => value !== undefined);
    const input = redirect ?? piped;
    if (name === undefined) return { kind: 'any', parts: before, line };
    const callee = this.expression(name);
    const known: Expression = callee.kind === 'text' ? { kind: 'name', name: callee.value, line } : callee;
    if (callee.kind === 'text' && callee.value === 'read') return this.read(args, input, line);
    return { kind: 'call', callee: known, args, ...(input === undefined ? {} : { input }), line };
  }

  /** `read a b`: the names get what comes from the input. */
  private read(args: readonly Expression[], input: Expression | undefined, line: number): Expression {
    const value = input ?? call('read', [], line);
    const names = args.flatMap(arg =>
      arg.kind === 'text' && /^[A-Za-z_]\w*$/.test(arg.value) ? [arg.value] : [],
    );
    const parts = names.map((name): Expression => {
      return { kind: 'assign', target: { kind: 'name', name, line }, value, add: false, line };
    });
    return plain(parts, line);
  }

  private pipeline(node: SyntaxNode, first: Expression | undefined): Expression {
    let input = first;
    for (const child of node.children) {
      input = child.type === 'command' ? this.command(child, input) : this.expression(child);
    }
    return input ?? plain([], node.line);
  }

  /** What a redirection gives a command to read; undefined for one that writes. */
  private redirect(node: SyntaxNode): Expression | undefined {
    if (node.type === 'herestring_redirect' || node.type === 'heredoc_redirect') {
      return this.joined(
        node.children
          .filter(child => child.type !== 'heredoc_start' && child.type !== 'heredoc_end')
          .map(child => this.expression(child)),
        node.line,
      );
    }
    return undefined;
  }

  private redirected(node: SyntaxNode): Statement[] {
    const body = childOf(node, 'body');
    const redirects = childrenOf(node, 'redirect');
    const input = redirects.map(one => this.redirect(one)).find(value => value !== undefined);
    if (body === undefined) return [];
    if (body.type === 'command' || body.type === 'pipeline') {
      const value = body.type === 'command' ? this.command(body, input) : this.pipeline(body, input);
      const targets = redirects
        .filter(one => one.type === 'file_redirect' && this.textOf(one).includes('>'))
        .flatMap(one => childrenOf(one, 'destination').map(child => this.expression(child)));
      const writes = targets.map(
        (target): Statement => ({ kind: 'expression', value: call('>', [target, value], node.line) }),
      );
      return writes.length > 0 ? writes : [{ kind: 'expression', value }];
    }
    return this.block(body);
  }

  private comparison(node: SyntaxNode): Expression {
    const { line } = node;
    const operator = this.textOf(childOf(node, 'operator'));
    const left = this.part(node, 'left');
    const rightNode = childOf(node, 'right');
    const right = this.part(node, 'right');
    if (operator === '&&' || operator === '||')
      return { kind: operator === '&&' ? 'and' : 'or', parts: [left, right], line };
    if (operator === '=~' && closedPattern.test(this.textOf(rightNode)))
      return { kind: 'check', subject: left, line };
    const check: Expression = { kind: 'check', subject: left, line };
    if ((operator === '=' || operator === '==') && right.kind === 'text') return check;
    if (operator === '!=' && right.kind === 'text') return { kind: 'not', parts: [check], line };
    return plain([left, right], line);
  }

  private list(node: SyntaxNode): Statement[] {
    const [left, right] = node.children;
    if (left === undefined) return [];
    if (right === undefined) return this.statement(left);
    const or = this.source.slice(left.end, right.start).includes('||');
    const condition = this.condition([left]);
    const next = this.statement(right);
    return [{ kind: 'branch', condition, holds: or ? [] : next, otherwise: or ? next : [] }];
  }

  private condition(nodes: readonly SyntaxNode[]): Expression {
    const parts = nodes.flatMap(node => {
      if (node.type === 'test_command') return [this.expression(node)];
      if (node.type === 'negated_command') {
        return [{ kind: 'not' as const, parts: [this.condition(node.children)], line: node.line }];
      }
      return this.statement(node).flatMap(one => (one.kind === 'expression' ? [one.value] : []));
    });
    return parts.at(-1) ?? plain([], nodes[0]?.line ?? 0);
  }

  private branches(nodes: readonly SyntaxNode[], line: number): Statement[] {
    const conditions = nodes.filter(node => node.field === 'condition' && node.type !== ';');
    const rest = nodes.filter(node => node.field !== 'condition');
    // In an `elif` the condition has no role of its own: it comes first.
    const [heads, body] = conditions.length > 0 ? [conditions, rest] : [rest.slice(0, 1), rest.slice(1)];
    const clauses = body.filter(node => node.type === 'elif_clause' || node.type === 'else_clause');
    const holds = this.statements(body.filter(node => !clauses.includes(node)));
    const [next, ...later] = clauses;
    const otherwise =
      next === undefined
        ? []
        : next.type === 'elif_clause'
          ? this.branches([...next.children, ...later], next.line)
          : this.statements(next.children);
    const condition = heads.length === 0 ? plain([], line) : this.condition(heads);
    return [{ kind: 'branch', condition, holds, otherwise }];
  }

  private cases(node: SyntaxNode): Statement[] {
    const subject = this.part(node, 'value');
    const items = node.children.filter(child => child.type === 'case_item');
    const body = (one: SyntaxNode): Statement[] =>
      this.statements(one.children.filter(child => child.field !== 'value' && child.field !== 'termination'));
    const open = (one: SyntaxNode): boolean =>
      childrenOf(one, 'value').some(value => /[*?]/.test(this.textOf(value)));
    const cases = items.map(one => ({
      condition: open(one) ? plain([], one.line) : { kind: 'check' as const, subject, line: one.line },
      body: body(one),
    }));
    return [...choices(cases, [])];
  }

  private function(node: SyntaxNode): FunctionForm {
    const name = this.textOf(childOf(node, 'name'));
    const body = this.block(childOf(node, 'body'));
    return this.keep({
      name,
      line: node.line,
      parameters: ['1', '2', '3', '4', '5', '6', '7', '8', '9'],
      closes: true,
      method: false,
      body,
    });
  }
}
