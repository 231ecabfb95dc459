/** Questions in wire form, written apart from the code under test. */

/** @param options `dnssec` adds an OPT record with the DO bit */
export function questionMessage(
  name: string,
  type: number,
  options: { dnssec?: boolean; id?: number } = {},
): Buffer {
  const labels = name.split('.').flatMap(label => [label.length, ...Buffer.from(label)]);
  const { dnssec = false, id = 0x1234 } = options;
  const opt = dnssec ? [0, 0, 41, 4, 0xd0, 0, 0, 0x80, 0, 0, 0] : [];
  return Buffer.from([
    id >> 8,
    id & 255,
    1,
    0,
    0,
    1,
    0,
    0,
    0,
    0,
    0,
    dnssec ? 1 : 0,
    ...labels,
    0,
    type >> 8,
    type & 255,
    0,
    1,
    ...opt,
  ]);
}
