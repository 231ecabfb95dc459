/** What the judge knows of a value: which text it is, which function, and what of a request is in it. */
import type { Bilingual } from '@redoubt/model';
import type { FunctionForm } from '../form.ts';
import type { Danger } from '../tables/table.ts';

/** One step of data on its way: where, and what was done with it. */
export interface Step {
  readonly line: number;
  /** Name of the variable or function, as written. */
  readonly name: string;
  readonly kind: 'assigned' | 'passed' | 'decoded' | 'given back';
}

/** Data of a request in a value. */
export interface Taint {
  readonly source: { readonly name: string; readonly words: Bilingual; readonly line: number };
  readonly steps: readonly Step[];
  /** Ways of decoding that it went through. */
  readonly decoders: readonly string[];
  /** Dangers for which it was made harmless. */
  readonly harmlessFor: readonly Danger[];
  /** Whether it went through functions of which nothing is known: they may have made it harmless. */
  readonly unsure: boolean;
  /** Whether whoever asks chooses how the value begins, and not only a piece in its middle. */
  readonly leads: boolean;
}

export interface Value {
  /** The text, where it is known. */
  readonly text?: string;
  /** Whether the text was put together or decoded, not written down. */
  readonly built?: readonly string[];
  /** The full name of the function or module that it is. */
  readonly reference?: string;
  readonly functions?: readonly FunctionForm[];
  readonly taint?: Taint;
  /** Elements of a list or a table, where they are known. */
  readonly elements?: readonly { readonly name?: string; readonly value: Value }[];
}

/** A value of which nothing is known. */
export const unknown: Value = {};

const mostSteps = 12;
const mostFunctions = 8;

/** The taint with one more step; the first steps and the last are kept. */
export function stepped(taint: Taint, step: Step): Taint {
  const last = taint.steps.at(-1);
  if (last !== undefined && last.line === step.line && last.name === step.name) return taint;
  if (taint.steps.length >= mostSteps) return taint;
  return { ...taint, steps: [...taint.steps, step] };
}

function graver(one: Taint | undefined, other: Taint | undefined): Taint | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const weight = (taint: Taint): number =>
    (taint.unsure ? 0 : 4) +
    (taint.leads ? 2 : 0) -
    taint.harmlessFor.length / 8 +
    taint.decoders.length / 16;
  return weight(other) > weight(one) ? other : one;
}

/** A value that may be either. */
export function either(one: Value, other: Value): Value {
  if (one === other || other === unknown) return one;
  if (one === unknown) return other;
  const taint = graver(one.taint, other.taint);
  const reference = one.reference ?? other.reference;
  const functions = [...(one.functions ?? []), ...(other.functions ?? [])];
  const same =
    one.text === other.text
      ? one
      : one.text === undefined
        ? other
        : other.text === undefined
          ? one
          : undefined;
  return {
    ...(same?.text === undefined
      ? {}
      : { text: same.text, ...(same.built === undefined ? {} : { built: same.built }) }),
    ...(taint === undefined ? {} : { taint }),
    ...(reference === undefined ? {} : { reference }),
    ...(functions.length === 0 ? {} : { functions: [...new Set(functions)].slice(0, mostFunctions) }),
    ...((one.elements ?? other.elements) ? { elements: one.elements ?? other.elements ?? [] } : {}),
  };
}

/** The value with nothing but what its taint says. */
export function onlyTaint(taint: Taint | undefined): Value {
  return taint === undefined ? unknown : { taint };
}

/** The gravest taint among values. */
export function taintOf(values: readonly Value[]): Taint | undefined {
  return values.reduce<Taint | undefined>((found, value) => graver(found, inside(value)), undefined);
}

/** The taint of a value or of anything in it. */
export function inside(value: Value): Taint | undefined {
  return (
    value.taint ?? (value.elements === undefined ? undefined : taintOf(value.elements.map(one => one.value)))
  );
}
