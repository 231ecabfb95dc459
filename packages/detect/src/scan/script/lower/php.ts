/** PHP into the intermediate form. Names of functions are lower-cased, since PHP does not mind their case. */
import type { Expression, FunctionForm, Statement } from '../form.ts';
import { childOf, childrenOf, type SyntaxNode } from '../syntax/tree.ts';
import { unescaped } from './escapes.ts';
import { call, choices, concat, element, Lowering, plain, text } from './lowering.ts';

const functionTypes = new Set(['function_definition', 'method_declaration']);
const assignments = new Set(['assignment_expression', 'reference_assignment_expression']);
const calls = new Set(['member_call_expression', 'nullsafe_member_call_expression']);
const members = new Set(['member_access_expression', 'nullsafe_member_access_expression']);
const includes = new Set([
  'include_expression',
  'include_once_expression',
  'require_expression',
  'require_once_expression',
]);
/** Only an anchored pattern without a wildcard lists what may pass. */
const closedPattern = /^(.)\^(?!.*\.[*+]).*\$\1[a-z]*$/i;
const checks = new Set(['ctype_alnum', 'ctype_digit', 'ctype_alpha', 'is_numeric', 'is_int']);

export class PhpLowering extends Lowering {
  protected override statement(node: SyntaxNode): Statement[] {
    switch (node.type) {
      case 'expression_statement':
      case 'echo_statement':
      case 'unset_statement':
        return node.children.map(child => ({ kind: 'expression', value: this.expression(child) }));
      case 'return_statement': {
        const [value] = node.children;
        return [{ kind: 'return', value: value === undefined ? undefined : this.expression(value) }];
      }
      case 'exit_statement':
        return [
          ...node.children.map((child): Statement => ({ kind: 'expression', value: this.expression(child) })),
          { kind: 'stop' },
        ];
      case 'throw_expression':
        return [{ kind: 'stop' }];
      case 'if_statement':
        return this.branches(node);
      case 'switch_statement':
        return this.cases(node);
      case 'while_statement':
      case 'do_statement':
      case 'for_statement':
        return this.loop(node);
      case 'foreach_statement':
        return this.each(node);
      case 'global_declaration':
        return node.children.map(child => {
          const name = this.textOf(child);
          const outer: Expression = { kind: 'name', name: `global ${name}`, line: child.line };
          return this.assigned({ kind: 'name', name, line: child.line }, outer, child.line);
        });
      case 'static_variable_declaration':
      case 'property_element':
        return this.declared(node);
      case 'const_declaration':
      case 'const_element':
        return this.statements(node.children);
      case 'function_definition':
      case 'method_declaration':
        this.function(node);
        return [];
      case 'heredoc_body':
      case 'php_tag':
      case 'text':
      case 'text_interpolation':
      case 'name':
        return [];
      default:
        if (node.type.endsWith('_expression')) return [{ kind: 'expression', value: this.expression(node) }];
        return this.statements(node.children);
    }
  }

  protected override expression(node: SyntaxNode): Expression {
    const { line } = node;
    if (assignments.has(node.type)) return this.assignment(node, false);
    if (calls.has(node.type)) return this.memberCall(node);
    if (members.has(node.type))
      return element(this.part(node, 'object'), this.key(childOf(node, 'name')), line);
    if (includes.has(node.type)) return call('include', this.expressions(node.children), line);
    if (functionTypes.has(node.type)) return { kind: 'function', function: this.function(node), line };
    switch (node.type) {
      case 'string':
        return text(this.single(node), line);
      case 'encapsed_string':
      case 'heredoc':
      case 'heredoc_body':
      case 'nowdoc':
      case 'nowdoc_body':
        return this.quoted(node);
      case 'shell_command_expression':
        return call('shell_exec', [this.quoted(node)], line);
      case 'variable_name':
        return { kind: 'name', name: this.textOf(node), line };
      case 'dynamic_variable_name':
        return this.namedByValue(node);
      case 'name':
      case 'qualified_name':
        return { kind: 'name', name: this.bare(node), line };
      case 'subscript_expression': {
        const [object, key] = node.children;
        if (object === undefined) return plain([], line);
        const list = this.expression(object);
        return key === undefined ? list : element(list, this.key(key), line);
      }
      case 'scoped_property_access_expression':
        return { kind: 'name', name: this.textOf(node), line };
      case 'augmented_assignment_expression': {
        const operator = this.textOf(childOf(node, 'operator'));
        if (operator === '.=' || operator === '??=') return this.assignment(node, true);
        return plain(this.expressions(node.children.slice(-1)), line);
      }
      case 'binary_expression':
        return this.binary(node);
      case 'conditional_expression':
        return this.ternary(node);
      case 'function_call_expression': {
        const callee = childOf(node, 'function');
        if (callee === undefined) return plain([], line);
        return this.called(this.expression(callee), node);
      }
      case 'scoped_call_expression':
        return {
          kind: 'call',
          callee: {
            kind: 'field',
            object: this.part(node, 'scope'),
            name: this.textOf(childOf(node, 'name')),
            line,
          },
          args: this.args(node),
          line,
        };
      case 'object_creation_expression': {
        const [name] = node.children;
        const callee: Expression = name === undefined ? plain([], line) : this.expression(name);
        return { kind: 'call', callee, args: this.args(node), line };
      }
      case 'array_creation_expression':
      case 'list_literal':
        return { kind: 'record', entries: node.children.map(child => this.entry(child)), line };
      case 'anonymous_function':
      case 'anonymous_function_creation_expression':
      case 'arrow_function':
        return { kind: 'function', function: this.function(node), line };
      case 'cast_expression': {
        const type = this.textOf(childOf(node, 'type')).toLowerCase();
        const value = this.part(node, 'value');
        return /int|float|double|bool|real/.test(type) ? plain([value], line) : value;
      }
      case 'unary_op_expression': {
        const value = this.part(node, 'argument');
        const operator = this.textOf(childOf(node, 'operator'));
        if (operator === '!') return { kind: 'not', parts: [value], line };
        return operator === '~' ? call('~', [value], line) : plain([value], line);
      }
      case 'print_intrinsic':
        return plain(this.expressions(node.children), line);
      case 'match_expression':
        return this.match(node);
      case 'exit_statement':
        return call('exit', this.expressions(node.children), line);
      case 'parenthesized_expression':
      case 'error_suppression_expression':
      case 'argument':
      case 'by_ref':
      case 'clone_expression':
      case 'variadic_unpacking':
      case 'else_clause':
        return this.last(node);
      case 'integer':
        return text(this.textOf(node), line);
      case 'float':
      case 'boolean':
      case 'null':
      case 'update_expression':
        return plain([], line);
      default:
        return { kind: 'any', parts: this.expressions(node.children), line };
    }
  }

  private last(node: SyntaxNode): Expression {
    const child = node.children.at(-1);
    return child === undefined ? plain([], node.line) : this.expression(child);
  }

  private bare(node: SyntaxNode): string {
    return this.textOf(node).replace(/^.*\\/s, '').toLowerCase();
  }

  /** A name that selects an element: spelled out, or computed. */
  private key(node: SyntaxNode | undefined): Expression {
    if (node === undefined) return text('', 0);
    return node.type === 'name' ? text(this.textOf(node), node.line) : this.expression(node);
  }

  private single(node: SyntaxNode): string {
    return this.textOf(node).slice(1, -1).replaceAll("\\'", "'").replaceAll('\\\\', '\\');
  }

  private quoted(node: SyntaxNode): Expression {
    const parts = node.children.flatMap((child): Expression[] => {
      if (child.type === 'heredoc_start' || child.type === 'heredoc_end') return [];
      if (child.type === 'string_content' || child.type === 'nowdoc_string')
        return [text(this.textOf(child), child.line)];
      if (child.type === 'escape_sequence') return [text(unescaped(this.textOf(child)), child.line)];
      return [this.expression(child)];
    });
    const whole = parts.every(part => part.kind === 'text');
    return whole
      ? text(parts.map(part => (part.kind === 'text' ? part.value : '')).join(''), node.line)
      : concat(parts, node.line);
  }

  /** `${'a' . 'b'}` and `$$name`: the variable of that name where it can be told, else anything that it names. */
  private namedByValue(node: SyntaxNode): Expression {
    const [child] = node.children;
    if (child === undefined) return plain([], node.line);
    const name = child.type === 'name' ? text(this.textOf(child), child.line) : this.expression(child);
    if (name.kind === 'text') return { kind: 'name', name: `$${name.value}`, line: node.line };
    return {
      kind: 'index',
      object: { kind: 'name', name: '$GLOBALS', line: node.line },
      key: name,
      line: node.line,
    };
  }

  private args(node: SyntaxNode): Expression[] {
    const list = childOf(node, 'arguments') ?? node.children.find(child => child.type === 'arguments');
    return this.expressions(list?.children ?? []);
  }

  private called(callee: Expression, node: SyntaxNode): Expression {
    const args = this.args(node);
    const { line } = node;
    const name = callee.kind === 'name' ? callee.name : '';
    const [first, second] = args;
    const listed =
      (name === 'in_array' && second?.kind === 'record') || name === 'array_key_exists' || checks.has(name);
    if (listed && first !== undefined) return { kind: 'check', subject: first, line };
    if (
      name === 'preg_match' &&
      first?.kind === 'text' &&
      second !== undefined &&
      closedPattern.test(first.value)
    )
      return { kind: 'check', subject: second, line };
    if (name === 'isset' && first?.kind === 'index') return { kind: 'check', subject: first.key, line };
    return { kind: 'call', callee, args, line };
  }

  private memberCall(node: SyntaxNode): Expression {
    const callee = element(this.part(node, 'object'), this.key(childOf(node, 'name')), node.line);
    return { kind: 'call', callee, args: this.args(node), line: node.line };
  }

  private entry(node: SyntaxNode): { name?: string; value: Expression } {
    const [first, second] = node.children;
    if (node.type !== 'array_element_initializer' || first === undefined)
      return { value: this.expression(node) };
    if (second === undefined) return { value: this.expression(first) };
    const key = this.expression(first);
    return { ...(key.kind === 'text' ? { name: key.value } : {}), value: this.expression(second) };
  }

  private assignment(node: SyntaxNode, add: boolean): Expression {
    const target = this.part(node, 'left');
    const appends =
      childOf(node, 'left')?.type === 'subscript_expression' && childOf(node, 'left')?.children.length === 1;
    return { kind: 'assign', target, value: this.part(node, 'right'), add: add || appends, line: node.line };
  }

  private assigned(target: Expression, value: Expression, line: number): Statement {
    return { kind: 'expression', value: { kind: 'assign', target, value, add: false, line } };
  }

  private declared(node: SyntaxNode): Statement[] {
    const [name, ...rest] = node.children;
    const value = rest.at(-1);
    if (name === undefined || value === undefined) return [];
    const word = this.textOf(name);
    const target: Expression =
      node.type === 'property_element'
        ? {
            kind: 'field',
            object: { kind: 'name', name: '$this', line: node.line },
            name: word.slice(1),
            line: node.line,
          }
        : { kind: 'name', name: word, line: node.line };
    return [this.assigned(target, this.expression(value), node.line)];
  }

  private binary(node: SyntaxNode): Expression {
    const { line } = node;
    const left = this.part(node, 'left');
    const right = this.part(node, 'right');
    const operator = this.textOf(childOf(node, 'operator')).toLowerCase();
    if (operator === '.') return concat([left, right], line);
    if (operator === '??' || operator === '?:') return { kind: 'any', parts: [left, right], line };
    if (operator === '&&' || operator === 'and') return { kind: 'and', parts: [left, right], line };
    if (operator === '||' || operator === 'or') return { kind: 'or', parts: [left, right], line };
    if (operator === '^') return call('^', [left, right], line);
    const equal: Expression | undefined =
      right.kind === 'text'
        ? { kind: 'check', subject: left, line }
        : left.kind === 'text'
          ? { kind: 'check', subject: right, line }
          : undefined;
    if (equal !== undefined && (operator === '===' || operator === '==')) return equal;
    if (equal !== undefined && (operator === '!==' || operator === '!=' || operator === '<>'))
      return { kind: 'not', parts: [equal], line };
    return plain([left, right], line);
  }

  private ternary(node: SyntaxNode): Expression {
    const condition = this.part(node, 'condition');
    const body = childOf(node, 'body');
    const parts = [body === undefined ? condition : this.expression(body), this.part(node, 'alternative')];
    return { kind: 'any', parts: [plain([condition], node.line), ...parts], line: node.line };
  }

  private match(node: SyntaxNode): Expression {
    const arms = childOf(node, 'body')?.children ?? [];
    const parts = arms.map(arm => this.last(arm));
    return {
      kind: 'any',
      parts: [plain([this.part(node, 'condition')], node.line), ...parts],
      line: node.line,
    };
  }

  private branches(node: SyntaxNode): Statement[] {
    const [next, ...later] = childrenOf(node, 'alternative');
    const otherwise: Statement[] =
      next === undefined
        ? []
        : next.type === 'else_if_clause'
          ? this.branches({ ...next, children: [...next.children, ...later] })
          : this.statements(next.children);
    return [
      {
        kind: 'branch',
        condition: this.part(node, 'condition'),
        holds: this.block(childOf(node, 'body')),
        otherwise,
      },
    ];
  }

  private cases(node: SyntaxNode): Statement[] {
    const subject = this.part(node, 'condition');
    const listed = childOf(node, 'body')?.children ?? [];
    const body = (one: SyntaxNode): Statement[] =>
      this.statements(
        one.children.filter(child => child.field !== 'value' && child.type !== 'break_statement'),
      );
    const cases = listed
      .filter(one => one.type === 'case_statement')
      .map(one => ({ condition: { kind: 'check' as const, subject, line: one.line }, body: body(one) }));
    const otherwise = listed.filter(one => one.type === 'default_statement').flatMap(body);
    return [{ kind: 'expression', value: subject }, ...choices(cases, otherwise)];
  }

  private loop(node: SyntaxNode): Statement[] {
    const head = node.children
      .filter(child => child.field !== 'body')
      .map((child): Statement => ({ kind: 'expression', value: this.expression(child) }));
    return [{ kind: 'loop', body: [...head, ...this.block(childOf(node, 'body'))] }];
  }

  private each(node: SyntaxNode): Statement[] {
    const [list, item] = node.children.filter(child => child.field !== 'body');
    if (list === undefined || item === undefined) return this.block(childOf(node, 'body'));
    const targets = item.type === 'pair' ? item.children : [item];
    const value = this.expression(list);
    const heads = targets.map(target => this.assigned(this.expression(target), value, node.line));
    return [{ kind: 'loop', body: [...heads, ...this.block(childOf(node, 'body'))] }];
  }

  private function(node: SyntaxNode): FunctionForm {
    const name = childOf(node, 'name');
    const parameters = (childOf(node, 'parameters')?.children ?? []).map(one =>
      this.textOf(childOf(one, 'name')),
    );
    const body = childOf(node, 'body');
    const closes = node.type === 'arrow_function' || node.type.startsWith('anonymous_function');
    return this.keep({
      name: name === undefined ? undefined : this.textOf(name).toLowerCase(),
      line: node.line,
      parameters,
      closes,
      method: node.type === 'method_declaration',
      body:
        node.type === 'arrow_function' && body !== undefined
          ? [{ kind: 'return', value: this.expression(body) }]
          : this.block(body),
    });
  }
}
