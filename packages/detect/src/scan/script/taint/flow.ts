/** What following the data of a script brings to light. */
import type { Danger } from '../tables/table.ts';
import type { Taint } from './value.ts';

/** Data of a request that reaches a dangerous call. */
export interface RequestFlow {
  readonly kind: 'request';
  readonly danger: Danger;
  /** The dangerous call, by its full name. */
  readonly call: string;
  readonly line: number;
  readonly taint: Taint;
  /** How the name of the call was put together, when it was. */
  readonly concealedCall: readonly string[];
  /** For `call`: whether the function that is named gets data of the request too. */
  readonly withData: boolean;
}

/** A dangerous call whose own name is put together so that it is not to be read. */
export interface ConcealedCall {
  readonly kind: 'concealed call';
  readonly danger: Danger;
  readonly call: string;
  readonly line: number;
  readonly ways: readonly string[];
}

/** A program text that the script carries and runs. */
export interface CarriedCode {
  readonly kind: 'carried code';
  readonly call: string;
  readonly line: number;
  /** The text, decoded. */
  readonly code: string;
  /** Ways of decoding that led to it; none when it stands in the clear. */
  readonly ways: readonly string[];
}

export type Flow = RequestFlow | ConcealedCall | CarriedCode;
