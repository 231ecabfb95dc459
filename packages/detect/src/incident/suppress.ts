/** Suppression: findings that a person has explained stay in the record, and in no one's way, for a time. */
import { randomUUID } from 'node:crypto';
import {
  type Finding,
  findingStatus,
  type Suppression,
  type SuppressionCondition,
  valueAt,
} from '@redoubt/model';

/** What a person asks to be suppressed. */
export interface SuppressionRequest {
  /** Rule id; any rule when absent, which then takes a condition. */
  readonly rule?: string | undefined;
  readonly conditions?: readonly SuppressionCondition[] | undefined;
  readonly reason: string;
  readonly author: string;
  /** When it ends, milliseconds since the Unix epoch. */
  readonly expires: number;
}

/** Why a request cannot become a suppression, in both languages. */
export class SuppressionError extends Error {
  readonly text: { readonly en: string; readonly zh: string };

  constructor(text: SuppressionError['text']) {
    super(text.en);
    this.text = text;
  }
}

/** Suppressions in force at one time. */
const suppressionLimit = 1_000;
/** The longest that one may last, milliseconds: a year. What is right for ever belongs into the rule. */
const longest = 366 * 86_400_000;

interface Entry {
  suppression: Suppression;
  readonly tests: readonly ((finding: Finding) => boolean)[];
}

/** The suppressions, and what they do to findings. */
export class Suppressions {
  readonly #entries = new Map<string, Entry>();
  readonly #onChange: (suppression: Suppression) => void;
  readonly #now: () => number;
  readonly #changed = new Set<Entry>();

  /**
   * @param onChange receives each suppression that is new, ended or, at `flush`, has suppressed more
   * @param known those of earlier runs
   */
  constructor(
    onChange: (suppression: Suppression) => void,
    known: readonly Suppression[] = [],
    now: () => number = Date.now,
  ) {
    this.#onChange = onChange;
    this.#now = now;
    for (const suppression of known) {
      if (suppression.expires_time > now()) this.#entries.set(suppression.uid, entryOf(suppression));
    }
  }

  /**
   * Makes a suppression.
   * @throws SuppressionError when it would suppress everything, or has no end in sight or none to come
   */
  add(request: SuppressionRequest): Suppression {
    const now = this.#now();
    const { rule, conditions = [], reason, author, expires } = request;
    if (rule === undefined && conditions.length === 0) {
      throw new SuppressionError({
        en: 'a suppression names a rule, or at least one field and its value',
        zh: '抑制规则必须指定规则，或至少一个字段及其值',
      });
    }
    if (reason.trim() === '') {
      throw new SuppressionError({ en: 'a suppression needs a reason', zh: '抑制规则必须写明原因' });
    }
    if (!(expires > now) || expires - now > longest) {
      throw new SuppressionError({
        en: 'a suppression ends in the future, within a year',
        zh: '抑制规则的到期时间必须在将来一年之内',
      });
    }
    this.#endExpired(now);
    if (this.#entries.size >= suppressionLimit) {
      throw new SuppressionError({
        en: `there are ${suppressionLimit} suppressions already; end some first`,
        zh: `已有 ${suppressionLimit} 条抑制规则，请先结束一部分`,
      });
    }
    const suppression: Suppression = {
      uid: randomUUID(),
      ...(rule === undefined ? {} : { rule }),
      conditions: [...conditions],
      reason: reason.trim(),
      author,
      created_time: now,
      expires_time: expires,
      hits: 0,
    };
    this.#entries.set(suppression.uid, entryOf(suppression));
    this.#onChange(suppression);
    return suppression;
  }

  /** Ends a suppression before its time. @returns it, or undefined when there is none in force */
  end(uid: string): Suppression | undefined {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return undefined;
    this.#entries.delete(uid);
    this.#changed.delete(entry);
    const ended = { ...entry.suppression, expires_time: this.#now() };
    this.#onChange(ended);
    return ended;
  }

  /** Those in force, the one that ends first first. */
  list(): Suppression[] {
    this.#endExpired(this.#now());
    return [...this.#entries.values()]
      .map(({ suppression }) => suppression)
      .sort((a, b) => a.expires_time - b.expires_time);
  }

  /** The finding as it goes into the record: with the status and the reason when one in force fits it. */
  applyTo(finding: Finding): Finding {
    if (this.#entries.size === 0 || finding.status_id !== findingStatus.new) return finding;
    const now = this.#now();
    for (const entry of this.#entries.values()) {
      const { suppression, tests } = entry;
      if (suppression.expires_time <= now || !tests.every(test => test(finding))) continue;
      // A later state of a finding is no further finding.
      if (finding.activity_id === 1) {
        entry.suppression = { ...suppression, hits: suppression.hits + 1, last_hit_time: now };
        this.#changed.add(entry);
      }
      return { ...finding, status_id: findingStatus.suppressed, comment: suppression.reason };
    }
    return finding;
  }

  /** Tells of suppressions that have suppressed more since the last time. */
  flush(): void {
    for (const { suppression } of this.#changed) this.#onChange(suppression);
    this.#changed.clear();
  }

  #endExpired(now: number): void {
    for (const [uid, { suppression }] of this.#entries) {
      if (suppression.expires_time <= now) this.#entries.delete(uid);
    }
  }
}

function entryOf(suppression: Suppression): Entry {
  const { rule, conditions } = suppression;
  const tests = conditions.map(({ field, value }) => {
    const fits = patternOf(value);
    return (finding: Finding): boolean => {
      const found = valueAt(finding, field);
      const values: readonly unknown[] = Array.isArray(found) ? found : [found];
      return values.some(one => one !== undefined && one !== null && fits(String(one)));
    };
  });
  if (rule !== undefined) tests.unshift(finding => finding.finding_info.analytic.uid === rule);
  return { suppression, tests };
}

/** Whether a text fits a value in which `*` stands for any text; letter case does not matter. */
function patternOf(value: string): (text: string) => boolean {
  const [head = '', ...pieces] = value.toLowerCase().split('*');
  const tail = pieces.pop();
  return text => {
    const folded = text.toLowerCase();
    if (tail === undefined) return folded === head;
    if (!folded.startsWith(head) || !folded.endsWith(tail)) return false;
    let at = head.length;
    for (const piece of pieces) {
      const found = folded.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= folded.length - tail.length;
  };
}
