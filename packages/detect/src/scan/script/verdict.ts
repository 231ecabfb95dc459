/** What the flows of a script amount to. */
import type { Judgement } from '../engine.ts';
import type { PlacedFlow } from './judge.ts';

/** A flow, with what it says of the script. */
export interface WeighedFlow {
  readonly flow: PlacedFlow;
  readonly judgement: Judgement;
  /** Per cent. */
  readonly confidence: number;
  /** Stable name of what was found. */
  readonly signature: string;
}

/**
 * Weighs a flow; undefined where it says nothing.
 *
 * Malicious is what is made for running what a request brings: the request chooses what is run, from its beginning,
 * with nothing in between that could have checked it. A request that only fills in a piece of a fixed command, or
 * that goes through functions of which nothing is known, is a weakness at most: that is suspicious or nothing.
 */
export function weighed(flow: PlacedFlow): WeighedFlow | undefined {
  const as = (judgement: Judgement, confidence: number, signature: string): WeighedFlow => {
    return { flow, judgement, confidence, signature };
  };
  if (flow.kind === 'carried code') {
    // One layer in the clear is how programs are often written; decoded code that is run is how it is hidden.
    const layers = flow.ways.length + flow.layer;
    if (flow.ways.length === 0) return undefined;
    return as('suspicious', Math.min(35 + 15 * layers, 80), 'carried-code');
  }
  if (flow.kind === 'concealed call') {
    // Names that are joined of a few pieces occur in honest code; decoded ones hardly do.
    const decoded = flow.ways.some(way => way !== 'joined');
    return as('suspicious', decoded ? 70 : 55, 'concealed-call');
  }
  const { danger, taint, concealedCall } = flow;
  const hidden = concealedCall.length > 0 || taint.decoders.some(way => way !== 'url') || flow.layer > 0;
  const signature = `request-${danger}`;
  switch (danger) {
    case 'code':
      if (taint.unsure) return taint.leads && hidden ? as('suspicious', 50, signature) : undefined;
      return taint.leads || hidden
        ? as('malicious', hidden ? 95 : 90, signature)
        : as('suspicious', 60, signature);
    case 'command':
      if (taint.unsure) return taint.leads && hidden ? as('suspicious', 50, signature) : undefined;
      return taint.leads ? as('malicious', hidden ? 95 : 90, signature) : as('suspicious', 45, signature);
    case 'call':
      if (taint.unsure || !taint.leads) return undefined;
      return flow.withData ? as('malicious', 90, signature) : as('suspicious', 40, signature);
    case 'write':
      if (taint.unsure) return undefined;
      return flow.withData ? as('malicious', 85, signature) : as('suspicious', 60, signature);
    case 'load':
      return taint.unsure || !taint.leads ? undefined : as('suspicious', 45, signature);
    case 'objects':
      return taint.unsure || !hidden ? undefined : as('suspicious', 40, signature);
  }
}
