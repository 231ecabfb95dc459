/** Facts back to the bytes of extended attributes: the other way of attributes.ts. */

import type { Fact, StateEntry } from '@redoubt/model';
import { capabilityNames } from '@redoubt/model/capabilities';

const tags: Readonly<Record<string, number>> = { user: 1, group: 4, mask: 16, other: 32 };

/** Bytes of an ACL in the words of `getfacl -n`, version 2 (include/uapi/linux/posix_acl_xattr.h); undefined for other words. */
export function aclBytes(text: string): Buffer | undefined {
  const entries = text.split(',');
  const bytes = Buffer.alloc(4 + entries.length * 8);
  bytes.writeUInt32LE(2, 0);
  for (const [index, entry] of entries.entries()) {
    const [, name = '', id = '', letters = ''] =
      /^(user|group|mask|other):(\d*):([r-][w-][x-])$/.exec(entry) ?? [];
    const tag = tags[name];
    if (tag === undefined) return undefined;
    const named = id !== '' && (name === 'user' || name === 'group');
    const permissions = ['r', 'w', 'x'].reduce(
      (sum, one, bit) => sum | (letters[bit] === one ? 4 >> bit : 0),
      0,
    );
    const at = 4 + index * 8;
    bytes.writeUInt16LE(named ? tag * 2 : tag, at);
    bytes.writeUInt16LE(permissions, at + 2);
    bytes.writeUInt32LE(id === '' ? 0xffff_ffff : Number(id), at + 4);
  }
  return bytes;
}

const bits = new Map(
  Array.from({ length: 64 }, (_, bit) => [capabilityNames(1n << BigInt(bit))[0]?.toLowerCase() ?? '', bit]),
);

/** Bytes of file capabilities in the words of `getcap`, version 2 (include/uapi/linux/capability.h). */
export function capabilityBytes(text: string): Buffer | undefined {
  const bytes = Buffer.alloc(20);
  let magic = 0x0200_0000;
  for (const one of text.split(' ')) {
    const [, names = '', flags = ''] = /^([a-z0-9_,]+)=([eip]+)$/.exec(one) ?? [];
    if (flags === '') return undefined;
    if (flags.includes('e')) magic |= 1;
    for (const name of names.split(',')) {
      const bit = bits.get(name);
      if (bit === undefined) return undefined;
      const at = 4 + (bit >> 5) * 8;
      const mask = (1 << (bit & 31)) >>> 0;
      if (flags.includes('p')) bytes.writeUInt32LE((bytes.readUInt32LE(at) | mask) >>> 0, at);
      if (flags.includes('i')) bytes.writeUInt32LE((bytes.readUInt32LE(at + 4) | mask) >>> 0, at + 4);
    }
  }
  bytes.writeUInt32LE(magic, 0);
  return bytes;
}

/** The extended attributes that an entry's facts stand for. */
export function attributesOf(facts: StateEntry['facts']): Map<string, Buffer> {
  const attributes = new Map<string, Buffer>();
  const add = (name: string, fact: Fact | undefined, parse: (text: string) => Buffer | undefined): void => {
    if (typeof fact !== 'string') return;
    attributes.set(name, parse(fact) ?? Buffer.from(fact, 'hex'));
  };
  add('system.posix_acl_access', facts['acl'], aclBytes);
  add('system.posix_acl_default', facts['default_acl'], aclBytes);
  add('security.capability', facts['capabilities'], capabilityBytes);
  add('security.selinux', facts['selinux'], text => Buffer.from(`${text}\0`));
  for (const name in facts)
    if (name.startsWith('xattr.')) add(name.slice(6), facts[name], text => Buffer.from(text, 'hex'));
  return attributes;
}
