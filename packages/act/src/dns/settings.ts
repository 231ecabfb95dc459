/** The settings of the DNS firewall. */
import { isIP } from 'node:net';
import { LadderError } from '../ladder/protection.ts';
import { networksOf } from './access.ts';
import { type ListFormat, listFormats, listName } from './list-file.ts';
import type { BlockList } from './name-policy.ts';
import type { BlockAnswer } from './resolver.ts';
import { parseUpstream } from './upstream-place.ts';

/** What it blocks, where it listens, whom it asks. */
export interface DnsSettings {
  /** The first counts most. */
  readonly lists: readonly BlockList[];
  /** Names that are never blocked, with all below them; `*.name` for those below alone. */
  readonly allow: readonly string[];
  /** Whether the domains of the indicator library block too, after the lists. */
  readonly indicators: boolean;
  readonly answer: BlockAnswer;
  readonly address: string;
  readonly port: number;
  /** `192.0.2.1`, `tls://192.0.2.1#name`, `https://192.0.2.1/dns-query#name`; empty for the host's own resolvers. */
  readonly upstreams: readonly string[];
  /** Networks that may ask beside this host and its own networks. */
  readonly networks: readonly string[];
  /** Queries a second from one address; 0 for no limit. */
  readonly rate: number;
  /** Whether this host itself is told to ask the firewall. */
  readonly point: boolean;
}

export const dnsDefaults: DnsSettings = {
  lists: [],
  allow: [],
  indicators: true,
  answer: 'nxdomain',
  address: '127.0.0.55',
  port: 53,
  upstreams: [],
  networks: [],
  rate: 5000,
  point: true,
};

const answers: readonly BlockAnswer[] = ['nxdomain', 'nodata', 'zero'];

/** Checks settings from outside. Absent ones are the default. @throws LadderError `bad_settings` */
export function parseDnsSettings(given: unknown): DnsSettings {
  if (!isObject(given)) throw bad('settings', 'must be a mapping', '应为映射');
  const known = Object.keys(dnsDefaults);
  const unknown = Object.keys(given).find(key => !known.includes(key));
  if (unknown !== undefined) throw bad(unknown, 'is not known', '不认识');
  const all = { ...dnsDefaults, ...given } as Record<keyof DnsSettings, unknown>;
  const answer = answers.find(one => one === all.answer);
  if (answer === undefined)
    throw bad('answer', 'must be nxdomain, nodata or zero', '应为 nxdomain、nodata 或 zero');
  if (typeof all.address !== 'string' || isIP(all.address) === 0)
    throw bad('address', 'must be an IP address', '应为 IP 地址');
  return {
    lists: array(all.lists, 'lists', 64).map(parseList),
    allow: texts(
      all.allow,
      'allow',
      10_000,
      one => listName(one.replace(/^\*\./, '')) !== undefined,
      'a host name',
      '主机名',
    ),
    indicators: flag(all.indicators, 'indicators'),
    answer,
    address: all.address,
    port: whole(all.port, 'port', 1, 65_535),
    upstreams: texts(
      all.upstreams,
      'upstreams',
      16,
      one => parseUpstream(one) !== undefined,
      'an address, tls://ADDRESS#NAME or https://ADDRESS/PATH#NAME',
      '地址、tls://地址#名称 或 https://地址/路径#名称',
    ),
    networks: texts(
      all.networks,
      'networks',
      64,
      isNetwork,
      'a network such as 10.0.0.0/8',
      '网段，例如 10.0.0.0/8',
    ),
    rate: whole(all.rate, 'rate', 0, 1_000_000),
    point: flag(all.point, 'point'),
  };
}

function parseList(given: unknown, at: number): BlockList {
  const where = `lists[${at}]`;
  if (!isObject(given)) throw bad(where, 'must be a mapping', '应为映射');
  const { path, format, name = path } = given;
  if (typeof path !== 'string' || !path.startsWith('/') || path.length > 4095 || path.includes('\0'))
    throw bad(`${where}.path`, 'must be an absolute path', '应为绝对路径');
  if (!listFormats.includes(format as ListFormat))
    throw bad(
      `${where}.format`,
      `must be one of ${listFormats.join(', ')}`,
      `应为 ${listFormats.join('、')} 之一`,
    );
  if (typeof name !== 'string' || name.length > 200) throw bad(`${where}.name`, 'must be a text', '应为文字');
  return { path, format: format as ListFormat, name };
}

function isNetwork(text: string): boolean {
  try {
    networksOf([text]);
    return true;
  } catch {
    return false;
  }
}

function array(given: unknown, name: string, most: number): unknown[] {
  if (Array.isArray(given) && given.length <= most) return given;
  throw bad(name, `must be a list of at most ${most}`, `应为不超过 ${most} 项的列表`);
}

function texts(
  given: unknown,
  name: string,
  most: number,
  fits: (text: string) => boolean,
  en: string,
  zh: string,
): string[] {
  return array(given, name, most).map((one, at) => {
    if (typeof one === 'string' && fits(one)) return one;
    throw bad(`${name}[${at}]`, `must be ${en}`, `应为${zh}`);
  });
}

function whole(given: unknown, name: string, min: number, max: number): number {
  if (Number.isInteger(given) && (given as number) >= min && (given as number) <= max) return given as number;
  throw bad(name, `must be a whole number from ${min} to ${max}`, `应为 ${min} 到 ${max} 的整数`);
}

function flag(given: unknown, name: string): boolean {
  if (typeof given === 'boolean') return given;
  throw bad(name, 'must be true or false', '应为 true 或 false');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(name: string, en: string, zh: string): LadderError {
  return new LadderError('bad_settings', { en: `${name} ${en}`, zh: `${name} ${zh}` });
}
