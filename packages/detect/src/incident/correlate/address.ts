/** Addresses as they are compared. */
import { isIP } from 'node:net';
import { getDomain } from 'tldts';

/** Never tells one thing from another: this host itself, no address, everyone. */
const meaningless =
  /^(?:127\.|0\.|255\.255\.255\.255$|22[4-9]\.|23\d\.|169\.254\.|::1?$|fe80:|ff[0-9a-f]{2}:)/;
const privateAddress = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd][0-9a-f]{2}:)/;

/**
 * One spelling of an address: lower case, IPv4-mapped IPv6 (`::ffff:10.0.0.5`) as IPv4, without a zone.
 * @returns undefined for what is no address, and for loopback, multicast, link-local and unspecified ones
 */
export function addressOf(text: string | undefined): string | undefined {
  if (text === undefined || text.length > 64) return undefined;
  const plain = text
    .trim()
    .toLowerCase()
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.)/, '');
  const version = isIP(plain);
  if (version === 0) return undefined;
  const address = version === 6 ? (compressed(plain) ?? plain) : plain;
  return meaningless.test(address) ? undefined : address;
}

/** The one shortest spelling of an IPv6 address (RFC 5952), as the URL parser writes it. */
function compressed(address: string): string | undefined {
  const url = URL.parse(`http://[${address}]/`);
  const shortest = url?.hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(shortest ?? '');
  if (mapped === null) return shortest;
  const number = Number.parseInt(mapped[1] ?? '', 16) * 65_536 + Number.parseInt(mapped[2] ?? '', 16);
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** Whether an address belongs to a network of one's own (RFC 1918, RFC 4193). */
export function isPrivate(address: string): boolean {
  return privateAddress.test(address);
}

/** The name of a host as it is compared: lower case, without its domain; an address stays as it is. */
export function hostOf(name: string | undefined): string | undefined {
  const text = name?.trim().toLowerCase().replace(/^\\+/, '').replace(/\.$/, '');
  if (text === undefined || text === '' || text === '-' || text === 'localhost') return undefined;
  return isIP(text) === 0 ? text.split('.', 1)[0] : text;
}

/** The registered domain of a name, so that the many names below one domain count as one. */
export function domainOf(name: string | undefined): string | undefined {
  if (name === undefined || name.length > 255) return undefined;
  return getDomain(name, { allowPrivateDomains: true }) ?? undefined;
}
