/** MISP events in JSON (MISP core format), one or many. */
import type { Candidate, CandidateKind, Sink } from '../kinds.ts';
import { kindOfName } from '../value/guess.ts';
import { timeOf } from './csv.ts';
import { readJsonElements } from './json-elements.ts';
import { isObject, type JsonObject, objectsAt, textAt } from './json-value.ts';
import { techniqueLabel } from './labels.ts';
import type { Input } from './lines.ts';

export interface MispOptions {
  /**
   * Days for which an attribute counts after it was last seen or changed, by what it is; infrastructure changes
   * hands, a file's digest does not. `Infinity` for ever. 120 days by default for addresses, names and URLs (the
   * lifetime of MISP's own model for network indicators), for ever for the rest.
   */
  readonly lifetimeDays?: Readonly<Partial<Record<CandidateKind, number>>>;
  /** Whether attributes without `to_ids` are taken too; they are context, not for detection, by MISP's meaning. */
  readonly all?: boolean;
}

/** Largest event, bytes. */
const eventBytes = 64 * 1024 * 1024;
const day = 86_400_000;
const networkLifetime = 120;
const networkKinds: ReadonlySet<CandidateKind> = new Set(['address', 'domain', 'url']);

/** Reads the attributes of events: `{"Event": …}`, `{"response": [{"Event": …}]}`, or an array of either. */
export async function readMisp(input: Input, sink: Sink, options: MispOptions = {}): Promise<void> {
  let attributes = 0;
  const json = { members: ['Event', 'response'], elementBytes: eventBytes };
  await readJsonElements(input, json, (value, number) => {
    const outer = isObject(value) ? value : {};
    const event = isObject(outer['Event']) ? outer['Event'] : outer;
    const inObjects = objectsAt(event, 'Object').flatMap(object => objectsAt(object, 'Attribute'));
    const all = [...objectsAt(event, 'Attribute'), ...inObjects];
    if (all.length === 0) sink.refuse('an event without attributes', number, textAt(event, 'uuid') ?? '');
    for (const attribute of all) takeAttribute(attribute, event, ++attributes, sink, options);
  });
}

function takeAttribute(
  attribute: JsonObject,
  event: JsonObject,
  number: number,
  sink: Sink,
  options: MispOptions,
): void {
  const type = textAt(attribute, 'type') ?? '';
  if (attribute['deleted'] === true) {
    sink.ignore('deleted attribute');
    return;
  }
  if (attribute['to_ids'] !== true && options.all !== true) {
    sink.ignore('attribute without to_ids');
    return;
  }
  const value = textAt(attribute, 'value');
  if (value === undefined) {
    sink.refuse('no value', number, type);
    return;
  }
  const parts = partsOf(type, value);
  if (parts === undefined) {
    sink.refuse(`the type "${type}" cannot be looked up`, number, value);
    return;
  }
  const tags = [...objectsAt(event, 'Tag'), ...objectsAt(attribute, 'Tag')].flatMap(
    tag => textAt(tag, 'name') ?? [],
  );
  const common = {
    confidence: confidenceOf(tags),
    labels: labelsOf(tags),
    description: textAt(attribute, 'comment') ?? textAt(event, 'info'),
    validFrom: timeOf(textAt(attribute, 'first_seen')),
  };
  for (const part of parts) {
    const validUntil = endOf(attribute, event, part.kind, options);
    sink.take({ ...part, ...common, validUntil }, number);
  }
}

type Part = Pick<Candidate, 'value' | 'port' | 'subdomains'> & { readonly kind: CandidateKind };

/** A composite (`filename|sha256`, `ip-dst|port`, `domain|ip`) taken apart; undefined if no part can be used. */
function partsOf(type: string, value: string): Part[] | undefined {
  const types = type === 'malware-sample' ? ['filename', 'md5'] : type.split('|');
  const values = types.length === 1 ? [value] : value.split('|');
  const parts: Part[] = [];
  for (const [index, name] of types.entries()) {
    const kind = kindOfName(name);
    const text = values[index];
    if (kind === undefined || text === undefined) continue;
    const isPorted = kind === 'address' && types[index + 1] === 'port';
    parts.push({
      kind,
      value: text,
      ...(isPorted ? { port: Number(values[index + 1]) } : {}),
      // MISP: a hostname is one host, a domain everything below it.
      ...(kind === 'domain' ? { subdomains: name === 'domain' } : {}),
    });
  }
  return parts.length === 0 ? undefined : parts;
}

function endOf(
  attribute: JsonObject,
  event: JsonObject,
  kind: CandidateKind,
  options: MispOptions,
): number | undefined {
  const days = options.lifetimeDays?.[kind] ?? (networkKinds.has(kind) ? networkLifetime : Infinity);
  const seconds = Number(attribute['timestamp'] ?? Number.NaN);
  const seen =
    timeOf(textAt(attribute, 'last_seen')) ??
    (Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : timeOf(textAt(event, 'date')));
  return seen === undefined || days === Infinity ? undefined : seen + days * day;
}

/** Words of the estimative-language taxonomy for confidence, as numbers of the STIX scale (STIX 2.1, appendix A). */
const confidences: Readonly<Record<string, number>> = { low: 15, moderate: 50, high: 85 };

function confidenceOf(tags: readonly string[]): number | undefined {
  for (const tag of tags) {
    const match = /^estimative-language:confidence-in-analytic-judgment="(low|moderate|high)"$/.exec(tag);
    if (match !== null) return confidences[match[1] ?? ''];
  }
  return undefined;
}

function labelsOf(tags: readonly string[]): string[] {
  const techniques = tags
    .filter(tag => tag.includes('mitre-attack-pattern'))
    .flatMap(tag => techniqueLabel(tag) ?? []);
  const plain = tags.filter(tag => !tag.includes('mitre-attack-pattern'));
  return [...new Set([...plain, ...techniques])];
}
