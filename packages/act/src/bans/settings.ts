/** What an operator can set of bans as a protection; jails are files of their own. */

import { parseNetwork } from '../address/address.ts';
import { LadderError } from '../ladder/index.ts';

/** Settings of the protection `bans`. */
export interface BanSettings {
  /** Names of the jails that count; all enabled ones when undefined. */
  readonly jails?: readonly string[];
  /** Addresses and networks that are never banned. */
  readonly allow: readonly string[];
  /**
   * Whether a ban asks that the kernel has seen the address: `auto` where the kernel sensor runs, `required` always,
   * `off` never.
   */
  readonly evidence: 'auto' | 'required' | 'off';
  /** Files, or addresses of web servers, with decisions of other hosts, read every few minutes. */
  readonly lists: readonly string[];
}

/** Settings of a host where nobody has set any. */
export const defaultSettings: BanSettings = { allow: [], evidence: 'auto', lists: [] };

const textLimit = 1_000;

/** Checks settings from outside. @throws LadderError `bad_settings` naming the setting */
export function parseSettings(value: unknown): BanSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('settings must be an object', '设置应为对象');
  const { jails, allow = [], evidence = 'auto', lists = [], ...rest } = value as Record<string, unknown>;
  const [strange] = Object.keys(rest);
  if (strange !== undefined) throw bad(`"${strange}" is no setting of bans`, `“${strange}”不是封禁的设置项`);
  const networks = texts('allow', allow);
  for (const text of networks)
    if (parseNetwork(text) === undefined)
      throw bad(`allow: "${text}" is no address or network`, `allow：“${text}”不是地址或网络`);
  if (evidence !== 'auto' && evidence !== 'required' && evidence !== 'off')
    throw bad('evidence must be auto, required or off', 'evidence 应为 auto、required 或 off');
  const places = texts('lists', lists);
  for (const place of places)
    if (!/^(?:\/|https?:\/\/)/.test(place))
      throw bad(`lists: "${place}" must begin with / or http`, `lists：“${place}”应以 / 或 http 开头`);
  return {
    ...(jails !== undefined && { jails: texts('jails', jails) }),
    allow: networks,
    evidence,
    lists: places,
  };
}

function texts(name: string, value: unknown): string[] {
  const isList = Array.isArray(value) && value.length <= 10_000;
  if (isList && value.every(one => typeof one === 'string' && one !== '' && one.length <= textLimit))
    return [...value];
  throw bad(`${name} must be a list of texts`, `${name} 应为文本列表`);
}

function bad(en: string, zh: string): LadderError {
  return new LadderError('bad_settings', { en, zh });
}
