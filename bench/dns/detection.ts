/** How well generated names and tunnels are told from ordinary ones. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type DnsSighting, GeneratedWatch, NameModel, namePartsOf, TunnelWatch } from '@redoubt/detect/dns';
import { isHeld, lawfulHosts, lawfulLabels } from '../../packages/detect/src/dns/train/lawful.ts';
import { schemes } from './schemes.ts';

/** Counts of a judgement with known truth. */
export interface Truth {
  readonly positives: number;
  readonly found: number;
}

export interface DetectionResult {
  readonly labels: {
    readonly lawful: Truth;
    readonly schemes: Readonly<Record<string, Truth>>;
    precision: number;
    recall: number;
  };
  readonly bursts: { readonly lawful: Truth; readonly schemes: Readonly<Record<string, Truth>> };
  readonly tunnels: { readonly lawful: Truth; readonly kinds: Readonly<Record<string, Truth>> };
}

const namesEach = 2_000;
const burstsEach = 50;
/** Names that a burst asks for before it would find the one that exists. */
const burstLength = 60;
const wordFile = '/usr/share/dict/words';

function dictionary(): string[] {
  const words = existsSync(wordFile) ? readFileSync(wordFile, 'utf8').split('\n') : lawfulLabels();
  return words.map(word => word.toLowerCase()).filter(word => /^[a-z]{4,9}$/.test(word));
}

function sighting(name: string, more: Partial<DnsSighting>): DnsSighting {
  return { time: 0, isAnswer: false, name, type: 'A', answers: [], asker: '1:1', ...more };
}

const missing = (name: string): DnsSighting => sighting(name, { isAnswer: true, rcode: 'NXDOMAIN' });

function burstFound(model: NameModel, names: Iterable<string>): boolean {
  const watch = new GeneratedWatch(model);
  for (const name of names) if (watch.see(missing(name)) !== undefined) return true;
  return false;
}

const random = (seed: string, length: number): string =>
  createHash('shake256', { outputLength: Math.ceil(length / 2) })
    .update(seed)
    .digest('hex')
    .slice(0, length);
const base32 = (seed: string, length: number): string =>
  Array.from(
    createHash('shake256', { outputLength: length }).update(seed).digest(),
    byte => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31],
  ).join('');

/** Questions as published tunnels send them: the encoding and type of each; the data is a hash of a counter. */
const tunnels: Readonly<Record<string, (run: number, at: number) => DnsSighting>> = {
  'base32 in A, long': (run, at) =>
    sighting(`${base32(`${run} ${at}`, 50)}.${base32(`${at}`, 40)}.t${run}.example.com`, {}),
  'base32 in NULL': (run, at) =>
    sighting(`${base32(`${run} ${at}`, 60)}.t${run}.example.com`, { type: 'NULL' }),
  'hexadecimal in TXT': (run, at) =>
    sighting(`${random(`${run} ${at}`, 48)}.t${run}.example.com`, { type: 'TXT' }),
  'hexadecimal in MX, CNAME': (run, at) =>
    sighting(`${random(`${run} ${at}`, 32)}.t${run}.example.com`, { type: at % 2 === 0 ? 'MX' : 'CNAME' }),
  'short polls in TXT': (run, at) =>
    sighting(`${random(`${run} ${at}`, 12)}.t${run}.example.com`, { type: 'TXT' }),
  'slow: base32 in A, 12 names an hour': (run, at) =>
    sighting(`${base32(`${run} ${at}`, 48)}.t${run}.example.com`, { time: at * 300_000 }),
  'slow: hexadecimal in TXT, 8 names an hour': (run, at) =>
    sighting(`${random(`${run} ${at}`, 40)}.t${run}.example.com`, { type: 'TXT', time: at * 450_000 }),
  'a file in pieces of 24': (run, at) => sighting(`${base32(`${run} ${at}`, 24)}.${at}.example.com`, {}),
};
const tunnelRuns = 20;
const tunnelQuestions = 300;

function tunnelsFound(): Record<string, Truth> {
  return Object.fromEntries(
    Object.entries(tunnels).map(([name, make]) => {
      let found = 0;
      for (let run = 0; run < tunnelRuns; run++) {
        const watch = new TunnelWatch();
        if (
          Array.from({ length: tunnelQuestions }, (_, at) => watch.see(make(run, at))).some(
            one => one !== undefined,
          )
        )
          found++;
      }
      return [name, { positives: tunnelRuns, found }];
    }),
  );
}

/** Ordinary questions: every host of Debian's lists in an hour and again in a day, block lists of addresses, and many sites of one domain. */
function lawfulTunnels(hosts: readonly string[]): Truth {
  const watch = new TunnelWatch();
  const domains = new Set<string>();
  const told = new Set<string>();
  let time = 0;
  let spacing = 0;
  const ask = (name: string, type = 'A'): void => {
    time += spacing;
    const { registered } = namePartsOf(name);
    domains.add(registered);
    if (watch.see(sighting(name, { type, time })) !== undefined) told.add(registered);
  };
  const all = (): void => {
    for (const host of hosts) for (const type of ['A', 'AAAA']) ask(host, type);
    for (let at = 0; at < 5000; at++) ask(`${at % 251}.${at % 13}.${at % 7}.192.blocklist.example`);
    for (const [at, host] of hosts.entries()) if (at < 5000) ask(`${host.split('.')[0]}.sites.example`);
  };
  // Once within an hour, once over a day.
  spacing = 3_600_000 / (2 * hosts.length + 10_000);
  all();
  spacing *= 24;
  all();
  return { positives: domains.size, found: told.size };
}

export function measureDetection(): DetectionResult {
  const model = NameModel.load();
  const words = dictionary();
  const held = lawfulLabels().filter(label => isHeld(label, 'bench') && label.length >= 2);
  const hosts = lawfulHosts();
  const odd = held.filter(label => model.looksGenerated(label)).length;
  const perScheme: Record<string, Truth> = {};
  const perBurst: Record<string, Truth> = {};
  for (const { name, make } of schemes) {
    const labels = Array.from({ length: namesEach }, (_, index) => make(20_260_101, index, words));
    perScheme[name] = {
      positives: labels.length,
      found: labels.filter(label => model.looksGenerated(label)).length,
    };
    const bursts = Array.from({ length: burstsEach }, (_, run) =>
      Array.from({ length: burstLength }, (_, index) => `${make(run * 7 + 3, index, words)}.com`),
    );
    perBurst[name] = {
      positives: burstsEach,
      found: bursts.filter(names => burstFound(model, names)).length,
    };
  }
  const found = Object.values(perScheme).reduce((sum, one) => sum + one.found, 0);
  const all = Object.values(perScheme).reduce((sum, one) => sum + one.positives, 0);
  // A host whose lawful names all fail at once: the resolver answers NXDOMAIN for everything.
  const heldNames = held.map(label => `${label}.org`);
  const lawfulBursts = Array.from({ length: Math.floor(heldNames.length / burstLength) }, (_, at) =>
    heldNames.slice(at * burstLength, (at + 1) * burstLength),
  );
  return {
    labels: {
      lawful: { positives: held.length, found: odd },
      schemes: perScheme,
      // As if one name in two were generated, so that the numbers do not hang on how many of each there are.
      precision: found / all / (found / all + odd / held.length),
      recall: found / all,
    },
    bursts: {
      lawful: {
        positives: lawfulBursts.length,
        found: lawfulBursts.filter(names => burstFound(model, names)).length,
      },
      schemes: perBurst,
    },
    tunnels: { lawful: lawfulTunnels(hosts), kinds: tunnelsFound() },
  };
}
