/** What of a finding can tie it to another. */
import type { Finding, Process, ProcessEntity } from '@redoubt/model';
import type { Facts } from '../story/facts.ts';
import { addressOf, domainOf, hostOf, isPrivate } from './address.ts';
import type { Names } from './directory.ts';
import { isHub } from './hubs.ts';
import { identityOf, isPersonalUid } from './identity.ts';

/**
 * What a key is of. `process` (a process or an ancestor below its session or service leader), `session` and
 * `hash` tie two findings by themselves; `address` does so when one of the two is at least of medium severity.
 * The others are weak: it takes two of different families.
 */
export type Family =
  | 'process'
  | 'session'
  | 'hash'
  | 'address'
  | 'identity'
  | 'place'
  | 'object'
  | 'domain'
  | 'technique';

/** One key: two findings with equal texts share it. */
export interface Key {
  readonly family: Family;
  readonly text: string;
}

/** What is known of the surroundings of the findings. */
export interface KeyContext {
  /** Names for addresses and identifiers. */
  readonly names: Names;
  /** Addresses that everything talks to or through: resolvers, proxies, load balancers. */
  readonly hubAddresses: ReadonlySet<string>;
}

/** Ancestors looked at. */
const deepest = 32;
/** Keys taken of one finding; beyond that the rest is left out. */
const keyLimit = 64;
const mediumSeverity = 3;
/** SHA-256, SHA-1 and MD5 of nothing. */
const emptyDigests = new Set([
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'd41d8cd98f00b204e9800998ecf8427e',
]);
/** Programs in these folders belong to the system where no package is named: their hashes are everyone's. */
const systemFolder = /^(?:\/(?:usr\/)?(?:s?bin|lib(?:exec|64|32)?)\/|c:\\windows\\|c:\\program files)/i;
/** Logon sessions of Windows itself: SYSTEM, LOCAL SERVICE, NETWORK SERVICE, anonymous. */
const systemLogons = new Set(['0x0', '0x3e3', '0x3e4', '0x3e5', '0x3e6', '0x3e7']);
/** Files that everything touches. */
const commonFile = /^\/(?:dev|proc|sys)\//;

/** Whether a severity makes a shared remote address reason enough. */
export function isGrave(severity: number): boolean {
  return severity >= mediumSeverity;
}

/** The keys of a finding. */
export function keysOf(finding: Finding, facts: Facts, context: KeyContext): Key[] {
  const keys = new Map<string, Key>();
  const add = (family: Family, ...parts: (string | undefined)[]): void => {
    if (parts.some(part => part === undefined || part === '') || keys.size >= keyLimit) return;
    const text = `${family}|${parts.join('|')}`;
    keys.set(text, { family, text });
  };
  const machine = finding.device?.uid ?? facts.hostname?.toLowerCase();
  for (const { process } of finding.evidences) {
    if (process === undefined) continue;
    for (const { uid, created_time: start } of branchOf(process)) {
      // A boot may give a process the name that another had in the boot before; not the same start as well.
      add('process', machine, uid, String(Math.round((start ?? 0) / 3_600_000)));
    }
    if (process.auid !== undefined && process.auid < 0xffff_ffff)
      add('session', machine, String(process.auid), process.session?.uid);
    if (isPersonalUid(process.auid)) add('identity', `uid ${process.auid}`, machine);
    const uid = Number(process.user?.uid);
    if (process.user?.name === undefined && isPersonalUid(uid)) add('identity', `uid ${uid}`, machine);
    if (process.container?.uid !== undefined) add('place', 'container', process.container.uid);
  }
  for (const logon of facts.logons) if (!systemLogons.has(logon)) add('session', machine, logon);
  for (const hash of hashesOf(finding)) add('hash', hash);
  for (const account of facts.accounts) {
    if (account.isSystem) continue;
    add('identity', identityOf(account.name)?.name);
    add('identity', identityOf(context.names.accountOf(account.name))?.name);
  }
  addPlaces(facts, context, add);
  for (const path of facts.paths) if (!commonFile.test(path)) add('object', machine, path);
  for (const name of facts.names) add('domain', domainOf(name));
  for (const technique of facts.techniques) add('technique', technique);
  return [...keys.values()];
}

/** The process and its ancestors, up to where a hub begins. */
function branchOf(process: Process): ProcessEntity[] {
  const chain: ProcessEntity[] = [process, ...(process.ancestry ?? [process.parent_process ?? []].flat())];
  const branch: ProcessEntity[] = [];
  for (let depth = 0; depth < Math.min(chain.length, deepest); depth++) {
    const one = chain[depth];
    if (one === undefined || isHub(one, chain[depth + 1])) break;
    branch.push(one);
  }
  return branch;
}

/** Digests of the files that a finding is about, unless the distribution or the system brought them. */
function hashesOf({ evidences }: Finding): string[] {
  const digests: string[] = [];
  for (const { process, file } of evidences) {
    const program = process?.file;
    const isCommon = program?.package !== undefined || systemFolder.test(program?.path ?? '');
    const files = isCommon && !program?.is_memfd && !program?.is_deleted ? [file] : [file, program];
    for (const one of files) {
      if (one === undefined || one.package !== undefined) continue;
      for (const { value } of one.hashes ?? []) {
        const digest = value.toLowerCase();
        if (!emptyDigests.has(digest)) digests.push(digest);
      }
    }
  }
  return digests;
}

function addPlaces(
  facts: Facts,
  context: KeyContext,
  add: (family: Family, ...parts: (string | undefined)[]) => void,
): void {
  add('place', 'host', hostOf(facts.hostname));
  for (const { address: text, hostname, aside } of facts.remotes) {
    const address = addressOf(text);
    const named = hostOf(hostname);
    if (named !== undefined) add('place', 'host', named);
    if (address === undefined || context.hubAddresses.has(address)) continue;
    for (const host of context.names.hostsOf(address)) add('place', 'host', host);
    if (isPrivate(address)) add('place', 'host', address);
    // The attacked end of a connection that a third party saw: a server of one's own is a place only.
    if (!(aside && isPrivate(address))) add('address', address);
  }
}
