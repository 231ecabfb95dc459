/** A set of rules that fit together: filters applied, references resolved, the rest refused by name. */
import type { Correlation, Document, Filter, LogSource, Rule } from '../sigma/ast.ts';
import type { ParseOptions } from '../sigma/parse/parse.ts';
import { parseSigma } from '../sigma/parse/parse.ts';
import type { Problem } from '../sigma/problem.ts';
import { checkHostFields } from './check-fields.ts';
import { type RuleFile, readRuleFiles } from './files.ts';

/** What came of loading. */
export interface LoadReport {
  /** Rules, filters and correlations that run. */
  readonly loaded: number;
  readonly refused: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Rules, filters and correlations, checked and tied together. */
export class RuleSet {
  /** Rules with their filters put in. */
  readonly rules: readonly Rule[];
  /** Correlations, each after those that feed it. */
  readonly correlations: readonly Correlation[];
  readonly report: LoadReport;
  readonly #byReference: ReadonlyMap<string, Rule | Correlation>;

  private constructor(documents: readonly Document[], problems: Problem[]) {
    const unique = withoutDuplicates(documents, problems);
    const filters = unique.filter(document => document.type === 'filter');
    const rules = unique.filter(document => document.type === 'rule').map(rule => filtered(rule, filters));
    const correlations = unique.filter(document => document.type === 'correlation');
    checkFilterReferences(filters, rules, problems);
    for (const rule of rules) problems.push(...checkHostFields(rule));
    this.#byReference = new Map(
      [...rules, ...correlations].flatMap(rule => namesOf(rule).map(name => [name, rule])),
    );
    this.rules = rules;
    this.correlations = inOrder(correlations, this.#byReference, problems);
    const refused = problems.filter(problem => problem.severity === 'refused');
    this.report = {
      loaded: rules.length + filters.length + this.correlations.length,
      refused,
      warnings: problems.filter(problem => problem.severity === 'warning'),
    };
  }

  /**
   * Reads every `.yml` and `.yaml` file below the directories as one set; test data (`.test.yml`) is left out.
   * @throws when a directory cannot be read; faults of rules are in the report
   */
  static async load(directories: string | readonly string[], options: ParseOptions = {}): Promise<RuleSet> {
    const files = await Promise.all([directories].flat().map(directory => readRuleFiles(directory)));
    return RuleSet.of(files.flat(), options);
  }

  /** A rule set of texts. */
  static of(files: readonly RuleFile[], options: ParseOptions = {}): RuleSet {
    const parsed = files.map(({ text, name }) => parseSigma(text, name, options));
    return new RuleSet(
      parsed.flatMap(({ documents }) => documents),
      parsed.flatMap(({ problems }) => problems),
    );
  }

  /** The rule or correlation that has this id or name. */
  find(reference: string): Rule | Correlation | undefined {
    return this.#byReference.get(reference);
  }

  /** Whether a rule gives findings of its own: it does unless it only feeds correlations. */
  standsAlone(rule: Rule | Correlation): boolean {
    const feeds = this.correlations.filter(({ rules }) =>
      rules.some(reference => this.find(reference) === rule),
    );
    return feeds.length === 0 || feeds.some(({ generate }) => generate);
  }
}

function namesOf(document: Document): string[] {
  return [...new Set([document.uid, document.id, document.name].filter(name => name !== undefined))];
}

function withoutDuplicates(documents: readonly Document[], problems: Problem[]): Document[] {
  const seen = new Map<string, Document>();
  return documents.filter(document => {
    const taken = namesOf(document).find(name => seen.has(name));
    if (taken !== undefined) {
      const first = seen.get(taken)?.place;
      const reason = `"${taken}" is already taken by ${first?.file}:${first?.line}`;
      problems.push({ severity: 'refused', rule: document.title, reason, place: document.place });
      return false;
    }
    for (const name of namesOf(document)) seen.set(name, document);
    return true;
  });
}

/** Whether everything that `outer` asks of a log source, `inner` asks too. */
function covers(outer: LogSource, inner: LogSource): boolean {
  return (['category', 'product', 'service'] as const).every(
    key => outer[key] === undefined || outer[key] === inner[key],
  );
}

function applies(filter: Filter, rule: Rule): boolean {
  if (!covers(filter.logsource, rule.logsource)) return false;
  return filter.rules === undefined || namesOf(rule).some(name => filter.rules?.includes(name));
}

function filtered(rule: Rule, filters: readonly Filter[]): Rule {
  const own = filters.filter(filter => applies(filter, rule)).map(filter => filter.expression);
  if (own.length === 0) return rule;
  return { ...rule, expression: { type: 'and', operands: [rule.expression, ...own] } };
}

function checkFilterReferences(
  filters: readonly Filter[],
  rules: readonly Rule[],
  problems: Problem[],
): void {
  for (const filter of filters) {
    if (!rules.some(rule => applies(filter, rule))) {
      const reason = 'the filter applies to no rule that is loaded';
      problems.push({ severity: 'warning', rule: filter.title, reason, place: filter.place });
    }
  }
}

/** The correlations whose references all resolve, each after those that feed it. */
function inOrder(
  correlations: readonly Correlation[],
  references: ReadonlyMap<string, Rule | Correlation>,
  problems: Problem[],
): Correlation[] {
  const ready: Correlation[] = [];
  const refused = new Set<Correlation>();
  const refuse = (correlation: Correlation, reason: string): void => {
    refused.add(correlation);
    problems.push({ severity: 'refused', rule: correlation.title, reason, place: correlation.place });
  };
  let left = [...correlations];
  while (left.length > 0) {
    const waiting: Correlation[] = [];
    for (const correlation of left) {
      const targets = correlation.rules.map(reference => references.get(reference));
      const missing = correlation.rules.find((_, index) => {
        const target = targets[index];
        return target === undefined || (target.type === 'correlation' && refused.has(target));
      });
      if (missing !== undefined) refuse(correlation, `it refers to "${missing}", which is not loaded`);
      else if (targets.every(target => target?.type !== 'correlation' || ready.includes(target)))
        ready.push(correlation);
      else waiting.push(correlation);
    }
    if (waiting.length === left.length) {
      for (const correlation of waiting)
        refuse(correlation, 'it refers to itself by way of other correlations');
      break;
    }
    left = waiting;
  }
  return ready;
}
