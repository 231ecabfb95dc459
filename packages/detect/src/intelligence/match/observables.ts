/** What of an event can be looked up, by kind of event. */
import type { EventKind, EventView, FieldValue } from '@redoubt/model';
import type { DigestKind } from '../kinds.ts';
import type { Hit, IndicatorSet } from '../set/indicator-set.ts';
import { comparableName } from '../value/name.ts';
import { comparableUrl } from '../value/url.ts';

/** Looks one value up and adds what it finds. @returns whether the value is one that can be looked up */
type Find = (set: IndicatorSet, value: string, view: EventView, hits: Hit[]) => boolean;

/** An attribute that can be looked up. */
export interface Observable {
  /** OCSF attribute path. */
  readonly field: string;
  /** What the attribute is called in sentences. */
  readonly words: readonly [en: string, zh: string];
  /** Whether a set has any indicator that it could be. */
  readonly concerns: (set: IndicatorSet) => boolean;
  readonly find: Find;
  /** The value, where it is not simply the attribute's. */
  readonly read?: (view: EventView) => FieldValue;
}

const hasAddresses = (set: IndicatorSet) => set.count('ipv4') + set.count('ipv6') > 0;
const hasNames = (set: IndicatorSet) => set.count('domain') + set.count('domain_tree') > 0;
const hasDigests = (set: IndicatorSet) => set.count('md5') + set.count('sha1') + set.count('sha256') > 0;

function address(end: 'src' | 'dst', words: readonly [string, string]): Observable {
  const portField = `${end}_endpoint.port`;
  return {
    field: `${end}_endpoint.ip`,
    words,
    concerns: hasAddresses,
    find: (set, value, view, hits) => {
      const port = view.get(portField);
      set.matchAddress(value, typeof port === 'number' ? port : 0, hits);
      return true;
    },
  };
}

const findName: Find = (set, value, _, hits) => {
  const name = comparableName(value);
  if (name === undefined) return false;
  set.matchName(name, hits);
  return true;
};

function name(field: string, words: readonly [string, string]): Observable {
  return { field, words, concerns: hasNames, find: findName };
}

/** Data of answers is an address, or a name (CNAME, MX …), or something else. */
function answers(field: string): Observable {
  return {
    field,
    words: ['the answer', '解析结果'],
    concerns: set => hasAddresses(set) || hasNames(set),
    find: (set, value, view, hits) => {
      const before = hits.length;
      set.matchAddress(value, 0, hits);
      return hits.length > before || findName(set, value, view, hits);
    },
  };
}

const digestByLength: Readonly<Record<number, DigestKind>> = { 32: 'md5', 40: 'sha1', 64: 'sha256' };

const findDigest: Find = (set, value, _, hits) => {
  const kind = digestByLength[value.length];
  if (kind === undefined) return false;
  set.matchDigest(kind, value, hits);
  return true;
};

function digest(field: string, words: readonly [string, string]): Observable {
  return { field, words, concerns: hasDigests, find: findDigest };
}

/** Sysmon's `SHA256=…,MD5=…`. */
const sysmonHashes: Observable = {
  field: 'unmapped.Hashes',
  words: ['the program’s digest', '程序摘要'],
  concerns: hasDigests,
  find: findDigest,
  read: view => {
    const text = view.get('unmapped.Hashes');
    return typeof text === 'string'
      ? (text.slice(0, 1_024).match(/(?<==)[0-9A-Fa-f]{32,64}\b/g) ?? undefined)
      : undefined;
  },
};

function certificate(field: string): Observable {
  return {
    field,
    words: ['the server’s certificate', '服务器证书'],
    concerns: set => set.count('certificate_sha1') + set.count('certificate_sha256') > 0,
    find: (set, value, _, hits) => {
      const text = value.replaceAll(':', '');
      const kind = text.length === 40 ? 'certificate_sha1' : 'certificate_sha256';
      set.matchDigest(kind, text, hits);
      return true;
    },
  };
}

function fingerprint(kind: 'ja3' | 'ja4', field: string): Observable {
  return {
    field,
    words: ['the TLS client fingerprint', 'TLS 客户端指纹'],
    concerns: set => set.count(kind) > 0,
    find: (set, value, _, hits) => {
      if (kind === 'ja3') set.matchDigest('ja3', value, hits);
      else set.matchJa4(value.toLowerCase(), hits);
      return true;
    },
  };
}

const url: Observable = {
  field: 'http_request.url',
  words: ['the URL asked for', '请求的 URL'],
  concerns: set => set.count('url') > 0,
  find: (set, value, _, hits) => {
    const comparable = comparableUrl(value);
    if (comparable === undefined) return false;
    set.matchUrl(comparable.text, hits);
    return true;
  },
  read: view => {
    const whole = view.get('http_request.url.url_string');
    if (typeof whole === 'string' && /^[a-z]+:\/\//i.test(whole)) return whole;
    const host = view.get('http_request.url.hostname');
    if (typeof host !== 'string') return undefined;
    const query = view.get('http_request.url.query_string');
    const path = view.get('http_request.url.path');
    return `${host}${typeof path === 'string' ? path : '/'}${typeof query === 'string' ? `?${query}` : ''}`;
  },
};

const program = digest('process.file.hashes.value', ['the program’s digest', '程序摘要']);
const source = address('src', ['the source address', '源地址']);
const destination = address('dst', ['the destination address', '目的地址']);
const asked = name('query.hostname', ['the name asked for', '查询的域名']);
const host = name('dst_endpoint.hostname', ['the host talked to', '访问的主机名']);
const requestHost = name('http_request.url.hostname', ['the host talked to', '访问的主机名']);

/** What network monitors say in their own fields (Suricata EVE, Zeek with its JA4 package). */
const monitored: readonly Observable[] = [
  fingerprint('ja4', 'unmapped.tls.ja4'),
  fingerprint('ja4', 'unmapped.ja4'),
  fingerprint('ja3', 'unmapped.tls.ja3.hash'),
  fingerprint('ja3', 'unmapped.ja3'),
  certificate('unmapped.tls.fingerprint'),
  certificate('unmapped.fingerprint'),
  name('unmapped.tls.sni', ['the TLS server name', 'TLS 服务器名']),
  name('unmapped.server_name', ['the TLS server name', 'TLS 服务器名']),
  digest('unmapped.fileinfo.sha256', ['the file’s digest', '文件摘要']),
  digest('unmapped.fileinfo.sha1', ['the file’s digest', '文件摘要']),
  digest('unmapped.fileinfo.md5', ['the file’s digest', '文件摘要']),
  digest('unmapped.sha256', ['the file’s digest', '文件摘要']),
  digest('unmapped.sha1', ['the file’s digest', '文件摘要']),
  digest('unmapped.md5', ['the file’s digest', '文件摘要']),
];

const peers = [destination, source] as const;
const file = digest('file.hashes.value', ['the file’s digest', '文件摘要']);

const byKind: Readonly<Partial<Record<EventKind, readonly Observable[]>>> = {
  'process.exec': [program, sysmonHashes],
  'file.create': [file],
  'file.write': [file],
  'kernel.module_load': [
    digest('driver.file.hashes.value', ['the module’s digest', '模块摘要']),
    sysmonHashes,
  ],
  'network.connect': [...peers, host],
  'network.accept': peers,
  'network.udp_send': peers,
  'network.traffic': [...peers, host, ...monitored],
  'ids.alert': [...peers, host, ...monitored],
  'dns.query': [asked, ...peers],
  'dns.answer': [asked, answers('answers.rdata'), answers('unmapped.dns.answers.rdata'), ...peers],
  'http.request': [...peers, requestHost, url, ...monitored],
  'auth.logon': [source],
  'auth.ticket': [source],
  'auth.service_ticket': [source],
  'api.call': [source],
  'log.record': [...peers, host, ...monitored],
};

/** What of an event of this kind can be looked up in the set; nothing for most kinds. */
export function observablesOf(kind: EventKind, set: IndicatorSet): readonly Observable[] {
  return (byKind[kind] ?? []).filter(observable => observable.concerns(set));
}

/**
 * Kinds of events that have something to look up in the set. A hunt over history need not read the others, which
 * are nearly all.
 */
export function observableKinds(set: IndicatorSet): EventKind[] {
  return (Object.keys(byKind) as EventKind[]).filter(kind => observablesOf(kind, set).length > 0);
}
