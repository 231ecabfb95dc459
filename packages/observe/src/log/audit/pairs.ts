/** The `name=value` pairs of Linux audit records. */
import { addField, type LogFields } from '../record.ts';

/** Fields that the kernel writes as bare hexadecimal when they hold blanks, quotes or control bytes. */
const untrusted =
  /^(?:name|cwd|comm|exe|proctitle|cmd|acct|data|dir|path|key|vm|file|device|cgroup|ocomm|grp|new-disk|old-disk|watch|sw|root_dir|invalid_context|a\d{1,5}(?:\[\d{1,5}\])?)$/;
const hex = /^(?:[0-9A-F]{2})+$/;
const enrichedMark = '\x1d';

/** Text of a hexadecimal value. NUL bytes, which part the words of a proctitle, become blanks. */
function decodeHex(text: string): string {
  return Buffer.from(text, 'hex').toString('utf8').replace(/\0+$/, '').replaceAll('\0', ' ');
}

/**
 * Reads pairs into fields. Values are `"quoted"`, `'quoted'` (which hold pairs themselves), `{ braced }` or bare.
 * @param type of the record: the arguments a0 to a3 of SYSCALL are numbers, not encoded text
 * @returns false when there are more than `limit` pairs
 */
export function readPairs(text: string, fields: LogFields, type: string, limit: number): boolean {
  let at = 0;
  let count = 0;
  const mark = text.indexOf(enrichedMark);
  while (at < text.length) {
    const equals = text.indexOf('=', at);
    if (equals < 0) break;
    // The name is what stands directly before the sign: words without a value are passed over.
    const before = text.slice(at, equals);
    const name = before.slice(Math.max(before.lastIndexOf(' '), before.lastIndexOf(enrichedMark)) + 1);
    const from = equals + 1;
    const first = text[from];
    let value: string;
    if (first === '"') {
      const stop = endOr(text.indexOf('"', from + 1), text.length);
      value = text.slice(from + 1, stop);
      at = stop + 1;
    } else if (first === "'") {
      const end = mark > from ? mark : text.length;
      const last = text.lastIndexOf("'", end);
      const stop = last > from ? last : end;
      if (!readPairs(text.slice(from + 1, stop), fields, type, limit - count)) return false;
      at = stop + 1;
      continue;
    } else if (first === '{') {
      const stop = endOr(text.indexOf('}', from), text.length);
      value = text.slice(from + 1, stop).trim();
      at = stop + 1;
    } else {
      const blank = endOr(text.indexOf(' ', from), text.length);
      // The mark comes once a record: only the last bare value before it has to look for it.
      const stop = mark > from && mark < blank ? mark : blank;
      value = text.slice(from, stop);
      if (
        value.length > 1 &&
        untrusted.test(name) &&
        hex.test(value) &&
        !(type === 'SYSCALL' && /^a\d$/.test(name))
      ) {
        value = decodeHex(value);
      }
      at = stop + 1;
    }
    count += 1;
    if (count > limit) return false;
    if (name !== '' && name.length < 64 && value !== '(null)' && value !== '?') addField(fields, name, value);
  }
  return true;
}

function endOr(found: number, end: number): number {
  return found < 0 ? end : found;
}

/** An address of a SOCKADDR record (`saddr`, struct sockaddr in hexadecimal, as on little-endian machines). */
export function socketAddress(saddr: string): { ip?: string; port?: number; path?: string } | undefined {
  if (!hex.test(saddr)) return undefined;
  const bytes = Buffer.from(saddr, 'hex');
  const family = bytes.length >= 2 ? bytes.readUInt16LE(0) : 0;
  if (family === 2 && bytes.length >= 8) {
    return { ip: [...bytes.subarray(4, 8)].join('.'), port: bytes.readUInt16BE(2) };
  }
  if (family === 10 && bytes.length >= 24) {
    const groups: string[] = [];
    for (let at = 8; at < 24; at += 2) groups.push(bytes.readUInt16BE(at).toString(16));
    return { ip: new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1), port: bytes.readUInt16BE(2) };
  }
  if (family === 1) return { path: bytes.toString('utf8', 2).replace(/\0.*$/s, '') };
  return undefined;
}
