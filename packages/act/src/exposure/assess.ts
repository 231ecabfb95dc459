/** The exposure of this host: listeners × reachability × risk. */
import { execFile } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import { inventoryCollector } from '@redoubt/baseline/inventory';
import type { Bilingual } from '@redoubt/model';
import { type Scope, scopeOf } from '../network/scope.ts';
import type { NftObject } from '../nftables/nft.ts';
import { issuesOf } from './issues.ts';
import { answersAnybody } from './plain.ts';
import { hasLegacyRules, ReachJudge } from './reach.ts';
import type { ExposureItem, ExposureReport, Reach } from './report.ts';
import { serviceOf } from './services.ts';
import { askSshd } from './sshd.ts';
import { tlsFacts } from './tls.ts';

const run = promisify(execFile);
/** Handshakes with one listener after another; so many listeners are asked at the most. */
const askedAtMost = 256;

/** How a host is assessed. */
export interface AssessOptions {
  /** Talk to the listeners: TLS handshakes and harmless questions. True unless said otherwise. */
  readonly ask?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly now?: number;
}

/** One listener as the inventory tells it. */
interface Listener {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly program: string | undefined;
  readonly user: string;
}

/** Assesses the host that it runs on. As root it also knows whose each listener is. */
export async function assessExposure({
  ask = true,
  onProgress,
  now = Date.now(),
}: AssessOptions = {}): Promise<ExposureReport> {
  const limits: Bilingual[] = [];
  const listeners = await listenersOfHost();
  const judge = await reachJudge(limits);
  const items: ExposureItem[] = [];
  let asked = 0;
  for (const [at, listener] of listeners.entries()) {
    onProgress?.(at, listeners.length);
    const isAsked = ask && listener.protocol === 'tcp' && asked < askedAtMost;
    if (isAsked) asked++;
    items.push(await itemOf(listener, judge, isAsked, now));
  }
  if (ask && asked === askedAtMost)
    limits.push({
      en: `only ${askedAtMost} listeners were asked for TLS and authentication`,
      zh: `仅对 ${askedAtMost} 个监听端口检查了 TLS 和认证`,
    });
  const sshd = await askSshd();
  limits.push({
    en: 'firewalls outside this host, address translation, and ports of containers that are forwarded without a listener here are not judged',
    zh: '未判断主机之外的防火墙、地址转换，以及未在本机监听而直接转发的容器端口',
  });
  items.sort((a, b) => b.severity - a.severity || a.port - b.port);
  return { time: now, items, ...(sshd !== undefined && { sshd }), limits };
}

async function itemOf(
  { protocol, address, port, program, user }: Listener,
  judge: ReachJudge | undefined,
  isAsked: boolean,
  now: number,
): Promise<ExposureItem> {
  const service = serviceOf(protocol, port, program);
  const scope = effectiveScope(address);
  const reach: Reach =
    scope === 'loopback'
      ? 'closed'
      : (judge?.reach({ family: address.includes(':') ? 6 : 4, protocol, port }) ?? 'unknown');
  // A service that is known to speak something else is not bothered with a handshake that fills its log.
  const place = address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
  const mayTls = isAsked && (service === undefined || service.speaksTls === true);
  const tls = mayTls ? await tlsFacts(place, port) : undefined;
  const isOpenToAll =
    isAsked &&
    tls === undefined &&
    service !== undefined &&
    (await answersAnybody(service.name, place, port)) === true;
  const known = { protocol, address, port, scope, reach, program, user, ...(tls !== undefined && { tls }) };
  const issues = issuesOf({ ...known, service, isOpenToAll }, now);
  return { ...known, service: service?.name, issues, severity: issues[0]?.severity ?? 1 };
}

/** For all addresses: as far as the widest that this host has. */
export function effectiveScope(address: string, interfaces = networkInterfaces()): Scope {
  const scope = scopeOf(address);
  if (scope !== 'any') return scope;
  const own = Object.values(interfaces).flatMap(all => (all ?? []).map(one => scopeOf(one.address)));
  return own.includes('public') ? 'public' : own.includes('private') ? 'private' : 'link-local';
}

async function listenersOfHost(): Promise<Listener[]> {
  const found: Listener[] = [];
  for await (const { facts } of inventoryCollector('listeners').collect({ root: '/' })) {
    const program = facts['program'];
    found.push({
      protocol: String(facts['protocol']).startsWith('udp') ? 'udp' : 'tcp',
      address: String(facts['address']),
      port: Number(facts['port']),
      program: typeof program === 'string' && program !== '' ? program : undefined,
      user: String(facts['user'] ?? ''),
    });
  }
  return found;
}

/** The rules of this host; undefined, with the reason, where they cannot be known. */
async function reachJudge(limits: Bilingual[]): Promise<ReachJudge | undefined> {
  if (hasLegacyRules()) {
    limits.push({
      en: 'rules in the older tables of iptables (legacy) are not read: who gets through is not known',
      zh: '未读取 iptables（legacy）旧表中的规则：无法判断可达性',
    });
    return undefined;
  }
  try {
    const { stdout } = await run('nft', ['--json', 'list', 'ruleset'], {
      maxBuffer: 256 << 20,
      env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
    });
    return new ReachJudge((JSON.parse(stdout) as { nftables: NftObject[] }).nftables);
  } catch (error) {
    const words = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
    limits.push({
      en: `the packet filter cannot be read, so who gets through is not known: ${words}`,
      zh: `无法读取包过滤规则，可达性未知：${words}`,
    });
    return undefined;
  }
}
