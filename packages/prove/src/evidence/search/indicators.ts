/** What is looked for on other hosts: hashes, addresses, domains, paths, names of what starts by itself. */
import { isIP } from 'node:net';
import { EvidenceError } from '../error.ts';
import type { RecordedIncident } from '../incident.ts';

/** An indicator list, as it is carried from host to host. */
export interface Indicators {
  readonly format: 'redoubt-indicators';
  readonly version: 1;
  /** SHA-256, hexadecimal. */
  readonly hashes: readonly string[];
  readonly addresses: readonly string[];
  readonly domains: readonly string[];
  readonly paths: readonly string[];
  /** Names or parts of commands of what starts by itself. */
  readonly persistence: readonly string[];
}

const kinds = ['hashes', 'addresses', 'domains', 'paths', 'persistence'] as const;
const mostIndicators = 100_000;

/** A list out of single indicators, each once. */
export function indicatorsOf(parts: Partial<Record<(typeof kinds)[number], readonly string[]>>): Indicators {
  const unique = (name: (typeof kinds)[number]) => [...new Set(parts[name] ?? [])].sort();
  return {
    format: 'redoubt-indicators',
    version: 1,
    hashes: unique('hashes'),
    addresses: unique('addresses'),
    domains: unique('domains'),
    paths: unique('paths'),
    persistence: unique('persistence'),
  };
}

/**
 * Reads a list: JSON as `--export` writes it, or one indicator a line, whose kind is told by its form; what is neither a
 * hash, an address, a path nor a domain is a name of something that starts by itself.
 * @throws EvidenceError `indicators`
 */
export function parseIndicators(text: string, file: string): Indicators {
  const list = text.trimStart().startsWith('{') ? fromJson(text) : fromLines(text);
  const count = list === undefined ? 0 : kinds.reduce((sum, name) => sum + list[name].length, 0);
  if (list !== undefined && count > 0 && count <= mostIndicators) return list;
  throw new EvidenceError('indicators', {
    en: `${file} is no list of indicators (1 to ${mostIndicators})`,
    zh: `${file} 不是指标列表（1 至 ${mostIndicators} 个）`,
  });
}

function fromJson(text: string): Indicators | undefined {
  try {
    const value = JSON.parse(text) as Partial<Indicators>;
    if (value.format !== 'redoubt-indicators' || value.version !== 1) return undefined;
    for (const name of kinds) {
      const list: unknown = value[name] ?? [];
      if (!Array.isArray(list) || !list.every(one => typeof one === 'string' && one.length > 2))
        return undefined;
    }
    return indicatorsOf(value);
  } catch {
    return undefined;
  }
}

function fromLines(text: string): Indicators {
  const parts: Record<(typeof kinds)[number], string[]> = {
    hashes: [],
    addresses: [],
    domains: [],
    paths: [],
    persistence: [],
  };
  for (const line of text.split('\n').map(one => one.trim())) {
    if (line.length < 3 || line.startsWith('#')) continue;
    if (/^[0-9a-f]{64}$/i.test(line)) parts.hashes.push(line.toLowerCase());
    else if (isIP(line) !== 0) parts.addresses.push(line);
    else if (line.startsWith('/')) parts.paths.push(line);
    else if (
      /^(?:[a-z0-9_-]+\.)+[a-z]{2,}$/i.test(line) &&
      !/\.(?:service|timer|socket|path|sh|py)$/.test(line)
    )
      parts.domains.push(line.toLowerCase());
    else parts.persistence.push(line);
  }
  return indicatorsOf(parts);
}

/** Folders of the system's own programs, whose paths every host has. */
const ordinary = /^\/(?:usr\/(?:s?bin|lib(?:exec)?)|s?bin|lib(?:64)?|etc\/(?:passwd|shadow|hosts))(?:\/|$)/;

function isOutside(address: string): boolean {
  return isIP(address) !== 0 && !/^(?:127\.|0\.|::1?$|fe80:)/i.test(address);
}

/** What an incident's findings name that another host may have too. */
export function indicatorsOfIncident({ findings }: RecordedIncident): Indicators {
  const hashes: string[] = [];
  const addresses: string[] = [];
  const paths: string[] = [];
  for (const { process, file, src_endpoint, dst_endpoint } of findings.flatMap(
    ({ evidences }) => evidences,
  )) {
    for (const one of [process?.file, file]) {
      if (one?.path?.startsWith('/') && !ordinary.test(one.path)) {
        paths.push(one.path);
        for (const { value } of one.hashes ?? [])
          if (/^[0-9a-f]{64}$/i.test(value)) hashes.push(value.toLowerCase());
      }
    }
    for (const address of [src_endpoint?.ip, dst_endpoint?.ip])
      if (address !== undefined && isOutside(address)) addresses.push(address);
  }
  return indicatorsOf({ hashes, addresses, paths });
}
