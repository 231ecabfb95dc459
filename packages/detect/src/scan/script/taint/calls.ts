/** Calls: which function it is, whether it is dangerous with what it is given, and what it gives back. */
import type { CallForm, Expression, FunctionForm, Program } from '../form.ts';
import type { Danger, Sink } from '../tables/table.ts';
import { decoded } from './decode.ts';
import type { Follower, Frame } from './follow.ts';
import { placeOf, type Scope } from './scope.ts';
import { either, inside, onlyTaint, stepped, type Taint, taintOf, unknown, type Value } from './value.ts';

/** Global objects whose members are global names. */
const globalPrefix =
  /^(?:(?:globalThis|window|global|self|top|__builtins__|builtins|process\.mainModule|module)\.)+/;
const modules = new Set(['require', 'import', '__import__', 'importlib.import_module']);
const wrappers = new Set(['util.promisify', 'promisify', 'functools.partial']);
const programOption = /^(?:-\w*c|\/c)$/i;
const mostCandidates = 3;
const shownName = 80;
/** What stands in place of a name that only the request knows. */
export const namedByRequest = '*';

export class CallJudge {
  private readonly follower: Follower;
  private readonly functions = new Map<string, FunctionForm[]>();
  private readonly reported = new Set<string>();

  constructor(follower: Follower, program: Program) {
    this.follower = follower;
    for (const form of program.functions) {
      if (form.name === undefined) continue;
      const key = form.method ? `.${form.name}` : form.name;
      this.functions.set(key, [...(this.functions.get(key) ?? []), form]);
    }
  }

  /** What a call gives back; dangerous ones are reported to the follower. */
  value(form: CallForm, scope: Scope, frame: Frame): Value {
    const { follower } = this;
    const args = form.args.map(arg => follower.value(arg, scope, frame));
    const input = form.input === undefined ? undefined : follower.value(form.input, scope, frame);
    const { callee } = form;
    // What object a method belongs to; computed once, since it may hold calls itself.
    const object = callee.kind === 'field' ? follower.value(callee.object, scope, frame) : undefined;
    const place = placeOf(callee);
    const kept = place === undefined || callee.kind === 'name' ? undefined : scope.get(place);
    const called =
      kept ??
      (callee.kind === 'field' && object !== undefined
        ? follower.element(object, callee.name, form.line)
        : follower.value(callee, scope, frame));
    const method = callee.kind === 'field' ? callee.name : undefined;
    return this.applied({ called, object, method, args, input, form, scope, frame });
  }

  private applied(call: Call): Value {
    const { called, object, method, args, form, scope, frame } = call;
    const { follower } = this;
    const { table } = follower;
    if (called.taint !== undefined && method === undefined) {
      const withData = taintOf(args) !== undefined;
      this.report(form, table.commands ? 'command' : 'call', namedByRequest, called.taint, [], withData);
      return onlyTaint(taintOf([called, ...args]));
    }
    if (method === 'call' || method === 'apply' || method === 'bind') {
      const bound = object?.reference !== undefined || object?.functions !== undefined;
      if (bound && object !== undefined) {
        if (method === 'bind') return object;
        const passed =
          method === 'call' ? args.slice(1) : (args[1]?.elements?.map(one => one.value) ?? args.slice(1));
        return this.applied({ ...call, called: object, object: undefined, method: undefined, args: passed });
      }
    }
    const own = this.candidates(called, method);
    if (own.length > 0) {
      const results = own.map(one => follower.invoke(one, args, scope, frame.depth));
      return results.reduce((found, value) => either(found, given(value, form)), unknown);
    }
    const names = this.namesOf(called, method);
    const dangerous = this.dangers(names, called, call);
    const value = this.builtin(names, call);
    // Functions that are handed over are called by someone.
    for (const arg of args) {
      for (const one of arg.functions ?? []) follower.invoke(one, [], scope, frame.depth);
    }
    return dangerous && value === unknown ? onlyTaint(taintOf(args)) : value;
  }

  /** Functions of the script that are called. */
  private candidates(called: Value, method: string | undefined): readonly FunctionForm[] {
    if (called.functions !== undefined) return called.functions;
    const name =
      called.reference ?? (this.follower.table.callsTexts ? called.text?.toLowerCase() : undefined);
    const found =
      method === undefined ? this.functions.get(name ?? '') : this.functions.get(`.${this.cased(method)}`);
    return found !== undefined && found.length <= mostCandidates ? found : [];
  }

  private cased(name: string): string {
    return this.follower.table.callsTexts ? name.toLowerCase() : name;
  }

  /** Names by which the tables may know it: in full, and as a method. */
  private namesOf(called: Value, method: string | undefined): readonly string[] {
    const { callsTexts } = this.follower.table;
    const texts =
      callsTexts && called.text !== undefined ? called.text.replace(/^\\/, '').toLowerCase() : undefined;
    const reference = texts ?? called.reference;
    const full = reference === undefined ? [] : [reference.replace(/^node:/, '').replace(globalPrefix, '')];
    return method === undefined ? full : [...full, `.${method}`];
  }

  /** Reports the call where it is dangerous. @returns whether the table names it so */
  private dangers(names: readonly string[], called: Value, call: Call): boolean {
    const { table } = this.follower;
    const { args, form, scope, frame } = call;
    for (const name of names) {
      const constructs = name === '.constructor' && args.length > 0;
      const sink = Object.hasOwn(table.sinks, name)
        ? table.sinks[name]
        : constructs
          ? { danger: 'code' as const }
          : undefined;
      if (sink !== undefined) {
        const ways = called.built ?? [];
        if (ways.length > 0 && (sink.danger === 'code' || sink.danger === 'command'))
          this.concealed(form, sink.danger, name, ways);
        this.sink(sink, name, ways, call);
        return true;
      }
      if (name === 'preg_replace' && /^(.)[\s\S]*\1[a-z]*e[a-z]*$/i.test(args[0]?.text ?? '')) {
        this.sink({ danger: 'code', args: [1] }, 'preg_replace /e', [], call);
        return true;
      }
      const callback = Object.hasOwn(table.callbacks, name) ? table.callbacks[name] : undefined;
      const target = callback === undefined ? undefined : args[callback.function];
      if (callback !== undefined && target !== undefined) {
        const data =
          callback.data?.flatMap(at => args[at] ?? []) ?? args.filter((_, at) => at !== callback.function);
        if (target.taint !== undefined) {
          this.report(form, 'call', name, target.taint, [], taintOf(data) !== undefined);
        } else if (target.text !== undefined || target.functions !== undefined) {
          const spread = data.flatMap(value => value.elements?.map(one => one.value) ?? [value]);
          this.applied({
            ...call,
            called: target,
            object: undefined,
            method: undefined,
            args: spread,
            scope,
            frame,
          });
        }
        return false;
      }
    }
    return false;
  }

  private sink(sink: Sink, name: string, ways: readonly string[], { args, input, form }: Call): void {
    const looked: Value[] = [];
    if (sink.after === undefined) {
      looked.push(...(sink.args?.flatMap(at => args[at] ?? []) ?? args));
    } else {
      const option = args.findIndex(arg => sink.after?.some(one => programText(arg.text, one)) === true);
      const program = option < 0 ? undefined : args[option + 1];
      if (program !== undefined) looked.push(program);
      if (input !== undefined && sink.input === true && option < 0) looked.push(input);
    }
    const list = sink.danger === 'command' ? commandOf(looked) : looked;
    if (sink.danger === 'write') {
      const [file, content] = list;
      const named =
        file?.taint !== undefined || /\.(?:php\d?|phtml|phar|jsp|aspx?|cgi)$/i.test(file?.text ?? '');
      const taint = content === undefined ? undefined : inside(content);
      if (named && taint !== undefined)
        this.report(form, 'write', name, taint, ways, file?.taint !== undefined);
      return;
    }
    const taint = taintOf(list);
    if (taint !== undefined) {
      if (!taint.harmlessFor.includes(sink.danger)) this.report(form, sink.danger, name, taint, ways, true);
      return;
    }
    if (sink.danger !== 'code') return;
    for (const { text, built = [] } of list) {
      if (text !== undefined && text.length > 3) {
        const hidden = built.filter(way => way !== 'joined');
        this.once(`carried ${form.line} ${text.length}`, () =>
          this.follower.flows.push({
            kind: 'carried code',
            call: name,
            line: form.line,
            code: text,
            ways: hidden,
          }),
        );
      }
    }
  }

  private builtin(names: readonly string[], call: Call): Value {
    const { follower } = this;
    const { table } = follower;
    const { args, object, input, form, scope } = call;
    const [first] = args;
    const given = [
      ...args,
      ...(object === undefined ? [] : [object]),
      ...(input === undefined ? [] : [input]),
    ];
    const taint = taintOf(given);
    for (const name of names) {
      const source =
        follower.source(`${name}()`, form.line) ??
        (first?.text === undefined ? undefined : follower.source(`${name}(${first.text})`, form.line));
      if (source !== undefined && !(input !== undefined && taint === undefined)) return source;
      if (table.extracts.has(name) && taint !== undefined && args.length < 2)
        scope.set('extracted variables', onlyTaint(taint));
      const out = Object.hasOwn(table.outputs, name) ? form.args[table.outputs[name] ?? 0] : undefined;
      const outPlace = out === undefined ? undefined : placeOf(out);
      if (outPlace !== undefined && taint !== undefined) scope.set(outPlace, onlyTaint(taint));
      if (modules.has(name) && first?.text !== undefined)
        return { reference: first.text.replace(/^node:/, '') };
      if (wrappers.has(name) && first !== undefined) return first;
      if (name === 'getattr' && first !== undefined && args[1]?.text !== undefined) {
        const found = follower.element(first, args[1].text, form.line);
        return args[1].built === undefined ? found : { ...found, built: args[1].built };
      }
      if (name === 'Function' || name === 'create_function') return unknown;
      const way = Object.hasOwn(table.decoders, name) ? table.decoders[name] : undefined;
      if (way !== undefined) return this.decoded(way, given, form);
      if (table.clears.has(name)) return unknown;
      const quoted = Object.hasOwn(table.quotes, name) ? table.quotes[name] : undefined;
      if (quoted !== undefined) {
        return onlyTaint(
          taint === undefined ? undefined : { ...taint, harmlessFor: [...taint.harmlessFor, ...quoted] },
        );
      }
      if (table.keeps.has(name)) return this.keeps(name, call, taint);
    }
    if (taint === undefined) {
      const reference = names.find(name => !name.startsWith('.'));
      return reference === undefined ? unknown : { reference: `${reference}()` };
    }
    return onlyTaint({ ...taint, unsure: true });
  }

  private decoded(way: string, given: readonly Value[], form: CallForm): Value {
    const taint = taintOf(given);
    if (taint !== undefined) {
      const step = { line: form.line, name: way, kind: 'decoded' as const };
      return onlyTaint({ ...stepped(taint, step), decoders: [...taint.decoders, way].slice(0, 8) });
    }
    const text = decoded(
      way,
      given.map(value => value.text),
    );
    if (text === undefined) return unknown;
    const built = [...new Set([...given.flatMap(value => value.built ?? []), way])];
    return { text, built };
  }

  private keeps(name: string, { args, object }: Call, taint: Taint | undefined): Value {
    if (taint !== undefined) return onlyTaint(taint);
    const [first, second] = args;
    const texts = (value: Value | undefined): Value[] => value?.elements?.map(one => one.value) ?? [];
    if (name === 'implode' || name === 'join') {
      const list = texts(second ?? first);
      const glue = second === undefined ? '' : first?.text;
      return glue === '' && list.length > 0 ? this.follower.joined(list) : unknown;
    }
    if (name === '.join' && object?.text === '') return this.follower.joined(texts(first));
    if (name === '.join' && first?.text === '') return this.follower.joined(texts(object));
    const subject = name === 'str_replace' || name === 'str_ireplace' ? args[2] : (object ?? first);
    if (subject?.text === undefined) return unknown;
    if (
      name === 'str_replace' &&
      first?.text !== undefined &&
      second?.text !== undefined &&
      first.text !== ''
    )
      return {
        text: subject.text.replaceAll(first.text, second.text).slice(0, 1 << 20),
        built: [...(subject.built ?? []), 'replace'],
      };
    if (
      name === 'trim' ||
      name === '.trim' ||
      name === '.strip' ||
      name === '.toString' ||
      name === '.decode' ||
      name === '.encode'
    )
      return subject;
    if (name === 'echo' || name === 'printf') return args.at(-1) ?? unknown;
    return unknown;
  }

  private concealed(form: CallForm, danger: Danger, name: string, ways: readonly string[]): void {
    this.once(`concealed ${form.line} ${name}`, () =>
      this.follower.flows.push({ kind: 'concealed call', danger, call: name, line: form.line, ways }),
    );
  }

  private report(
    form: CallForm,
    danger: Danger,
    name: string,
    taint: Taint,
    concealedCall: readonly string[],
    withData: boolean,
  ): void {
    if (taint.harmlessFor.includes(danger)) return;
    const { line } = form;
    const call = name.slice(0, shownName);
    this.once(`request ${line} ${danger} ${call} ${taint.leads} ${taint.unsure}`, () =>
      this.follower.flows.push({ kind: 'request', danger, call, line, taint, concealedCall, withData }),
    );
  }

  private once(key: string, act: () => void): void {
    if (this.reported.has(key) || this.reported.size > 200) return;
    this.reported.add(key);
    act();
  }
}

interface Call {
  readonly called: Value;
  readonly object: Value | undefined;
  readonly method: string | undefined;
  readonly args: readonly Value[];
  readonly input: Value | undefined;
  readonly form: CallForm;
  readonly scope: Scope;
  readonly frame: Frame;
}

function given(value: Value, form: CallForm & { callee: Expression }): Value {
  if (value.taint === undefined) return value;
  const name = placeOf(form.callee) ?? '';
  return { ...value, taint: stepped(value.taint, { line: form.line, name, kind: 'given back' }) };
}

function programText(text: string | undefined, option: string): boolean {
  return text === option || (text !== undefined && option === '-c' && programOption.test(text));
}

/**
 * Of a command that is given as a list, what names the program, or the text that a shell in it is to run; the rest
 * are arguments, which no shell reads.
 */
function commandOf(args: readonly Value[]): Value[] {
  const flat = args.flatMap(
    arg => arg.elements?.filter(one => one.name === undefined).map(one => one.value) ?? [arg],
  );
  const option = flat.findIndex(value => programOption.test(value.text ?? ''));
  const program = option < 0 ? undefined : flat[option + 1];
  const [first] = flat;
  return [...(first === undefined ? [] : [first]), ...(program === undefined ? [] : [program])];
}
