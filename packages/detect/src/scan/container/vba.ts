/** VBA macros: the source text inside module streams ([MS-OVBA] 2.4.1, compression of containers). */

const signature = 0x01;
const chunkBytes = 4_096;
/** Every module's source begins with this line; its first eight letters are literals after a flag byte of 0. */
const beginning = Buffer.from('\0Attribut', 'latin1');

/** The source text of a module stream; undefined when there is none. @param most bytes of text at most */
export function vbaSource(stream: Buffer, most: number): Buffer | undefined {
  const at = stream.indexOf(beginning);
  // Before it stand the container's signature byte and the header of its first chunk.
  if (at < 3 || stream[at - 3] !== signature) return undefined;
  return decompress(stream.subarray(at - 3), most);
}

/** Decompresses a container; stops where it is damaged. */
export function decompress(container: Buffer, most: number): Buffer {
  const chunks: Buffer[] = [];
  let total = 0;
  let at = 1;
  while (at + 2 <= container.length && total < most) {
    const header = container.readUInt16LE(at);
    const end = Math.min(at + (header & 0x0fff) + 3, container.length);
    const isCompressed = (header & 0x8000) !== 0;
    const chunk = isCompressed
      ? decompressChunk(container.subarray(at + 2, end))
      : Buffer.from(container.subarray(at + 2, Math.min(at + 2 + chunkBytes, container.length)));
    chunks.push(chunk);
    total += chunk.length;
    at = end;
  }
  return Buffer.concat(chunks).subarray(0, most);
}

function decompressChunk(data: Buffer): Buffer {
  const out = Buffer.alloc(chunkBytes);
  let length = 0;
  let at = 0;
  while (at < data.length && length < chunkBytes) {
    const flags = data[at] ?? 0;
    at += 1;
    for (let bit = 0; bit < 8 && at < data.length && length < chunkBytes; bit += 1) {
      if ((flags & (1 << bit)) === 0) {
        out[length] = data[at] ?? 0;
        length += 1;
        at += 1;
        continue;
      }
      if (at + 2 > data.length) return out.subarray(0, length);
      const token = data.readUInt16LE(at);
      at += 2;
      const offsetBits = Math.max(Math.ceil(Math.log2(Math.max(length, 1))), 4);
      const lengthMask = 0xffff >> offsetBits;
      const back = (token >> (16 - offsetBits)) + 1;
      if (back > length) return out.subarray(0, length);
      for (let count = (token & lengthMask) + 3; count > 0 && length < chunkBytes; count -= 1, length += 1)
        out[length] = out[length - back] ?? 0;
    }
  }
  return out.subarray(0, length);
}
