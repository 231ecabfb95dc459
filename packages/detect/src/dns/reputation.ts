/** What speaks for and against a name, as a score with its reasons. */
import type { Reason } from '@redoubt/model';
import type { NameModel } from './name-model.ts';
import { digitShare, entropyOf, namePartsOf } from './name-shape.ts';

/** What is known of a name from elsewhere. */
export interface NameFacts {
  /** When it, or something below its registered domain, was first seen here; absent when never. */
  readonly firstSeen?: number;
  /** How often. */
  readonly count?: number;
  /** Place of its registered domain in a list of popular domains, from 1. */
  readonly rank?: number;
  /** List that blocks it. */
  readonly blockedBy?: string;
}

/** 0 (nothing speaks against it) to 100. */
export interface Reputation {
  readonly name: string;
  readonly registered: string;
  readonly score: number;
  readonly reasons: readonly (Reason & { readonly points: number })[];
}

const day = 86_400_000;

/**
 * Scores a name. Each reason carries its points; their sum, within 0 and 100, is the score. Age counts what this
 * host has seen, not when the name was registered: that is asked of nobody.
 */
export function reputationOf(name: string, facts: NameFacts, model: NameModel, now = Date.now()): Reputation {
  const { registered, label, below, isPublic } = namePartsOf(name);
  const reasons: (Reason & { points: number })[] = [];
  const add = (points: number, field: string, value: string, en: string, zh: string): void => {
    reasons.push({ points, field, value, text: { en, zh } });
  };
  if (facts.blockedBy !== undefined)
    add(90, 'list', facts.blockedBy, 'on a list that blocks', '在阻断名单中');
  if (facts.rank !== undefined)
    add(
      facts.rank <= 10_000 ? -50 : -30,
      'rank',
      String(facts.rank),
      'its domain is popular',
      '所属域名为热门域名',
    );
  if (facts.firstSeen === undefined)
    add(20, 'first_seen', 'never', 'never seen on this host', '本机从未出现过');
  else {
    const days = Math.floor((now - facts.firstSeen) / day);
    if (days < 1)
      add(
        15,
        'first_seen',
        new Date(facts.firstSeen).toISOString(),
        'seen for less than a day',
        '首次出现不足一天',
      );
    else if (days >= 30)
      add(
        -25,
        'first_seen',
        new Date(facts.firstSeen).toISOString(),
        `known here for ${days} days`,
        `本机已知 ${days} 天`,
      );
  }
  const surprise = model.surprise(label);
  if (model.looksGenerated(label))
    add(
      35,
      'surprise',
      surprise.toFixed(2),
      `letters follow each other as in no usual name (limit for its length ${model.limit(label.length).toFixed(2)} bits)`,
      `字母组合不像常见名称（该长度的上限为 ${model.limit(label.length).toFixed(2)} 比特）`,
    );
  if (label.length >= 20) add(8, 'length', String(label.length), 'long registered label', '注册标签很长');
  const digits = digitShare(label);
  if (label.length >= 6 && digits >= 0.3) add(10, 'digits', digits.toFixed(2), 'many digits', '数字较多');
  if (below.length >= 40 && entropyOf(below) >= 3.5)
    add(
      25,
      'below',
      `${below.length}`,
      `what stands before the domain is long and looks like data (${entropyOf(below).toFixed(2)} bits a character)`,
      `域名前的部分很长且像数据（每字符 ${entropyOf(below).toFixed(2)} 比特）`,
    );
  if (label.startsWith('xn--'))
    add(5, 'label', label, 'written with characters beyond ASCII', '含非 ASCII 字符');
  if (!isPublic)
    add(
      -10,
      'suffix',
      name.slice(name.lastIndexOf('.') + 1),
      'no public suffix: a name of a local network',
      '非公共后缀：本地网络名称',
    );
  const score = Math.min(
    Math.max(
      reasons.reduce((sum, { points }) => sum + points, 0),
      0,
    ),
    100,
  );
  return { name, registered, score, reasons };
}

/**
 * Reads a list of popular domains: `RANK,DOMAIN` a line (Tranco, Umbrella), or a domain a line in order.
 * @param limit lines that count
 */
export function parsePopularity(text: string, limit = 100_000): Map<string, number> {
  const ranks = new Map<string, number>();
  let line = 0;
  for (const one of text.split('\n')) {
    if (++line > limit) break;
    const [first = '', second] = one.trim().toLowerCase().split(',');
    const domain = second ?? first;
    if (domain !== '' && !domain.startsWith('#') && !ranks.has(domain))
      ranks.set(domain, second === undefined ? line : Number(first) || line);
  }
  return ranks;
}
