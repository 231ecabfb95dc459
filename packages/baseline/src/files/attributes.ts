/** Extended attributes in words: POSIX ACLs, file capabilities, SELinux labels. */
import type { Fact } from '@redoubt/model';
import { capabilityNames } from '@redoubt/model/capabilities';

/** Tags of `struct posix_acl_xattr_entry` (include/uapi/linux/posix_acl_xattr.h). */
const aclTags: Readonly<Record<number, string>> = {
  1: 'user:',
  2: 'user',
  4: 'group:',
  8: 'group',
  16: 'mask:',
  32: 'other:',
};

/** An ACL as `getfacl -n` writes it, entries joined by commas; undefined when the bytes are none. */
export function aclText(bytes: Buffer): string | undefined {
  if (bytes.length < 4 || bytes.readUInt32LE(0) !== 2 || (bytes.length - 4) % 8 !== 0) return undefined;
  const entries: string[] = [];
  for (let at = 4; at < bytes.length; at += 8) {
    const tag = aclTags[bytes.readUInt16LE(at)];
    if (tag === undefined) return undefined;
    const permissions = bytes.readUInt16LE(at + 2);
    const letters = ['r', 'w', 'x'].map((letter, bit) => (permissions & (4 >> bit) ? letter : '-')).join('');
    entries.push(`${tag}${tag.endsWith(':') ? '' : `:${bytes.readUInt32LE(at + 4)}`}:${letters}`);
  }
  return entries.join(',');
}

/** File capabilities as `getcap` writes them: `cap_net_raw,cap_net_admin=ep`; undefined when the bytes are none. */
export function capabilityText(bytes: Buffer): string | undefined {
  if (bytes.length < 12) return undefined;
  const magic = bytes.readUInt32LE(0);
  const words = magic >>> 24 === 1 ? 1 : 2;
  if (bytes.length < 4 + words * 8) return undefined;
  const sets = new Map<string, bigint>();
  for (let bit = 0; bit < words * 32; bit++) {
    const at = 4 + (bit >> 5) * 8;
    const mask = 1 << (bit & 31);
    const permitted = (bytes.readUInt32LE(at) & mask) !== 0;
    const inheritable = (bytes.readUInt32LE(at + 4) & mask) !== 0;
    if (!permitted && !inheritable) continue;
    const flag = `${magic & 1 ? 'e' : ''}${inheritable ? 'i' : ''}${permitted ? 'p' : ''}`;
    sets.set(flag, (sets.get(flag) ?? 0n) | (1n << BigInt(bit)));
  }
  return [...sets].map(([flag, set]) => `${capabilityNames(set).join(',').toLowerCase()}=${flag}`).join(' ');
}

/**
 * Facts of the extended attributes of a file.
 * @param attributes `NAME=HEX;` for each, as `measureFiles` gives them
 */
export function attributeFacts(attributes: string): Record<string, Fact> {
  const facts: Record<string, Fact> = {};
  for (const one of attributes.split(';').sort()) {
    const equals = one.lastIndexOf('=');
    if (equals < 0) continue;
    const name = one.slice(0, equals);
    const bytes = Buffer.from(one.slice(equals + 1), 'hex');
    if (name === 'system.posix_acl_access') facts['acl'] = aclText(bytes) ?? bytes.toString('hex');
    else if (name === 'system.posix_acl_default')
      facts['default_acl'] = aclText(bytes) ?? bytes.toString('hex');
    else if (name === 'security.capability')
      facts['capabilities'] = capabilityText(bytes) ?? bytes.toString('hex');
    else if (name === 'security.selinux') facts['selinux'] = bytes.toString('utf8').replace(/\0+$/, '');
    else facts[`xattr.${name}`] = bytes.toString('hex');
  }
  return facts;
}
