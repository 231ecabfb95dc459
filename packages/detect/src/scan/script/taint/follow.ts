/**
 * Follows data through a script by running its intermediate form over what is known of values, never over the
 * values themselves: both sides of a branch, loops twice, functions of the script into a bounded depth.
 */
import type { Expression, FunctionForm, Program, Statement } from '../form.ts';
import type { Table } from '../tables/table.ts';
import { CallJudge } from './calls.ts';
import type { Flow } from './flow.ts';
import { guardsOf } from './guard.ts';
import { placeOf, Scope } from './scope.ts';
import { either, onlyTaint, stepped, type Taint, taintOf, unknown, type Value } from './value.ts';

/** How far a script is followed. */
export interface FollowLimits {
  /** Expressions and statements that are looked at, each time that they are. */
  readonly steps: number;
  /** Functions within functions. */
  readonly depth: number;
}

/** The script has more to follow than is followed. */
export class FollowLimitError extends Error {
  constructor() {
    super('the script has more steps than are followed');
  }
}

/** What a function or the script has come to. */
export interface Frame {
  returned: Value;
  readonly depth: number;
}

const mostText = 1 << 20;
/** Longer names are of no table, and would grow without end. */
const longestName = 160;
/** What may stand before data so that whoever sends it still begins a command or a statement of their own. */
const openPrefix = /(?:^|[;|&({`\n]|\breturn|\?>|\b(?:sh|bash|cmd|cmd\.exe)\s+[-/]c)\s*["']?\s*$/;

export class Follower {
  readonly flows: Flow[] = [];
  readonly table: Table;
  readonly limits: FollowLimits;
  private readonly text: string;
  private readonly calls: CallJudge;
  private readonly sources = new Map<string, Value>();
  private readonly met = new Set<FunctionForm>();
  private readonly results = new Map<FunctionForm, Map<string, Value>>();
  private steps = 0;

  constructor(program: Program, text: string, table: Table, limits: FollowLimits) {
    this.table = table;
    this.text = text;
    this.limits = limits;
    this.calls = new CallJudge(this, program);
  }

  /**
   * Follows the whole script, then each function that nothing in it calls: frameworks do.
   * @throws FollowLimitError when it is too long; what was found stands in `flows`
   */
  follow(program: Program): void {
    const scope = new Scope();
    this.run(program.body, scope, { returned: unknown, depth: 0 });
    for (const form of program.functions) {
      if (!this.met.has(form)) this.invoke(form, [], scope, 0);
    }
  }

  /** Runs statements. @returns whether the path ends in them */
  run(statements: readonly Statement[], scope: Scope, frame: Frame): boolean {
    for (const statement of statements) {
      this.count();
      switch (statement.kind) {
        case 'expression':
          this.value(statement.value, scope, frame);
          if (this.ends(statement.value)) return true;
          break;
        case 'return':
          if (statement.value !== undefined)
            frame.returned = either(frame.returned, this.value(statement.value, scope, frame));
          return true;
        case 'stop':
          return true;
        case 'loop': {
          this.count(scope.size);
          const before = scope.copy();
          if (!this.run(statement.body, scope, frame)) this.run(statement.body, scope, frame);
          scope.join([scope.copy(), before]);
          break;
        }
        case 'branch':
          if (this.branch(statement, scope, frame)) return true;
          break;
      }
    }
    return false;
  }

  private branch(statement: Statement & { kind: 'branch' }, scope: Scope, frame: Frame): boolean {
    this.value(statement.condition, scope, frame);
    const guards = guardsOf(statement.condition);
    this.count(scope.size);
    const then = scope.copy();
    const otherwise = scope.copy();
    for (const place of guards.whenTrue) then.set(place, unknown);
    for (const place of guards.whenFalse) otherwise.set(place, unknown);
    const thenEnds = this.run(statement.holds, then, frame);
    const otherwiseEnds = this.run(statement.otherwise, otherwise, frame);
    scope.join([...(thenEnds ? [] : [then]), ...(otherwiseEnds ? [] : [otherwise])]);
    return thenEnds && otherwiseEnds;
  }

  private ends(form: Expression): boolean {
    if (form.kind !== 'call') return false;
    const place = placeOf(form.callee);
    return place !== undefined && this.table.ends.has(place);
  }

  /** What is known of an expression. */
  value(form: Expression, scope: Scope, frame: Frame): Value {
    this.count();
    switch (form.kind) {
      case 'text':
        return { text: form.value };
      case 'name':
        return this.named(form.name, form.line, scope);
      case 'field': {
        const kept = this.kept(form, scope);
        if (kept !== undefined) return kept;
        return this.element(this.value(form.object, scope, frame), form.name, form.line);
      }
      case 'index': {
        const key = this.value(form.key, scope, frame);
        const object = this.value(form.object, scope, frame);
        if (key.text === undefined)
          return onlyTaint(object.taint ?? taintOf(object.elements?.map(one => one.value) ?? []));
        if (object.reference === '$GLOBALS') return this.named(`$${key.text}`, form.line, scope);
        const place = placeOf(form.object);
        const kept = place === undefined ? undefined : scope.get(`${place}.${key.text}`);
        const found = kept ?? this.element(object, key.text, form.line);
        return key.built === undefined || found.reference === undefined
          ? found
          : { ...found, built: key.built };
      }
      case 'concat':
        return this.joined(form.parts.map(part => this.value(part, scope, frame)));
      case 'any':
      case 'and':
      case 'or':
        return form.parts.reduce((found, part) => either(found, this.value(part, scope, frame)), unknown);
      case 'record':
        return {
          elements: form.entries.map(({ name, value }) => ({
            ...(name === undefined ? {} : { name }),
            value: this.value(value, scope, frame),
          })),
        };
      case 'plain':
      case 'not':
        for (const part of form.parts) this.value(part, scope, frame);
        return unknown;
      case 'check':
        this.value(form.subject, scope, frame);
        return unknown;
      case 'function':
        return { functions: [form.function] };
      case 'assign':
        return this.assigned(form, scope, frame);
      case 'call':
        return this.calls.value(form, scope, frame);
    }
  }

  private assigned(form: Expression & { kind: 'assign' }, scope: Scope, frame: Frame): Value {
    const { target, add, line } = form;
    const computed = this.value(form.value, scope, frame);
    if (target.kind === 'record') {
      const taint = taintOf([computed]);
      for (const [index, { name, value: place }] of target.entries.entries()) {
        const element =
          computed.elements?.[index]?.value ??
          (name === undefined ? onlyTaint(taint) : this.element(computed, name, line));
        this.store(place, element, false, scope, frame);
      }
      return computed;
    }
    return this.store(target, computed, add, scope, frame);
  }

  private store(target: Expression, value: Value, add: boolean, scope: Scope, frame: Frame): Value {
    const place = placeOf(target);
    const { line } = target;
    const taint =
      value.taint === undefined
        ? undefined
        : stepped(value.taint, { line, name: place ?? '', kind: 'assigned' });
    const stored: Value = taint === undefined ? value : { ...value, taint };
    if (place === undefined) {
      if (target.kind === 'field' || target.kind === 'index') {
        if (target.kind === 'index') this.value(target.key, scope, frame);
        // An element by a computed name: the whole may hold it.
        const whole = placeOf(target.object);
        if (whole !== undefined) scope.add(whole, onlyTaint(taintOf([stored])));
      }
      return stored;
    }
    if (!add) {
      scope.set(place, stored);
      return stored;
    }
    const before = scope.get(place) ?? unknown;
    const both =
      before.text !== undefined && stored.text !== undefined ? this.joined([before, stored]) : undefined;
    const kept =
      both ??
      this.joined([
        { ...before, ...(before.text === undefined && before.taint === undefined ? { text: '' } : {}) },
        stored,
      ]);
    scope.set(place, kept);
    return kept;
  }

  /** What a place holds, when it or what it stands in was set. */
  private kept(form: Expression, scope: Scope): Value | undefined {
    const place = placeOf(form);
    return place === undefined ? undefined : scope.get(place);
  }

  private named(name: string, line: number, scope: Scope): Value {
    const outer = name.startsWith('global ') ? scope.top.get(name.slice(7)) : undefined;
    const kept = outer ?? scope.get(name);
    if (kept !== undefined) return kept;
    if (name.startsWith('module ')) return this.referred(name.slice(7), line);
    const ambient = name.startsWith('$') ? scope.get('extracted variables') : undefined;
    if (ambient !== undefined && !name.startsWith('$_')) return ambient;
    return this.referred(name, line);
  }

  /** The value of a global name: data of a request, or a reference by that name. */
  referred(reference: string, line: number): Value {
    if (reference.length > longestName) return unknown;
    const source = this.source(reference, line);
    return source ?? { reference };
  }

  /** Data of a request by that name, or undefined. */
  source(reference: string, line: number): Value | undefined {
    if (reference.length > longestName) return undefined;
    let known = this.sources.get(reference);
    if (known === undefined) {
      const found = this.table.sources.find(
        ({ pattern, when }) => pattern.test(reference) && (when === undefined || when.test(this.text)),
      );
      known =
        found === undefined
          ? unknown
          : {
              taint: {
                source: { name: reference, words: found.words, line },
                steps: [],
                decoders: [],
                harmlessFor: [],
                unsure: false,
                leads: true,
              },
            };
      this.sources.set(reference, known);
    }
    if (known.taint === undefined) return undefined;
    return { taint: { ...known.taint, source: { ...known.taint.source, line } } };
  }

  /** An element of a value by its name. */
  element(object: Value, name: string, line: number): Value {
    const listed = object.elements?.find((one, index) => (one.name ?? String(index)) === name);
    if (listed !== undefined) return listed.value;
    if (object.taint !== undefined) return onlyTaint(object.taint);
    if (object.reference !== undefined) return this.referred(`${object.reference}.${name}`, line);
    return unknown;
  }

  /** A text out of parts. */
  joined(parts: readonly Value[]): Value {
    if (parts.length > 0 && parts.every(part => part.text !== undefined && part.taint === undefined)) {
      const text = parts.map(part => part.text).join('');
      const ways = parts.flatMap(part => part.built ?? []);
      const pieces = parts.filter(part => part.text !== '').length;
      const built = pieces > 1 ? [...new Set([...ways, 'joined'])] : ways;
      if (text.length <= mostText) return { text, ...(built.length === 0 ? {} : { built }) };
    }
    const taint = taintOf(parts);
    if (taint === undefined) return unknown;
    const first = parts.findIndex(part => taintOf([part]) !== undefined);
    const before = parts.slice(0, first);
    const prefix = before.every(part => part.text !== undefined)
      ? before.map(part => part.text).join('')
      : undefined;
    const begins = taintOf(parts.slice(first, first + 1));
    const leads = begins?.leads === true && prefix !== undefined && openPrefix.test(prefix);
    return onlyTaint({ ...taint, leads });
  }

  /** What a function of the script gives back for these arguments. */
  invoke(form: FunctionForm, args: readonly Value[], scope: Scope, depth: number): Value {
    this.met.add(form);
    if (depth > this.limits.depth) return onlyTaint(unsure(taintOf(args)));
    const key = args.map(signature).join('\n');
    const known = this.results.get(form) ?? new Map<string, Value>();
    this.results.set(form, known);
    const before = known.get(key);
    if (before !== undefined) return before;
    // A function that calls itself gives back, for now, what it was given.
    known.set(key, onlyTaint(taintOf(args)));
    const inner = new Scope(form.closes ? scope : undefined, scope.top);
    for (const [index, name] of form.parameters.entries()) {
      const given = args[index];
      const taint =
        given?.taint === undefined
          ? undefined
          : stepped(given.taint, { line: form.line, name, kind: 'passed' });
      inner.set(
        name,
        given === undefined
          ? this.referred(name, form.line)
          : taint === undefined
            ? given
            : { ...given, taint },
      );
    }
    const frame: Frame = { returned: unknown, depth: depth + 1 };
    this.run(form.body, inner, frame);
    known.set(key, frame.returned);
    return frame.returned;
  }

  /** Copies of a scope cost what stands in it. */
  private count(cost = 1): void {
    this.steps += cost;
    if (this.steps > this.limits.steps) throw new FollowLimitError();
  }
}

/** The same taint after a function of which nothing is known. */
export function unsure(taint: Taint | undefined): Taint | undefined {
  return taint === undefined || taint.unsure ? taint : { ...taint, unsure: true };
}

function signature(value: Value): string {
  const { taint, text, reference, functions } = value;
  const deep = taint ?? taintOf([value]);
  if (deep !== undefined) return `t${deep.source.name}${deep.unsure}${deep.leads}${deep.harmlessFor.join()}`;
  if (text !== undefined) return `x${text.slice(0, 80)}`;
  return reference === undefined ? `f${functions?.[0]?.line ?? ''}` : `r${reference}`;
}
