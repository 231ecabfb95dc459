/** STIX 2.1 bundles (OASIS, STIX Version 2.1), and 2.0 as far as indicators go. */
import type { Candidate, Sink } from '../kinds.ts';
import { timeOf } from './csv.ts';
import { readJsonElements } from './json-elements.ts';
import { isObject, objectsAt, textAt, textsAt } from './json-value.ts';
import { phaseLabel, techniqueLabel } from './labels.ts';
import type { Input } from './lines.ts';
import { bothHold } from './stix-pattern/period.ts';
import { indicatorsOfPattern } from './stix-pattern/reduce.ts';
import { PatternError } from './stix-pattern/tokens.ts';

/** Largest object, bytes. */
const objectBytes = 8 * 1024 * 1024;

/** Reads the indicators of a bundle (also of a TAXII envelope, or of a bare array of objects). */
export async function readStix(input: Input, sink: Sink): Promise<void> {
  const options = { members: ['objects'], elementBytes: objectBytes };
  await readJsonElements(input, options, (value, number) => takeStixObject(value, number, sink));
}

/** Takes one object of STIX: its indicators if it is one. */
export function takeStixObject(value: unknown, number: number, sink: Sink): void {
  if (!isObject(value)) {
    sink.refuse('not an object', number, String(value).slice(0, 80));
    return;
  }
  const type = textAt(value, 'type') ?? 'object without type';
  if (type !== 'indicator') {
    sink.ignore(type);
    return;
  }
  const id = textAt(value, 'id') ?? 'indicator';
  const language = textAt(value, 'pattern_type') ?? 'stix';
  if (language !== 'stix') {
    sink.refuse(`a pattern in ${language}: it belongs to that engine, not to a look-up`, number, id);
    return;
  }
  const pattern = textAt(value, 'pattern');
  if (pattern === undefined) {
    sink.refuse('no pattern', number, id);
    return;
  }
  try {
    const { candidates, notes } = indicatorsOfPattern(pattern);
    for (const note of notes) sink.note(`${id}: ${note}`, number);
    const common = commonFacts(value);
    for (const candidate of candidates) {
      // Both the object's validity and the pattern's own must hold.
      const whole = { ...candidate, ...common, ...bothHold(candidate, common) };
      if (value['revoked'] === true) sink.withdraw(whole, number);
      else sink.take(whole, number);
    }
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    sink.refuse(error.message, number, id);
  }
}

function commonFacts(object: Readonly<Record<string, unknown>>): Omit<Candidate, 'kind' | 'value'> {
  const confidence = object['confidence'];
  const phases = objectsAt(object, 'kill_chain_phases').map(phase =>
    phaseLabel(textAt(phase, 'kill_chain_name') ?? '', textAt(phase, 'phase_name') ?? ''),
  );
  const techniques = objectsAt(object, 'external_references').flatMap(reference => {
    const name = /mitre-attack/.test(textAt(reference, 'source_name') ?? '')
      ? techniqueLabel(textAt(reference, 'external_id') ?? '')
      : undefined;
    return name ?? [];
  });
  const types = [...textsAt(object, 'indicator_types'), ...textsAt(object, 'labels')];
  return {
    confidence: typeof confidence === 'number' ? confidence : undefined,
    labels: [...new Set([...types, ...phases, ...techniques])],
    description: textAt(object, 'name') ?? textAt(object, 'description'),
    validFrom: timeOf(textAt(object, 'valid_from')),
    validUntil: timeOf(textAt(object, 'valid_until')),
  };
}
