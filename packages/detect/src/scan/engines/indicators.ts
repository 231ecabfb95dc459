/** Files that threat intelligence names by their digest: the indicator library of this host. */
import { statSync } from 'node:fs';
import type { Hit, IndicatorSet } from '../../intelligence/set/indicator-set.ts';
import type { Engine, EngineFinding } from '../engine.ts';
import type { EngineSettings } from '../engines.ts';
import type { Subject } from '../subject.ts';

const name = 'indicators';
/** Indicators that their source is less sure of make a content suspicious only. */
const surely = 70;
const kinds = ['sha256', 'sha1', 'md5'] as const;

/** Makes the engine; undefined when there is no library, or nothing of files in it. @throws IndicatorFileError */
export async function makeIndicators({ indicators }: EngineSettings): Promise<Engine | undefined> {
  if (indicators === undefined) return undefined;
  const { readIndicators } = await import('../../intelligence/set/file.ts');
  const set = await readIndicators(indicators);
  if (set === undefined || kinds.every(kind => set.tables[kind].count === 0)) return undefined;
  const { mtimeMs, size } = statSync(indicators);
  return {
    name,
    version: `${mtimeMs}-${size}`,
    wants: 'bytes',
    accepts: subject => subject.complete && subject.size > 0,
    scan: subject => scan(set, subject),
  };
}

function scan(set: IndicatorSet, subject: Subject): EngineFinding[] {
  const digests = subject.digests();
  if (digests === undefined) return [];
  const hits: Hit[] = [];
  for (const kind of kinds) set.matchDigest(kind, digests[kind], hits);
  const now = Date.now();
  const findings: EngineFinding[] = [];
  for (const hit of hits) {
    if (set.sourceOf(hit)?.held !== false) continue;
    const indicator = set.indicator(hit);
    if (indicator.validUntil !== undefined && indicator.validUntil < now) continue;
    const about = [indicator.description, ...indicator.labels].filter(text => text !== '').join(', ');
    findings.push({
      engine: name,
      judgement: indicator.confidence >= surely ? 'malicious' : 'suspicious',
      signature: `${indicator.source}:${indicator.value}`,
      confidence: indicator.confidence,
      title: {
        en: `File named by threat intelligence (${indicator.source})`,
        zh: `威胁情报所列文件（${indicator.source}）`,
      },
      reasons: [
        {
          field: `file.hashes.${indicator.kind}`,
          value: indicator.value,
          text: {
            en: `${indicator.source} lists this ${indicator.kind}${about === '' ? '' : `: ${about}`}`,
            zh: `${indicator.source} 列有该 ${indicator.kind}${about === '' ? '' : `：${about}`}`,
          },
        },
      ],
    });
  }
  return findings;
}
