/** Reads a target member by member, so that every complaint names the member. */
import { ActionError } from './action.ts';

/** A JSON object with these members and no others. */
export class TargetReader {
  readonly #members: Readonly<Record<string, unknown>>;

  /** @throws ActionError `bad_target` */
  constructor(target: unknown, known: readonly string[]) {
    if (typeof target !== 'object' || target === null || Array.isArray(target))
      throw bad('the target must be an object', '目标必须是对象');
    for (const name of Object.keys(target))
      if (!known.includes(name))
        throw bad(
          `"${name.slice(0, 60)}" is no member of the target; known are ${known.join(', ')}`,
          `“${name.slice(0, 60)}”不是目标的成员；可用：${known.join('、')}`,
        );
    this.#members = target as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.#members[name] !== undefined;
  }

  /** A text that is not empty and holds no control characters. */
  text(name: string, most = 4096): string {
    const value = this.#members[name];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this refuses
    if (typeof value === 'string' && value !== '' && value.length <= most && !/[\u0000-\u001f]/.test(value))
      return value;
    throw this.#wrong(name, 'must be a text', '必须是文本');
  }

  /** One text, or a list of them; empty when absent. */
  texts(name: string, most = 256): string[] {
    const value = this.#members[name];
    if (value === undefined) return [];
    const list: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (list.length > most || !list.every(item => typeof item === 'string' && item !== ''))
      throw this.#wrong(name, `must be a text or at most ${most} texts`, `必须是文本或至多 ${most} 个文本`);
    return list as string[];
  }

  boolean(name: string, otherwise: boolean): boolean {
    const value = this.#members[name] ?? otherwise;
    if (typeof value !== 'boolean') throw this.#wrong(name, 'must be true or false', '必须是 true 或 false');
    return value;
  }

  /** Complains about a member. */
  fail(name: string, en: string, zh: string): never {
    throw this.#wrong(name, en, zh);
  }

  #wrong(name: string, en: string, zh: string): ActionError {
    return bad(`"${name}" ${en}`, `“${name}”${zh}`);
  }
}

function bad(en: string, zh: string): ActionError {
  return new ActionError('bad_target', { en, zh });
}
