/** Names of Linux capabilities, by bit (include/uapi/linux/capability.h). */
const names = [
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_DAC_READ_SEARCH',
  'CAP_FOWNER',
  'CAP_FSETID',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SETPCAP',
  'CAP_LINUX_IMMUTABLE',
  'CAP_NET_BIND_SERVICE',
  'CAP_NET_BROADCAST',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_IPC_LOCK',
  'CAP_IPC_OWNER',
  'CAP_SYS_MODULE',
  'CAP_SYS_RAWIO',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_SYS_PACCT',
  'CAP_SYS_ADMIN',
  'CAP_SYS_BOOT',
  'CAP_SYS_NICE',
  'CAP_SYS_RESOURCE',
  'CAP_SYS_TIME',
  'CAP_SYS_TTY_CONFIG',
  'CAP_MKNOD',
  'CAP_LEASE',
  'CAP_AUDIT_WRITE',
  'CAP_AUDIT_CONTROL',
  'CAP_SETFCAP',
  'CAP_MAC_OVERRIDE',
  'CAP_MAC_ADMIN',
  'CAP_SYSLOG',
  'CAP_WAKE_ALARM',
  'CAP_BLOCK_SUSPEND',
  'CAP_AUDIT_READ',
  'CAP_PERFMON',
  'CAP_BPF',
  'CAP_CHECKPOINT_RESTORE',
] as const;

/** The same few sets (none, all) stand in almost every process; each is spelled out once. */
const spelled = new Map<bigint, readonly string[]>();

/** Names of the capabilities in a set, lowest bit first; a bit without a name is "CAP_<bit>". */
export function capabilityNames(set: bigint): readonly string[] {
  const known = spelled.get(set);
  if (known !== undefined) return known;
  const found: string[] = [];
  for (let bit = 0; bit < 64; bit++) {
    if ((set >> BigInt(bit)) & 1n) found.push(names[bit] ?? `CAP_${bit}`);
  }
  if (spelled.size < 256) spelled.set(set, found);
  return found;
}

/** Names of the capabilities in a stored set, which is a hexadecimal number; none where it is not one. */
export function storedCapabilities(set: string | undefined): readonly string[] {
  return set !== undefined && /^[0-9a-f]{1,16}$/.test(set) ? capabilityNames(BigInt(`0x${set}`)) : [];
}
