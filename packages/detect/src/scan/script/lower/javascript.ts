/** JavaScript into the intermediate form. */
import type { Expression, FunctionForm, Statement } from '../form.ts';
import { childOf, childrenOf, type SyntaxNode } from '../syntax/tree.ts';
import { unescaped } from './escapes.ts';
import { call, choices, concat, element, Lowering, plain, text } from './lowering.ts';

const functionTypes = new Set([
  'function_declaration',
  'generator_function_declaration',
  'function_expression',
  'generator_function',
  'arrow_function',
  'method_definition',
]);
const closedPattern = /^\/\^(?!.*\.[*+]).*\$\/[a-z]*$/;

export class JavaScriptLowering extends Lowering {
  protected override statement(node: SyntaxNode): Statement[] {
    if (
      functionTypes.has(node.type) &&
      node.type !== 'function_expression' &&
      node.type !== 'arrow_function'
    ) {
      this.function(node);
      return [];
    }
    switch (node.type) {
      case 'return_statement': {
        const [value] = node.children;
        return [{ kind: 'return', value: value === undefined ? undefined : this.expression(value) }];
      }
      case 'throw_statement':
        return [{ kind: 'stop' }];
      case 'break_statement':
      case 'continue_statement':
      case 'hash_bang_line':
        return [];
      case 'lexical_declaration':
      case 'variable_declaration':
        return childrenOfType(node, 'variable_declarator').flatMap(one => {
          const name = childOf(one, 'name');
          const value = childOf(one, 'value');
          if (name === undefined || value === undefined) return [];
          return this.bind(name, this.expression(value));
        });
      case 'import_statement':
        return this.imports(node);
      case 'if_statement':
        return [
          {
            kind: 'branch',
            condition: this.part(node, 'condition'),
            holds: this.block(childOf(node, 'consequence')),
            otherwise: this.statements(childOf(node, 'alternative')?.children ?? []),
          },
        ];
      case 'switch_statement':
        return this.cases(node);
      case 'while_statement':
      case 'do_statement':
      case 'for_statement':
        return [
          {
            kind: 'loop',
            body: node.children.flatMap(child =>
              child.field === 'body' ||
              child.type.endsWith('_declaration') ||
              child.type.endsWith('_statement')
                ? this.statement(child)
                : [this.evaluated(child)],
            ),
          },
        ];
      case 'for_in_statement': {
        const left = childOf(node, 'left');
        const heads = left === undefined ? [] : this.bind(left, this.part(node, 'right'));
        return [{ kind: 'loop', body: [...heads, ...this.block(childOf(node, 'body'))] }];
      }
      case 'field_definition': {
        const name = childOf(node, 'property');
        const value = childOf(node, 'value');
        if (name === undefined || value === undefined) return [];
        const object: Expression = { kind: 'name', name: 'this', line: node.line };
        const target = element(object, text(this.textOf(name), node.line), node.line);
        return [this.assigned(target, this.expression(value))];
      }
      case 'expression_statement':
        return node.children.map(child => this.evaluated(child));
      case 'program':
      case 'statement_block':
      case 'else_clause':
      case 'try_statement':
      case 'catch_clause':
      case 'finally_clause':
      case 'class_declaration':
      case 'class_body':
      case 'export_statement':
      case 'labeled_statement':
      case 'with_statement':
      case 'ERROR':
        return this.statements(node.children.filter(child => child.field !== 'parameter'));
      default:
        return [this.evaluated(node)];
    }
  }

  protected override expression(node: SyntaxNode): Expression {
    const { line } = node;
    if (functionTypes.has(node.type)) return { kind: 'function', function: this.function(node), line };
    switch (node.type) {
      case 'string':
      case 'template_string':
        return this.quoted(node);
      case 'number':
        return text(this.textOf(node), line);
      case 'identifier':
      case 'shorthand_property_identifier':
      case 'this':
      case 'super':
      case 'import':
        return { kind: 'name', name: this.textOf(node), line };
      case 'member_expression':
        return element(this.part(node, 'object'), text(this.textOf(childOf(node, 'property')), line), line);
      case 'subscript_expression':
        return element(this.part(node, 'object'), this.part(node, 'index'), line);
      case 'call_expression':
        return this.called(this.part(node, 'function'), node);
      case 'new_expression':
        return { kind: 'call', callee: this.part(node, 'constructor'), args: this.args(node), line };
      case 'assignment_expression': {
        const left = childOf(node, 'left');
        if (left?.type === 'object_pattern') return this.destructured(left, this.part(node, 'right'));
        return {
          kind: 'assign',
          target: this.part(node, 'left'),
          value: this.part(node, 'right'),
          add: false,
          line,
        };
      }
      case 'augmented_assignment_expression': {
        const operator = this.textOf(childOf(node, 'operator'));
        const carries = ['+=', '||=', '??=', '&&='].includes(operator);
        if (!carries) return plain([this.part(node, 'right')], line);
        return {
          kind: 'assign',
          target: this.part(node, 'left'),
          value: this.part(node, 'right'),
          add: true,
          line,
        };
      }
      case 'binary_expression':
        return this.binary(node);
      case 'ternary_expression':
        return {
          kind: 'any',
          parts: [
            plain([this.part(node, 'condition')], line),
            this.part(node, 'consequence'),
            this.part(node, 'alternative'),
          ],
          line,
        };
      case 'unary_expression': {
        const value = this.part(node, 'argument');
        return this.textOf(childOf(node, 'operator')) === '!'
          ? { kind: 'not', parts: [value], line }
          : plain([value], line);
      }
      case 'object':
        return { kind: 'record', entries: node.children.map(child => this.entry(child)), line };
      case 'array':
        return { kind: 'record', entries: this.expressions(node.children).map(value => ({ value })), line };
      case 'parenthesized_expression':
      case 'await_expression':
      case 'sequence_expression':
      case 'spread_element':
      case 'yield_expression': {
        const parts = this.expressions(node.children);
        const last = parts.pop() ?? plain([], line);
        return parts.length === 0 ? last : { kind: 'any', parts: [plain(parts, line), last], line };
      }
      case 'regex':
      case 'update_expression':
      case 'true':
      case 'false':
      case 'null':
      case 'undefined':
        return plain([], line);
      case 'class': {
        const body = this.statements(childOf(node, 'body')?.children ?? []);
        const parts = body.flatMap(one => (one.kind === 'expression' ? [one.value] : []));
        return plain(parts, line);
      }
      default:
        return { kind: 'any', parts: this.expressions(node.children), line };
    }
  }

  private evaluated(node: SyntaxNode): Statement {
    return { kind: 'expression', value: this.expression(node) };
  }

  private assigned(target: Expression, value: Expression): Statement {
    return { kind: 'expression', value: { kind: 'assign', target, value, add: false, line: target.line } };
  }

  /** Assigns a value to a name or to what a pattern takes apart. */
  private bind(pattern: SyntaxNode, value: Expression): Statement[] {
    switch (pattern.type) {
      case 'object_pattern':
        return pattern.children.flatMap(child => {
          if (child.type === 'pair_pattern') {
            const key = text(this.textOf(childOf(child, 'key')), child.line);
            const inner = childOf(child, 'value');
            return inner === undefined ? [] : this.bind(inner, element(value, key, child.line));
          }
          if (child.type === 'rest_pattern') return child.children.flatMap(rest => this.bind(rest, value));
          const name = child.type === 'object_assignment_pattern' ? child.children[0] : child;
          if (name === undefined) return [];
          const word = this.textOf(name);
          const target: Expression = { kind: 'name', name: word, line: name.line };
          return [this.assigned(target, element(value, text(word, name.line), name.line))];
        });
      case 'array_pattern':
      case 'rest_pattern':
        return pattern.children.flatMap(child => this.bind(child, value));
      case 'assignment_pattern': {
        const left = childOf(pattern, 'left');
        return left === undefined ? [] : this.bind(left, value);
      }
      default:
        return [this.assigned(this.expression(pattern), value)];
    }
  }

  private destructured(pattern: SyntaxNode, value: Expression): Expression {
    const parts = this.bind(pattern, value).flatMap(one => (one.kind === 'expression' ? [one.value] : []));
    return { kind: 'any', parts: [...parts, value], line: pattern.line };
  }

  private imports(node: SyntaxNode): Statement[] {
    const source = childOf(node, 'source');
    if (source === undefined) return [];
    const module = call('require', [this.expression(source)], node.line);
    const clause = node.children.find(child => child.type === 'import_clause');
    return (clause?.children ?? []).flatMap(child => {
      if (child.type !== 'named_imports') {
        const name = child.type === 'namespace_import' ? child.children[0] : child;
        return name === undefined ? [] : this.bind(name, module);
      }
      return child.children.flatMap(one => {
        const name = childOf(one, 'name');
        const bound = childOf(one, 'alias') ?? name;
        if (name === undefined || bound === undefined) return [];
        return this.bind(bound, element(module, text(this.textOf(name), one.line), one.line));
      });
    });
  }

  private quoted(node: SyntaxNode): Expression {
    const parts = node.children.map((child): Expression => {
      if (child.type === 'string_fragment') return text(this.textOf(child), child.line);
      if (child.type === 'escape_sequence') return text(unescaped(this.textOf(child)), child.line);
      return this.expression(child.children[0] ?? child);
    });
    if (parts.every(part => part.kind === 'text'))
      return text(parts.map(part => (part.kind === 'text' ? part.value : '')).join(''), node.line);
    return concat(parts, node.line);
  }

  private args(node: SyntaxNode): Expression[] {
    const list = childOf(node, 'arguments');
    if (list === undefined) return [];
    return list.type === 'arguments' ? this.expressions(list.children) : [this.expression(list)];
  }

  private called(callee: Expression, node: SyntaxNode): Expression {
    const args = this.args(node);
    const { line } = node;
    const [first] = args;
    const method = childOf(childOf(node, 'function') ?? node, 'property');
    const object = childOf(childOf(node, 'function') ?? node, 'object');
    const name = this.textOf(method);
    if (first !== undefined && object !== undefined) {
      const listed =
        (name === 'includes' && object.type === 'array') || name === 'hasOwn' || name === 'hasOwnProperty';
      const matched = name === 'test' && object.type === 'regex' && closedPattern.test(this.textOf(object));
      const owned = name === 'has';
      if (listed || matched || owned) return { kind: 'check', subject: first, line };
    }
    return { kind: 'call', callee, args, line };
  }

  private entry(node: SyntaxNode): { name?: string; value: Expression } {
    if (node.type === 'pair') {
      const key = childOf(node, 'key');
      const name = key?.type === 'string' ? this.textOf(key).slice(1, -1) : this.textOf(key);
      return { ...(key?.type === 'computed_property_name' ? {} : { name }), value: this.part(node, 'value') };
    }
    const value = this.expression(node);
    if (node.type === 'method_definition') return { name: this.textOf(childOf(node, 'name')), value };
    return node.type === 'shorthand_property_identifier' ? { name: this.textOf(node), value } : { value };
  }

  private binary(node: SyntaxNode): Expression {
    const { line } = node;
    const left = this.part(node, 'left');
    const right = this.part(node, 'right');
    const operator = this.textOf(childOf(node, 'operator'));
    if (operator === '+') return concat([left, right], line);
    if (operator === '??') return { kind: 'any', parts: [left, right], line };
    // In a condition these are logic, elsewhere they give one of their sides: both are kept.
    if (operator === '&&') return { kind: 'and', parts: [left, right], line };
    if (operator === '||') return { kind: 'or', parts: [left, right], line };
    if (operator === 'in') return { kind: 'check', subject: left, line };
    const literal = right.kind === 'text' ? left : left.kind === 'text' ? right : undefined;
    if (literal !== undefined && (operator === '===' || operator === '=='))
      return { kind: 'check', subject: literal, line };
    if (literal !== undefined && (operator === '!==' || operator === '!='))
      return { kind: 'not', parts: [{ kind: 'check', subject: literal, line }], line };
    return plain([left, right], line);
  }

  private cases(node: SyntaxNode): Statement[] {
    const subject = this.part(node, 'value');
    const listed = childOf(node, 'body')?.children ?? [];
    const body = (one: SyntaxNode): Statement[] => this.statements(childrenOf(one, 'body'));
    const cases = listed
      .filter(one => one.type === 'switch_case')
      .map(one => ({ condition: { kind: 'check' as const, subject, line: one.line }, body: body(one) }));
    const otherwise = listed.filter(one => one.type === 'switch_default').flatMap(body);
    return [{ kind: 'expression', value: subject }, ...choices(cases, otherwise)];
  }

  private function(node: SyntaxNode): FunctionForm {
    const single = childOf(node, 'parameter');
    const listed = single === undefined ? (childOf(node, 'parameters')?.children ?? []) : [single];
    const heads: Statement[] = [];
    const parameters = listed.map((one, index) => {
      const bound = one.type === 'assignment_pattern' ? (childOf(one, 'left') ?? one) : one;
      if (bound.type === 'identifier') return this.textOf(bound);
      if (bound.type === 'rest_pattern') return this.textOf(bound.children[0]);
      const name = `parameter ${index + 1}`;
      heads.push(...this.bind(bound, { kind: 'name', name, line: bound.line }));
      return name;
    });
    const body = childOf(node, 'body');
    const name = childOf(node, 'name');
    const direct = body !== undefined && body.type !== 'statement_block';
    return this.keep({
      name: name === undefined ? undefined : this.textOf(name),
      line: node.line,
      parameters,
      closes: true,
      method: node.type === 'method_definition',
      body: [
        ...heads,
        ...(direct ? [{ kind: 'return' as const, value: this.expression(body) }] : this.block(body)),
      ],
    });
  }
}

function childrenOfType(node: SyntaxNode, type: string): SyntaxNode[] {
  return node.children.filter(child => child.type === type);
}
