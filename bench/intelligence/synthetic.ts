/**
 * Synthetic feeds: digests of counters, addresses of private and documentation ranges, names below reserved
 * top-level domains. Nothing in them is real.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

/** Values of a kind by number; each number gives another value. */
const makers: Readonly<Record<string, (n: number) => string>> = {
  sha256: n => createHash('sha256').update(`sample ${n}`).digest('hex'),
  sha1: n => createHash('sha1').update(`sample ${n}`).digest('hex'),
  md5: n => createHash('md5').update(`sample ${n}`).digest('hex'),
  domain: n => `host${n.toString(36)}.site${(n % 9973).toString(36)}.example`,
  domain_tree: n => `bad-${n.toString(36)}.test`,
  ipv4: n => `10.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`,
  network: n => `172.${16 + ((n >>> 12) & 15)}.${(n >>> 4) & 255}.${(n & 15) << 4}/28`,
  ipv6: n => `2001:db8:${((n >>> 16) & 0xffff).toString(16)}:${(n & 0xffff).toString(16)}::1`,
  url: n => `http://files${(n % 5003).toString(36)}.example/drop/${n.toString(36)}/payload.bin`,
};
/** Parts of a hundred that each kind has. */
export const shares: readonly (readonly [kind: string, share: number])[] = [
  ['sha256', 25],
  ['sha1', 5],
  ['md5', 10],
  ['domain', 15],
  ['domain_tree', 10],
  ['ipv4', 15],
  ['network', 1],
  ['ipv6', 4],
  ['url', 15],
];

/** How many indicators of a hundredth share there are among `wanted`. */
export const countOf = (wanted: number, share: number): number => Math.floor((wanted * share) / 100);
/** Makes the values of a kind. */
export const maker = (kind: string): ((n: number) => string) => makers[kind] ?? (() => '');

/** Writes a plain list of about `wanted` indicators. */
export async function writePlain(path: string, wanted: number): Promise<void> {
  const file = createWriteStream(path);
  for (const [kind, share] of shares) {
    const make = maker(kind);
    for (let n = 0; n < countOf(wanted, share); ) {
      let block = '';
      for (const end = Math.min(n + 5_000, countOf(wanted, share)); n < end; n++) block += `${make(n)}\n`;
      if (!file.write(block)) await once(file, 'drain');
    }
  }
  file.end();
  await once(file, 'close');
}

const stixPaths: Readonly<Record<string, string>> = {
  sha256: "file:hashes.'SHA-256'",
  sha1: "file:hashes.'SHA-1'",
  md5: 'file:hashes.MD5',
  ipv4: 'ipv4-addr:value',
  network: 'ipv4-addr:value',
  ipv6: 'ipv6-addr:value',
  url: 'url:value',
};

/** Writes a STIX 2.1 bundle of about `wanted` indicators. */
export async function writeStix(path: string, wanted: number): Promise<void> {
  const file = createWriteStream(path);
  file.write('{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[');
  let comma = '';
  for (const [kind, share] of shares) {
    const make = maker(kind);
    for (let n = 0; n < countOf(wanted, share); n++) {
      const id = `indicator--${n.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
      const object = {
        type: 'indicator',
        spec_version: '2.1',
        id,
        created: '2026-01-01T00:00:00.000Z',
        modified: '2026-01-01T00:00:00.000Z',
        name: `Synthetic ${kind} of campaign ${n % 500}`,
        indicator_types: ['malicious-activity'],
        pattern: `[${stixPaths[kind] ?? 'domain-name:value'} = '${make(n)}']`,
        pattern_type: 'stix',
        valid_from: '2026-01-01T00:00:00Z',
        confidence: 50 + (n % 50),
        kill_chain_phases: [{ kill_chain_name: 'mitre-attack', phase_name: 'command-and-control' }],
      };
      if (!file.write(`${comma}${JSON.stringify(object)}`)) await once(file, 'drain');
      comma = ',\n';
    }
  }
  file.end(']}');
  await once(file, 'close');
}
