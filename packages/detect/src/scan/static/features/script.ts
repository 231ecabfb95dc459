/** Features of scripts: how they are written, not what they do. */
import { entropyOf, scale } from './bytes.ts';
import type { Features } from './features.ts';

/** Characters of a script that are looked at. */
const most = 1 << 20;
/** Runs that are too long and too mixed for words: Base64, hexadecimal. */
const encodedRun = /[A-Za-z0-9+/=_-]{80,}/g;
const hexRun = /(?:[0-9a-fA-F]{2}[\s,]?){40,}/g;
const escapes = /\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[0-7]{3}|%[0-9a-fA-F]{2}/g;
const evaluation =
  /\b(?:eval|exec|assert|create_function|Function|execScript|compile|system|passthru|popen|setTimeout)\s*\(/g;
const decoding =
  /\b(?:base64_decode|gzinflate|gzuncompress|str_rot13|strrev|hex2bin|atob|unescape|fromCharCode|b64decode|unhexlify|fromhex|a2b_base64|decompress|chr)\b|\bbase64\s+(?:-d|--decode)|\bxxd\s+-r/g;
const joins = /['"]\s*[.+]\s*['"]/g;
const words = /[A-Za-z_$][\w$]*/g;

function total(text: string, pattern: RegExp): { count: number; characters: number } {
  let count = 0;
  let characters = 0;
  for (const [match] of text.matchAll(pattern)) {
    count += 1;
    characters += match.length;
  }
  return { count, characters };
}

/** Share of control characters that no text has. */
function controlShare(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 9 || (code > 13 && code < 32)) count += 1;
  }
  return count / text.length;
}

/** The features of a script; bytes are taken as they are, one a character. */
export function scriptFeatures(bytes: Buffer): Features {
  const text = bytes.toString('latin1', 0, most);
  const { length } = text;
  const lines = text.split('\n');
  const longest = lines.reduce((found, line) => Math.max(found, line.length), 0);
  const kib = Math.max(length / 1_024, 0.25);
  const named = total(text, words);
  const share = (pattern: RegExp): number => total(text, pattern).characters / length;
  const encoded = [...text.matchAll(encodedRun)].filter(
    ([run]) => /\d/.test(run) && /[a-z]/.test(run) && /[A-Z]/.test(run),
  );
  const hidden = encoded.reduce((sum, [run]) => sum + run.length, 0);
  return {
    'text.entropy': entropyOf(bytes),
    'text.size': scale(length),
    'text.spaces': share(/\s/g),
    'text.digits': share(/\d/g),
    'text.foreign': share(/[\x80-\xff]/g),
    'text.control': controlShare(text),
    'text.punctuation': share(/[^\w\s\x80-\xff]/g),
    'lines.longest': scale(longest),
    'lines.mean': scale(length / lines.length),
    'lines.longestshare': longest / length,
    'encoded.share': hidden / length,
    'encoded.longest': scale(encoded.reduce((found, [run]) => Math.max(found, run.length), 0)),
    'encoded.hex': share(hexRun),
    'encoded.escapes': share(escapes),
    'calls.evaluation': total(text, evaluation).count / kib,
    'calls.decoding': total(text, decoding).count / kib,
    'calls.both': total(text, evaluation).count > 0 && total(text, decoding).count > 0 ? 1 : 0,
    'text.joins': total(text, joins).count / kib,
    'words.length': named.count === 0 ? 0 : named.characters / named.count,
    'words.share': named.characters / length,
    'words.comments': share(/(?:^|\s)(?:#|\/\/|\*)[^\n]*/g),
  };
}
