/**
 * Decisions of others, and ours for others: the JSON of CrowdSec (`cscli decisions list -o json`, which nests
 * decisions in alerts, and the flat list that `cscli decisions import` takes), and plain lists of addresses.
 */
import type { Bilingual } from '@redoubt/model';
import { parseNetwork } from '../../address/address.ts';
import { parseDuration, writeDuration } from '../../duration.ts';
import type { Ban } from './ban.ts';

/** What an import came to. */
export interface Imported {
  readonly bans: readonly Ban[];
  /** Entries that cannot be used, the first hundred in words; all are counted. */
  readonly problems: readonly Bilingual[];
  readonly refused: number;
}

/** One decision as CrowdSec writes it. */
export interface CrowdsecDecision {
  readonly id: number;
  readonly origin: string;
  readonly type: 'ban';
  readonly scope: 'Ip' | 'Range';
  readonly value: string;
  /** Time that is left, as Go writes it. */
  readonly duration: string;
  readonly scenario: string;
  /** What `cscli decisions import` calls the scenario. */
  readonly reason: string;
  readonly simulated: false;
}

/** A ban for ever, for programs that want an end: ten years. */
const forever = 87_600 * 3_600_000;
const entryLimit = 500_000;
const problemsTold = 100;

/** How long imported decisions hold that do not say it, milliseconds; CrowdSec's own default. */
export const importedFor = 14_400_000;

/** Our standing bans as CrowdSec's decisions. */
export function toCrowdsec(bans: readonly Ban[], now: number): CrowdsecDecision[] {
  return bans.map(({ subject, origin, reason, until }, at) => ({
    id: at + 1,
    origin,
    type: 'ban',
    scope: subject.includes('/') ? 'Range' : 'Ip',
    value: subject,
    duration: writeDuration(until === undefined ? forever : until - now),
    scenario: reason,
    reason,
    simulated: false,
  }));
}

/** Our standing bans as a plain list: a line each. */
export function toPlain(bans: readonly Ban[]): string {
  return bans.map(({ subject }) => `${subject}\n`).join('');
}

/**
 * Reads decisions, in whichever of the two forms they are.
 * @param origin whom they are from, where they do not say
 * @param length how long they hold where they do not say, milliseconds
 * @throws TypeError when the text is JSON of another kind
 */
export function readDecisions(text: string, origin: string, now: number, length = importedFor): Imported {
  const gathered = new Gathered(origin, now, length);
  const start = text.replace(/^\ufeff/, '').trimStart();
  if (/^(?:\[|\{|null\s*$)/.test(start)) readJson(start, gathered);
  else readPlain(text, gathered);
  return { bans: gathered.bans, problems: gathered.problems, refused: gathered.refused };
}

class Gathered {
  readonly bans: Ban[] = [];
  readonly problems: Bilingual[] = [];
  refused = 0;
  readonly #origin: string;
  readonly #now: number;
  readonly #length: number;

  constructor(origin: string, now: number, length: number) {
    this.#origin = origin;
    this.#now = now;
    this.#length = length;
  }

  refuse(place: string, en: string, zh: string): void {
    this.refused++;
    if (this.problems.length < problemsTold)
      this.problems.push({ en: `${place}: ${en}`, zh: `${place}：${zh}` });
  }

  add(place: string, value: string, length: number | undefined, origin: unknown, reason: unknown): void {
    if (this.bans.length >= entryLimit) {
      this.refuse(place, `more than ${entryLimit} entries`, `超过 ${entryLimit} 条`);
      return;
    }
    const network = parseNetwork(value);
    if (network === undefined) {
      const shown = JSON.stringify(value.slice(0, 60));
      this.refuse(place, `${shown} is no address or network`, `${shown} 不是地址或网络`);
      return;
    }
    this.bans.push({
      subject: network.text,
      origin: word(origin) ?? this.#origin,
      reason: word(reason) ?? 'imported',
      since: this.#now,
      until: this.#now + (length ?? this.#length),
      times: 1,
    });
  }
}

function readJson(text: string, gathered: Gathered): void {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TypeError(`not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  // CrowdSec writes `null` where there is none.
  const list = value === null ? [] : Array.isArray(value) ? value : [value];
  for (const [at, entry] of list.entries()) {
    const nested = isObject(entry) ? entry['decisions'] : undefined;
    if (!Array.isArray(nested)) readDecision(entry, `[${at}]`, gathered);
    else
      for (const [inner, one] of nested.entries()) readDecision(one, `[${at}].decisions[${inner}]`, gathered);
  }
}

function readDecision(entry: unknown, place: string, gathered: Gathered): void {
  if (!isObject(entry) || typeof entry['value'] !== 'string') {
    gathered.refuse(place, 'is no decision: it has no "value"', '不是决定：缺少“value”');
    return;
  }
  const { value, type = 'ban', scope = 'Ip', duration, origin, scenario, reason, simulated } = entry;
  if (simulated === true) {
    gathered.refuse(place, 'is simulated', '为模拟决定');
    return;
  }
  if (String(type).toLowerCase() !== 'ban' || !/^(?:ip|range)$/i.test(String(scope))) {
    const what = JSON.stringify(`${type} ${scope}`.slice(0, 60));
    gathered.refuse(
      place,
      `${what}: only bans of Ip and Range are taken`,
      `${what}：只接受对 Ip 与 Range 的封禁`,
    );
    return;
  }
  const length = duration === undefined ? undefined : parseDuration(String(duration));
  if (duration !== undefined && length === undefined) {
    const shown = JSON.stringify(String(duration).slice(0, 60));
    gathered.refuse(place, `duration ${shown} is over or no time`, `duration ${shown} 已过期或不是时长`);
    return;
  }
  gathered.add(place, value as string, length, origin, scenario ?? reason);
}

function readPlain(text: string, gathered: Gathered): void {
  for (const [at, line] of text.split('\n').entries()) {
    const value = line.replace(/[#;].*$/s, '').trim();
    if (value !== '') gathered.add(`line ${at + 1}`, value, undefined, undefined, undefined);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text of others, in one line without controls. */
function word(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  return value.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(0, 200);
}
