/**
 * YARA rules, by YARA-X (https://virustotal.github.io/yara-x/). A rule's meta may say what it is worth:
 * `judgement` ("malicious" or "suspicious"; without it suspicious, unless `score` is 80 or more), `confidence`
 * (per cent), `title`, `title_zh`, `description`, `description_zh`, and `attack` (ATT&CK ids, comma separated).
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { RuleMatch, YaraX } from '@litko/yara-x';
import type { Bilingual, Reason } from '@redoubt/model';
import type { Engine, EngineFinding, Judgement } from '../engine.ts';
import type { EngineSettings } from '../engines.ts';

const name = 'yara-x';
const require = createRequire(import.meta.url);
/** Matches of a pattern that YARA-X keeps; a person checks one of them. */
const matchesPerPattern = 4;
/** Bytes of a match that a reason shows. */
const shownBytes = 64;
const surelyMalicious = 80;

/** Rule files below a path, or the path itself, in a stable order. @throws Error of the system */
export function ruleFiles(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter(file => ['.yar', '.yara'].includes(extname(file)))
    .toSorted()
    .map(file => join(path, file));
}

interface Sources {
  readonly files: readonly string[];
  readonly texts: readonly string[];
  readonly version: string;
}

/** The rules and what they make the version; undefined when there are none. */
function sourcesOf({ yaraRules }: EngineSettings): Sources | undefined {
  const files = yaraRules.flatMap(ruleFiles);
  if (files.length === 0) return undefined;
  const { version } = require('@litko/yara-x/package.json') as { version: string };
  const texts = files.map(file => readFileSync(file, 'utf8'));
  const digest = createHash('sha256').update(version);
  for (const text of texts) digest.update(`${text.length}\0${text}`);
  return { files, texts, version: `${version}-${digest.digest('hex').slice(0, 16)}` };
}

/** The version that the engine would have; undefined when there are no rules. @throws Error of the system */
export function yaraXVersion(settings: EngineSettings): string | undefined {
  return sourcesOf(settings)?.version;
}

/** Makes the engine; undefined when there are no rules. @throws Error naming the rule file that is wrong, and where */
export async function makeYaraX(settings: EngineSettings): Promise<Engine | undefined> {
  const sources = sourcesOf(settings);
  if (sources === undefined) return undefined;
  const sets = compiled(require('@litko/yara-x'), sources);
  for (const rules of sets) rules.setMaxMatchesPerPattern(matchesPerPattern);
  return {
    name,
    version: sources.version,
    wants: 'bytes',
    scan: subject => sets.flatMap(rules => rules.scan(subject.bytes()).map(findingOf)),
  };
}

/**
 * Compiles the rules: those that bound the size of a file apart from the others. YARA-X passes over rules whose bound
 * a file is beyond, but as long as another rule wants the file, it searches for the patterns of all of its set.
 * Looks for the file that is wrong only where the whole cannot be compiled.
 */
function compiled(yara: typeof import('@litko/yara-x'), { files, texts }: Sources): YaraX[] {
  const compile = (sources: readonly string[]): YaraX => yara.compile(sources.join('\n')) as unknown as YaraX;
  if (!texts.some(text => /\bglobal\b/.test(text))) {
    const { bounded = [], free = [] } = Object.groupBy(texts, text => (isBounded(text) ? 'bounded' : 'free'));
    try {
      return [bounded, free].filter(({ length }) => length > 0).map(compile);
    } catch {
      // Rules of one may name rules of the other.
    }
  }
  try {
    return [compile(texts)];
  } catch (error) {
    for (const [index, source] of texts.entries()) {
      const [wrong] = yara.validate(source).errors;
      if (wrong !== undefined) throw new Error(`${files[index]}: ${wrong.message}`, { cause: error });
    }
    throw error;
  }
}

/** Whether each condition of the rules says how large a file can be. Where this errs, scanning is slower, not other. */
function isBounded(rules: string): boolean {
  const conditions = rules.split(/\bcondition\s*:/).slice(1);
  return (
    conditions.length > 0 && conditions.every(condition => /^[^}]*\bfilesize\s*<=?\s*\d/.test(condition))
  );
}

function findingOf({ ruleIdentifier, meta, matches }: RuleMatch): EngineFinding {
  const facts = meta as Readonly<Record<string, unknown>>;
  const text = (key: string): string | undefined => (typeof facts[key] === 'string' ? facts[key] : undefined);
  const number = (key: string): number | undefined =>
    typeof facts[key] === 'number' ? facts[key] : undefined;
  const title = text('title') ?? text('description') ?? ruleIdentifier;
  const confidence = number('confidence') ?? number('score');
  return {
    engine: name,
    judgement: judgementOf(text('judgement'), number('score')),
    signature: ruleIdentifier,
    title: { en: title, zh: text('title_zh') ?? text('description_zh') ?? title },
    reasons: reasonsOf(ruleIdentifier, matches, described(text('description'), text('description_zh'))),
    ...(confidence !== undefined && { confidence }),
    ...(text('attack') !== undefined && { tags: attackTags(text('attack') ?? '') }),
  };
}

function judgementOf(said: string | undefined, score: number | undefined): Judgement {
  if (said === 'malicious' || said === 'suspicious') return said;
  return (score ?? 0) >= surelyMalicious ? 'malicious' : 'suspicious';
}

function described(en: string | undefined, zh: string | undefined): Bilingual | undefined {
  return en === undefined ? undefined : { en, zh: zh ?? en };
}

function reasonsOf(rule: string, matches: RuleMatch['matches'], about: Bilingual | undefined): Reason[] {
  const why: Reason = {
    field: 'yara.rule',
    value: rule,
    text: {
      en: `YARA rule ${rule} matches${about === undefined ? '' : `: ${about.en}`}`,
      zh: `匹配 YARA 规则 ${rule}${about === undefined ? '' : `：${about.zh}`}`,
    },
  };
  const seen = new Set<string>();
  const places: Reason[] = [];
  for (const { identifier, offset, length, data } of matches) {
    if (seen.has(identifier)) continue;
    seen.add(identifier);
    places.push({
      field: `yara.pattern.${identifier}`,
      value: data.slice(0, shownBytes),
      text: {
        en: `${identifier} stands at byte ${offset} (${length} bytes)`,
        zh: `${identifier} 位于第 ${offset} 字节处（${length} 字节）`,
      },
    });
  }
  return [why, ...places];
}

function attackTags(ids: string): string[] {
  return ids.split(',').map(id => `attack.${id.trim().toLowerCase()}`);
}
