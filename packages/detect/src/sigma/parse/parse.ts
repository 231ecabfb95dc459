/** A Sigma file becomes documents, and a list of what was refused and why. */
import type { Document } from '../ast.ts';
import { type Problem, RuleError } from '../problem.ts';
import { parseCorrelation } from './correlation.ts';
import { child, parseHeader, textAt } from './header.ts';
import type { Placeholders } from './placeholders.ts';
import { parseFilter, parseRule, type Warn } from './rule.ts';
import { loadYaml, type YamlNode } from './yaml.ts';

export interface ParseOptions {
  /** Values for the modifier `expand`. */
  readonly placeholders?: Placeholders;
}

export interface Parsed {
  readonly documents: readonly Document[];
  /** Refusals and warnings. A refused document is not among `documents`. */
  readonly problems: readonly Problem[];
}

/**
 * Reads a Sigma file of one or more YAML documents: rules, filters, correlations. Never throws for what the
 * file says: every fault becomes a problem with its place, and the other documents are still read.
 * @param text content of the file
 * @param file its name, for places and for rules that have neither id nor name
 */
export function parseSigma(text: string, file: string, options: ParseOptions = {}): Parsed {
  const documents: Document[] = [];
  const problems: Problem[] = [];
  const placeholders = options.placeholders ?? new Map<string, readonly string[]>();
  for (const [index, loaded] of loadYaml(text, file).entries()) {
    const label = 'root' in loaded ? labelOf(loaded.root, file) : file;
    try {
      if ('error' in loaded) throw loaded.error;
      documents.push(parseDocument(loaded.root, index + 1, placeholders, problem => problems.push(problem)));
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      problems.push({ severity: 'refused', rule: label, reason: error.message, place: error.place });
    }
  }
  return { documents, problems };
}

function parseDocument(root: YamlNode, position: number, placeholders: Placeholders, warn: Warn): Document {
  if (root.kind !== 'map') throw new RuleError('a Sigma document must be a map', root.place);
  if (child(root, 'action') !== undefined) {
    throw new RuleError('"action" (rule collections of Sigma 1) is not supported', root.place);
  }
  const kinds = ['detection', 'correlation', 'filter'].filter(key => child(root, key) !== undefined);
  if (kinds.length !== 1) {
    const found = kinds.length === 0 ? 'none' : kinds.join(' and ');
    throw new RuleError(
      `a Sigma document has one of detection, correlation and filter; this has ${found}`,
      root.place,
    );
  }
  const header = parseHeader(root, position);
  if (kinds[0] === 'detection') return parseRule(root, header, placeholders, warn);
  if (kinds[0] === 'filter') return parseFilter(root, header, placeholders, warn);
  return parseCorrelation(root, header);
}

function labelOf(root: YamlNode, file: string): string {
  if (root.kind !== 'map') return file;
  for (const key of ['title', 'name', 'id']) {
    const node = child(root, key);
    if (node?.kind === 'scalar' && node.value !== null) return textAt(root, key) ?? file;
  }
  return file;
}
