/**
 * The one intermediate form into which scripts of all languages are brought before request data is followed
 * through them. It keeps what carries data and what runs it, and leaves out the rest.
 */

interface Placed {
  /** The line in the script, from 1. */
  readonly line: number;
}

/** A text that the script spells out. */
export interface TextForm extends Placed {
  readonly kind: 'text';
  readonly value: string;
}

/** A variable or a free name; PHP's variables begin with `$`. */
export interface NameForm extends Placed {
  readonly kind: 'name';
  readonly name: string;
}

/** An element by a name that the script spells out: `a.b`, `$a['b']`. */
export interface FieldForm extends Placed {
  readonly kind: 'field';
  readonly object: Expression;
  readonly name: string;
}

/** An element by a computed name. */
export interface IndexForm extends Placed {
  readonly kind: 'index';
  readonly object: Expression;
  readonly key: Expression;
}

/** A call, a construction, or a command of a shell. */
export interface CallForm extends Placed {
  readonly kind: 'call';
  readonly callee: Expression;
  readonly args: readonly Expression[];
  /** What a command reads from the pipe before it. */
  readonly input?: Expression;
}

/** A text built of parts, in their order. */
export interface ConcatForm extends Placed {
  readonly kind: 'concat';
  readonly parts: readonly Expression[];
}

/** A value that may be any of its parts. */
export interface AnyForm extends Placed {
  readonly kind: 'any';
  readonly parts: readonly Expression[];
}

/** A list or a table written out. Elements of a list have no name. */
export interface RecordForm extends Placed {
  readonly kind: 'record';
  readonly entries: readonly { readonly name?: string; readonly value: Expression }[];
}

/** Something whose parts are computed, but whose value carries nothing of them: a number, a comparison. */
export interface PlainForm extends Placed {
  readonly kind: 'plain';
  readonly parts: readonly Expression[];
}

/** A function as a value. */
export interface FunctionValueForm extends Placed {
  readonly kind: 'function';
  readonly function: FunctionForm;
}

/** An assignment; with `add` it is appended to what stood there. */
export interface AssignForm extends Placed {
  readonly kind: 'assign';
  readonly target: Expression;
  readonly value: Expression;
  readonly add: boolean;
}

/** A test that only values which the script lists, or of a harmless form, pass. */
export interface CheckForm extends Placed {
  readonly kind: 'check';
  readonly subject: Expression;
}

/** Logic over tests. */
export interface LogicForm extends Placed {
  readonly kind: 'not' | 'and' | 'or';
  readonly parts: readonly Expression[];
}

export type Expression =
  | TextForm
  | NameForm
  | FieldForm
  | IndexForm
  | CallForm
  | ConcatForm
  | AnyForm
  | RecordForm
  | PlainForm
  | FunctionValueForm
  | AssignForm
  | CheckForm
  | LogicForm;

export type Statement =
  | { readonly kind: 'expression'; readonly value: Expression }
  | { readonly kind: 'return'; readonly value: Expression | undefined }
  /** The path ends: exit, throw, break. */
  | { readonly kind: 'stop' }
  | {
      readonly kind: 'branch';
      readonly condition: Expression;
      readonly holds: readonly Statement[];
      readonly otherwise: readonly Statement[];
    }
  | { readonly kind: 'loop'; readonly body: readonly Statement[] };

export interface FunctionForm {
  /** Its name, or undefined where it has none. */
  readonly name: string | undefined;
  readonly line: number;
  /** Its parameters' names, in order; the last may take all that are left. */
  readonly parameters: readonly string[];
  /** Whether it sees the variables of where it is written. */
  readonly closes: boolean;
  /** Whether it belongs to a class: it is then called through an object. */
  readonly method: boolean;
  readonly body: readonly Statement[];
}

/** A whole script. */
export interface Program {
  readonly body: readonly Statement[];
  /** Every function with a name or without, in the order in which they are written. */
  readonly functions: readonly FunctionForm[];
}
