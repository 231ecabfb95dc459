/** Contents that are nearly the same as a known bad one, by TLSH. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Engine, EngineFinding } from '../engine.ts';
import type { EngineSettings } from '../engines.ts';
import type { ContentKind } from '../kind.ts';
import type { Subject } from '../subject.ts';
import { readTlsh, type Tlsh, tlsh, tlshDistance } from './tlsh.ts';

const name = 'tlsh';
/** Below this distance the paper's authors measured false matches of about one in 10,000. */
const nearBound = 30;
const mostBytes = 16 * 2 ** 20;
/** Kinds of content that run or carry what runs. */
const kinds: readonly ContentKind[] = ['elf', 'pe', 'script', 'text', 'ole', 'pdf', 'data'];

interface Known {
  readonly digest: Tlsh;
  readonly text: string;
  readonly label: string;
}

/**
 * Makes the engine out of a list: a digest a line, then a space and a name. Lines that begin with `#` are comments.
 * @throws Error naming the line that holds no digest
 */
export async function makeFuzzy({ fuzzyHashes }: EngineSettings): Promise<Engine | undefined> {
  if (fuzzyHashes === undefined) return undefined;
  const source = readFileSync(fuzzyHashes, 'utf8');
  const list: Known[] = [];
  for (const [index, line] of source.split('\n').entries()) {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const [text = '', ...label] = trimmed.split(/\s+/);
    const digest = readTlsh(text);
    if (digest === undefined) throw new Error(`${fuzzyHashes}:${index + 1}: "${text}" is no TLSH digest`);
    list.push({ digest, text, label: label.join(' ') });
  }
  return {
    name,
    version: createHash('sha256').update(source).digest('hex').slice(0, 16),
    wants: 'bytes',
    accepts: subject => subject.complete && subject.size <= mostBytes && kinds.includes(subject.kind),
    scan: subject => scan(list, subject),
  };
}

function scan(list: readonly Known[], subject: Subject): EngineFinding[] {
  const digest = subject.share(tlsh);
  if (digest === undefined) return [];
  let nearest: Known | undefined;
  let least = nearBound;
  for (const known of list) {
    const distance = tlshDistance(digest, known.digest);
    if (distance >= least) continue;
    least = distance;
    nearest = known;
  }
  if (nearest === undefined) return [];
  const { text, label } = nearest;
  const named = label === '' ? text : label;
  return [
    {
      engine: name,
      judgement: 'suspicious',
      signature: named,
      confidence: 90 - least * 2,
      title: { en: `Nearly the same as ${named}`, zh: `与 ${named} 几乎相同` },
      reasons: [
        {
          field: 'file.hashes.tlsh',
          value: text,
          text: {
            en: `its TLSH digest is ${least} away from that of ${named} (0 is the same, ${nearBound} the bound)`,
            zh: `其 TLSH 与 ${named} 的距离为 ${least}（0 为相同，上限 ${nearBound}）`,
          },
        },
      ],
    },
  ];
}
