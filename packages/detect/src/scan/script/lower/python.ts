/** Python into the intermediate form. */
import type { Expression, FunctionForm, Statement } from '../form.ts';
import { childOf, childrenOf, type SyntaxNode } from '../syntax/tree.ts';
import { unescaped } from './escapes.ts';
import { choices, concat, element, Lowering, plain, text } from './lowering.ts';

const lists = new Set(['list', 'tuple', 'set', 'expression_list']);
const patterns = new Set([
  'pattern_list',
  'tuple_pattern',
  'list_pattern',
  'list_splat_pattern',
  'as_pattern_target',
]);
const comprehensions = new Set([
  'list_comprehension',
  'set_comprehension',
  'generator_expression',
  'dictionary_comprehension',
]);
const fixedForms = new Set(['isdigit', 'isalnum', 'isalpha', 'isidentifier', 'isdecimal', 'isnumeric']);

export class PythonLowering extends Lowering {
  protected override statement(node: SyntaxNode): Statement[] {
    switch (node.type) {
      case 'expression_statement':
      case 'assert_statement':
        return node.children.map(child => this.evaluated(child));
      case 'return_statement': {
        const [value] = node.children;
        return [{ kind: 'return', value: value === undefined ? undefined : this.expression(value) }];
      }
      case 'raise_statement':
        return [{ kind: 'stop' }];
      case 'import_statement':
        return childrenOf(node, 'name').flatMap(name => this.imported(name, undefined));
      case 'import_from_statement': {
        const module = this.textOf(childOf(node, 'module_name'));
        return childrenOf(node, 'name').flatMap(name => this.imported(name, module));
      }
      case 'if_statement':
      case 'elif_clause':
        return this.branches(node, childrenOf(node, 'alternative'));
      case 'while_statement':
        return [
          {
            kind: 'loop',
            body: [this.evaluatedPart(node, 'condition'), ...this.block(childOf(node, 'body'))],
          },
          ...this.statements(childrenOf(node, 'alternative')),
        ];
      case 'for_statement':
        return [
          {
            kind: 'loop',
            body: [
              ...this.bindPart(node, 'left', this.part(node, 'right')),
              ...this.block(childOf(node, 'body')),
            ],
          },
        ];
      case 'with_item': {
        const [value] = node.children;
        if (value?.type !== 'as_pattern') return value === undefined ? [] : [this.evaluated(value)];
        const [inner, alias] = value.children;
        return inner === undefined || alias === undefined ? [] : this.bind(alias, this.expression(inner));
      }
      case 'match_statement':
        return this.cases(node);
      case 'function_definition':
        this.function(node);
        return [];
      case 'exec_statement':
      case 'print_statement':
        return [this.evaluated(node)];
      case 'identifier':
      case 'pass_statement':
      case 'break_statement':
      case 'continue_statement':
      case 'global_statement':
      case 'nonlocal_statement':
      case 'future_import_statement':
        return [];
      case 'argument_list':
      case 'as_pattern':
        return [this.evaluated(node)];
      default:
        if (
          node.children.length > 0 &&
          /(?:call|attribute|operator|expression|string|await)$/.test(node.type)
        )
          return [this.evaluated(node)];
        return this.statements(node.children.filter(child => child.field !== 'superclasses'));
    }
  }

  protected override expression(node: SyntaxNode): Expression {
    const { line } = node;
    if (lists.has(node.type)) {
      return { kind: 'record', entries: this.expressions(node.children).map(value => ({ value })), line };
    }
    if (comprehensions.has(node.type)) return this.comprehension(node);
    switch (node.type) {
      case 'string':
        return this.quoted(node);
      case 'concatenated_string':
        return this.joined(this.expressions(node.children), line);
      case 'identifier':
        return { kind: 'name', name: this.textOf(node), line };
      case 'integer':
        return text(this.textOf(node), line);
      case 'attribute':
        return element(this.part(node, 'object'), text(this.textOf(childOf(node, 'attribute')), line), line);
      case 'subscript': {
        const key = childOf(node, 'subscript');
        const object = this.part(node, 'value');
        // A slice is a piece of the whole.
        return key === undefined || key.type === 'slice'
          ? object
          : element(object, this.expression(key), line);
      }
      case 'call':
        return this.called(node);
      case 'exec_statement':
        return {
          kind: 'call',
          callee: { kind: 'name', name: 'exec', line },
          args: this.expressions(node.children),
          line,
        };
      case 'assignment': {
        const left = childOf(node, 'left');
        const value = childOf(node, 'right');
        if (left === undefined || value === undefined) return plain([], line);
        return this.together(this.bind(left, this.expression(value)), line);
      }
      case 'named_expression':
        return {
          kind: 'assign',
          target: this.part(node, 'name'),
          value: this.part(node, 'value'),
          add: false,
          line,
        };
      case 'augmented_assignment':
        if (this.textOf(childOf(node, 'operator')) !== '+=') return plain([this.part(node, 'right')], line);
        return {
          kind: 'assign',
          target: this.part(node, 'left'),
          value: this.part(node, 'right'),
          add: true,
          line,
        };
      case 'binary_operator': {
        const operator = this.textOf(childOf(node, 'operator'));
        const sides = [this.part(node, 'left'), this.part(node, 'right')];
        if (operator === '+') return this.joined(sides, line);
        return operator === '%' ? { kind: 'concat', parts: [...formatted(sides)], line } : plain(sides, line);
      }
      case 'boolean_operator': {
        const parts = [this.part(node, 'left'), this.part(node, 'right')];
        return { kind: this.textOf(childOf(node, 'operator')) === 'and' ? 'and' : 'or', parts, line };
      }
      case 'not_operator':
        return { kind: 'not', parts: [this.part(node, 'argument')], line };
      case 'comparison_operator':
        return this.comparison(node);
      case 'conditional_expression': {
        const [whenTrue, condition, whenFalse] = this.expressions(node.children);
        const kept = [whenTrue, whenFalse].filter(part => part !== undefined);
        return {
          kind: 'any',
          parts: [plain(condition === undefined ? [] : [condition], line), ...kept],
          line,
        };
      }
      case 'dictionary':
        return { kind: 'record', entries: node.children.map(child => this.entry(child)), line };
      case 'lambda':
        return { kind: 'function', function: this.function(node), line };
      case 'keyword_argument':
        return {
          kind: 'record',
          entries: [{ name: `${this.textOf(childOf(node, 'name'))}=`, value: this.part(node, 'value') }],
          line,
        };
      case 'true':
      case 'false':
      case 'none':
      case 'float':
      case 'unary_operator':
        return plain(this.expressions(node.children), line);
      case 'parenthesized_expression':
      case 'await':
      case 'list_splat':
      case 'dictionary_splat':
      case 'type':
        return node.children[0] === undefined ? plain([], line) : this.expression(node.children[0]);
      default:
        return { kind: 'any', parts: this.expressions(node.children), line };
    }
  }

  private evaluated(node: SyntaxNode): Statement {
    return { kind: 'expression', value: this.expression(node) };
  }

  private evaluatedPart(node: SyntaxNode, field: string): Statement {
    return { kind: 'expression', value: this.part(node, field) };
  }

  private together(statements: readonly Statement[], line: number): Expression {
    const parts = statements.flatMap(one => (one.kind === 'expression' ? [one.value] : []));
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { kind: 'any', parts, line };
  }

  private bindPart(node: SyntaxNode, field: string, value: Expression): Statement[] {
    const target = childOf(node, field);
    return target === undefined ? [] : this.bind(target, value);
  }

  private bind(target: SyntaxNode, value: Expression): Statement[] {
    if (!patterns.has(target.type)) {
      const form = this.expression(target);
      return [
        { kind: 'expression', value: { kind: 'assign', target: form, value, add: false, line: target.line } },
      ];
    }
    const pieces =
      value.kind === 'record' && value.entries.length === target.children.length ? value.entries : undefined;
    return target.children.flatMap((child, index) => this.bind(child, pieces?.[index]?.value ?? value));
  }

  private imported(node: SyntaxNode, module: string | undefined): Statement[] {
    const { line } = node;
    const path = this.textOf(node.type === 'aliased_import' ? childOf(node, 'name') : node);
    const bound = node.type === 'aliased_import' ? this.textOf(childOf(node, 'alias')) : undefined;
    const whole = module === undefined ? path : `${module}.${path}`;
    const name = bound ?? (module === undefined ? (path.split('.')[0] ?? path) : path);
    const refers = bound === undefined && module === undefined ? name : whole;
    const value: Expression = { kind: 'name', name: `module ${refers}`, line };
    const target: Expression = { kind: 'name', name, line };
    return [{ kind: 'expression', value: { kind: 'assign', target, value, add: false, line } }];
  }

  private quoted(node: SyntaxNode): Expression {
    const raw = /^[a-z]*r/i.test(this.textOf(node.children[0]));
    const parts = node.children.flatMap((child): Expression[] => {
      if (child.type === 'string_content') {
        const content = this.textOf(child);
        return [text(raw ? content : unescaped(content), child.line)];
      }
      return child.type === 'interpolation' ? [this.part(child, 'expression')] : [];
    });
    return this.joined(parts, node.line);
  }

  private joined(parts: readonly Expression[], line: number): Expression {
    if (parts.every(part => part.kind === 'text'))
      return text(parts.map(part => (part.kind === 'text' ? part.value : '')).join(''), line);
    return concat(parts, line);
  }

  private called(node: SyntaxNode): Expression {
    const { line } = node;
    const callee = this.part(node, 'function');
    const list = childOf(node, 'arguments');
    const args =
      list?.type === 'argument_list'
        ? this.expressions(list.children)
        : list === undefined
          ? []
          : [this.expression(list)];
    if (callee.kind === 'field') {
      if (fixedForms.has(callee.name)) return { kind: 'check', subject: callee.object, line };
      if (callee.name === 'format')
        return { kind: 'concat', parts: [...formatted([callee.object, ...args])], line };
      const [pattern, subject] = args;
      if (
        callee.name === 'fullmatch' &&
        pattern?.kind === 'text' &&
        subject !== undefined &&
        !/\.[*+]/.test(pattern.value)
      )
        return { kind: 'check', subject, line };
    }
    return { kind: 'call', callee, args, line };
  }

  private comparison(node: SyntaxNode): Expression {
    const { line } = node;
    const [left, right] = node.children
      .filter(child => child.field !== 'operators')
      .map(child => this.expression(child));
    const operator = this.textOf(childOf(node, 'operators'));
    if (left === undefined || right === undefined) return plain([], line);
    const listed = operator.endsWith('in') && right.kind !== 'text';
    const equal = (operator === '==' || operator === '!=') && (left.kind === 'text' || right.kind === 'text');
    if (!listed && !equal) return plain([left, right], line);
    const check: Expression = { kind: 'check', subject: equal && left.kind === 'text' ? right : left, line };
    return operator.startsWith('not') || operator === '!=' ? { kind: 'not', parts: [check], line } : check;
  }

  private entry(node: SyntaxNode): { name?: string; value: Expression } {
    if (node.type !== 'pair') return { value: this.expression(node) };
    const key = this.part(node, 'key');
    return { ...(key.kind === 'text' ? { name: key.value } : {}), value: this.part(node, 'value') };
  }

  private comprehension(node: SyntaxNode): Expression {
    const binds = node.children
      .filter(child => child.type === 'for_in_clause')
      .flatMap(child => this.bindPart(child, 'left', this.part(child, 'right')));
    const parts = binds.flatMap(one => (one.kind === 'expression' ? [one.value] : []));
    return { kind: 'any', parts: [plain(parts, node.line), this.part(node, 'body')], line: node.line };
  }

  private branches(node: SyntaxNode, alternatives: readonly SyntaxNode[]): Statement[] {
    const [next, ...rest] = alternatives;
    const otherwise =
      next === undefined
        ? []
        : next.type === 'elif_clause'
          ? this.branches(next, rest)
          : this.block(childOf(next, 'body'));
    return [
      {
        kind: 'branch',
        condition: this.part(node, 'condition'),
        holds: this.block(childOf(node, 'consequence')),
        otherwise,
      },
    ];
  }

  private cases(node: SyntaxNode): Statement[] {
    const subject = this.part(node, 'subject');
    const listed = childOf(node, 'body')?.children ?? [];
    const cases = listed
      .filter(one => one.type === 'case_clause')
      .map(one => ({
        condition: { kind: 'check' as const, subject, line: one.line },
        body: this.block(childOf(one, 'consequence')),
      }));
    return [{ kind: 'expression', value: subject }, ...choices(cases, [])];
  }

  private function(node: SyntaxNode): FunctionForm {
    const listed = childOf(node, 'parameters')?.children ?? [];
    const names = listed.map(one =>
      this.textOf(childOf(one, 'name') ?? (one.type === 'identifier' ? one : (one.children[0] ?? one))),
    );
    const method = names[0] === 'self' || names[0] === 'cls';
    const name = childOf(node, 'name');
    const body = childOf(node, 'body');
    return this.keep({
      name: name === undefined ? undefined : this.textOf(name),
      line: node.line,
      parameters: method ? names.slice(1) : names,
      closes: true,
      method,
      body:
        node.type === 'lambda' && body !== undefined
          ? [{ kind: 'return', value: this.expression(body) }]
          : this.block(body),
    });
  }
}

/** `'…%s…' % x` and `'…{}…'.format(x)`: what is put in stands where the first placeholder does. */
function formatted(parts: readonly Expression[]): readonly Expression[] {
  const [pattern, ...values] = parts;
  if (pattern?.kind !== 'text') return parts;
  const place = pattern.value.search(/%[^%]|\{/);
  if (place < 0) return parts;
  const { line } = pattern;
  return [text(pattern.value.slice(0, place), line), ...values, text(pattern.value.slice(place), line)];
}
