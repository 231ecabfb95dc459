/** Addresses as /proc/net writes them: 32-bit words in the machine's byte order (little-endian on all we run on). */

/** `0100007F` → `127.0.0.1`. */
export function ipv4OfWord(word: string): string {
  return [6, 4, 2, 0].map(at => Number.parseInt(word.slice(at, at + 2), 16)).join('.');
}

/** 32 hexadecimal digits in network order → `fe80::1` (RFC 5952). */
export function ipv6OfHex(hex: string): string {
  const groups = Array.from({ length: 8 }, (_, index) =>
    Number.parseInt(hex.slice(index * 4, index * 4 + 4), 16),
  );
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; ) {
    let end = start;
    while (end < 8 && groups[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(end, start + 1);
  }
  const text = (from: number, to: number) =>
    groups
      .slice(from, to)
      .map(group => group.toString(16))
      .join(':');
  return best.start < 0 ? text(0, 8) : `${text(0, best.start)}::${text(best.start + best.length, 8)}`;
}

/** Four words of /proc/net/tcp6 → an address. IPv4 inside IPv6 stands as IPv4. */
export function ipv6OfWords(words: string): string {
  const hex = (words.match(/.{8}/g) ?? [])
    .map(word => [6, 4, 2, 0].map(at => word.slice(at, at + 2)).join(''))
    .join('')
    .toLowerCase();
  const mapped = /^0{20}ffff(.{8})$/.exec(hex)?.[1];
  return mapped === undefined
    ? ipv6OfHex(hex)
    : [0, 2, 4, 6].map(at => Number.parseInt(mapped.slice(at, at + 2), 16)).join('.');
}
