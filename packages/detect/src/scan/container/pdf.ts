/** PDF: the contents of streams (ISO 32000-1, 7.3.8 and 7.4), where scripts and embedded files stand. */
import { inflateSync, constants as zlib } from 'node:zlib';
import type { Subject } from '../subject.ts';
import type { Budget } from './budget.ts';
import type { Member } from './member.ts';

const streamWord = Buffer.from('stream');
const endWord = Buffer.from('endstream');
/** How far before a stream its dictionary may begin. */
const dictionaryWindow = 2_048;
/** Streams of pictures and fonts hold nothing that runs here. */
const uninteresting =
  /\/Subtype\s*\/(Image|Type1C|CIDFontType0C|OpenType)|\/(DCTDecode|JPXDecode|CCITTFaxDecode|JBIG2Decode)/;

/** Opener of PDF documents. Streams that cannot be decoded are given as they stand. */
export function* pdfMembers(subject: Subject, budget: Budget): Generator<Member> {
  const bytes = subject.bytes();
  if (bytes.includes('/Encrypt')) {
    budget.note('encrypted', subject.name, {
      en: 'an encrypted PDF: its streams cannot be looked into',
      zh: '加密的 PDF：无法检查其数据流',
    });
  }
  let unpacked = 0;
  let index = 0;
  for (let at = bytes.indexOf(streamWord); at >= 0; ) {
    const start = afterLineEnd(bytes, at + streamWord.length);
    const end = bytes.indexOf(endWord, start);
    if (end < 0) return;
    index += 1;
    const dictionary = dictionaryBefore(bytes, at);
    if (!uninteresting.test(dictionary)) {
      const where = `${subject.name}!/stream-${index}`;
      budget.takeMember(where);
      const content = decoded(
        bytes.subarray(start, end),
        dictionary,
        Math.min(budget.bytesLeft + 1, budget.limits.contentBytes),
      );
      unpacked += content.length;
      budget.takeBytes(content.length, where, bytes.length, unpacked);
      if (content.length > 0) yield { name: `stream-${index}`, bytes: content, size: content.length };
    }
    at = bytes.indexOf(streamWord, end + endWord.length);
  }
}

function afterLineEnd(bytes: Buffer, at: number): number {
  if (bytes[at] === 0x0d && bytes[at + 1] === 0x0a) return at + 2;
  return bytes[at] === 0x0a || bytes[at] === 0x0d ? at + 1 : at;
}

function dictionaryBefore(bytes: Buffer, at: number): string {
  const text = bytes.toString('latin1', Math.max(at - dictionaryWindow, 0), at);
  return text.slice(Math.max(text.lastIndexOf('endobj'), text.lastIndexOf(' obj'), 0));
}

function decoded(raw: Buffer, dictionary: string, most: number): Buffer {
  let content = raw;
  for (const [, filter] of dictionary.matchAll(/\/(FlateDecode|Fl|ASCIIHexDecode|AHx)\b/g)) {
    content = filter === 'FlateDecode' || filter === 'Fl' ? inflated(content, most) : fromHex(content);
  }
  return content;
}

/** What can be inflated of it; all of `raw` when nothing can. */
function inflated(raw: Buffer, most: number): Buffer {
  try {
    return inflateSync(raw, { finishFlush: zlib.Z_SYNC_FLUSH, maxOutputLength: Math.max(most, 1) });
  } catch {
    return raw;
  }
}

function fromHex(raw: Buffer): Buffer {
  return Buffer.from(raw.toString('latin1').replaceAll(/[^0-9A-Fa-f]/g, ''), 'hex');
}
