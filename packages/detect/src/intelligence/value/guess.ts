/** What a value is, by what a feed calls it or by its form. */
import type { CandidateKind } from '../kinds.ts';
import { addressWords, networkOf } from './address.ts';

/** JA4 (FoxIO, "JA4+ technical details"): ten characters, then two truncated SHA-256. */
export const ja4Pattern = /^[tqd][0-9a-z]{2}[di]\d{4}[0-9a-z]{2}_[0-9a-f]{12}_[0-9a-f]{12}$/;

/** Longest domain name that is looked at, characters; one of 253 bytes may be longer while it is not ASCII. */
const longestName = 1_024;
/** Longest IPv6 address with zone and port, characters. */
const longestAddress = 80;

/** Names that feeds use in a type column, letters and digits only. */
const names: Readonly<Record<string, CandidateKind>> = {
  md5: 'md5',
  md5hash: 'md5',
  filehashmd5: 'md5',
  sha1: 'sha1',
  sha1hash: 'sha1',
  filehashsha1: 'sha1',
  sha256: 'sha256',
  sha256hash: 'sha256',
  filehashsha256: 'sha256',
  ip: 'address',
  ipport: 'address',
  ipaddress: 'address',
  ipv4: 'address',
  ipv6: 'address',
  ipv4addr: 'address',
  ipv6addr: 'address',
  ipdst: 'address',
  ipsrc: 'address',
  cidr: 'address',
  domain: 'domain',
  domainname: 'domain',
  hostname: 'domain',
  host: 'domain',
  fqdn: 'domain',
  url: 'url',
  uri: 'url',
  ja3: 'ja3',
  ja3fingerprint: 'ja3',
  ja3fingerprintmd5: 'ja3',
  ja4: 'ja4',
  ja4fingerprint: 'ja4',
  x509fingerprintsha1: 'certificate_sha1',
  x509fingerprintsha256: 'certificate_sha256',
};

/** The kind that a feed's name of a type stands for (`SHA256`, `ip:port`, `IPv4-Addr`); undefined if unknown. */
export function kindOfName(name: string): CandidateKind | undefined {
  const key = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return Object.hasOwn(names, key) ? names[key] : undefined;
}

/**
 * The kind of a value by its form alone. Forty hexadecimal digits are a SHA-1 of a file, thirty-two an MD5.
 * @param value without defanging
 */
export function kindOfForm(value: string): CandidateKind | undefined {
  if (/^[0-9a-f]+$/i.test(value)) {
    if (value.length === 32) return 'md5';
    if (value.length === 40) return 'sha1';
    if (value.length === 64) return 'sha256';
  }
  if (/^[a-z][a-z0-9+.-]{1,20}:\/\//i.test(value)) return 'url';
  if (splitPort(value) !== undefined || networkOf(value) !== undefined) return 'address';
  if (ja4Pattern.test(value)) return 'ja4';
  if (/\s/.test(value)) return undefined;
  const slash = value.indexOf('/');
  if (slash >= 0) return value.slice(0, slash).includes('.') ? 'url' : undefined;
  const isName = value.length <= longestName && /^[^:@"'<>,;]+$/.test(value) && /[^\d.]/.test(value);
  return isName && value.includes('.', 1) ? 'domain' : undefined;
}

/** An address with a port: `192.0.2.1:443`, `192.0.2.1|443`, `[2001:db8::1]:443`; undefined without a port. */
export function splitPort(value: string): { readonly address: string; readonly port: number } | undefined {
  if (value.length > longestAddress) return undefined;
  const match = /^\[?([0-9a-f.:]+?)\]?[:|](\d{1,5})$/i.exec(value);
  if (match === null) return undefined;
  const [, address = '', digits = ''] = match;
  const isIpv6 = address.includes(':');
  if (isIpv6 && !value.startsWith('[') && !value.includes('|')) return undefined;
  const port = Number(digits);
  return addressWords(address) === undefined || port < 1 || port > 65_535 ? undefined : { address, port };
}
