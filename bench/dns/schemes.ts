/**
 * Names as published schemes make them: names and nothing else, as data with known truth. The shapes are those that
 * Plohmann and others describe ("A Comprehensive Measurement Study of Domain Generating Malware", USENIX Security
 * 2016): by arithmetic, by hashing, by words, by letters that take turns. None of these was used to train or to tune.
 */
import { createHash } from 'node:crypto';

/** Registered labels that one scheme makes of a seed. */
export interface Scheme {
  readonly name: string;
  readonly about: string;
  make(seed: number, index: number, words: readonly string[]): string;
}

/** A linear congruential generator with the constants of Numerical Recipes. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 8;
  };
}

const letter = (value: number): string => String.fromCharCode(97 + (value % 26));
const digest = (kind: string, seed: number, index: number): Buffer =>
  createHash(kind).update(`${seed}/${index}`).digest();
const text = (length: number, next: () => number, of = letter): string =>
  Array.from({ length }, () => of(next())).join('');

export const schemes: readonly Scheme[] = [
  {
    name: 'arithmetic',
    about: 'letters by a congruential generator, 12 to 23',
    make: (seed, index) => {
      const next = numbers(seed ^ (index * 7919));
      return text(12 + (next() % 12), next);
    },
  },
  {
    name: 'arithmetic-short',
    about: 'the same, 8 to 11',
    make: (seed, index) => {
      const next = numbers(seed ^ (index * 104_729));
      return text(8 + (next() % 4), next);
    },
  },
  {
    name: 'date-shift',
    about: 'letters by shifting a date, 16 a to y',
    make: (seed, index) => {
      let [year, month, day] = [2020 + (index % 10), 1 + (index % 12), 1 + (seed % 28)];
      return Array.from({ length: 16 }, () => {
        year = ((year ^ (8 * year)) >>> 11) ^ ((year & 0xfffffff0) << 17);
        month = ((month ^ (4 * month)) >>> 25) ^ (16 * (month & 0xfffffff8));
        day = ((day ^ (day << 13)) >>> 19) ^ ((day & 0xfffffffe) << 12);
        return String.fromCharCode(97 + (((year ^ month ^ (day + index * 31)) >>> 0) % 25));
      }).join('');
    },
  },
  {
    name: 'hash-hex',
    about: 'hexadecimal digits of an MD5, 16',
    make: (seed, index) => digest('md5', seed, index).toString('hex').slice(0, 16),
  },
  {
    name: 'hash-base32',
    about: 'letters and digits of a SHA-1, 20',
    make: (seed, index) =>
      Array.from(digest('sha1', seed, index), byte => 'abcdefghijklmnopqrstuvwxyz234567'[byte & 31]).join(''),
  },
  {
    name: 'hash-letters',
    about: 'letters of a SHA-256 modulo 26, 14',
    make: (seed, index) => Array.from(digest('sha256', seed, index).subarray(0, 14), letter).join(''),
  },
  {
    name: 'permuted',
    about: 'one long text, two characters exchanged for each name',
    make: (seed, index) => {
      const next = numbers(seed);
      const all = [...text(18, next)];
      const swap = numbers(index);
      for (let turn = 0; turn < 6; turn++) {
        const [a, b] = [swap() % all.length, swap() % all.length];
        [all[a], all[b]] = [all[b] as string, all[a] as string];
      }
      return all.join('');
    },
  },
  {
    name: 'pronounceable',
    about: 'consonants and vowels take turns, 10 to 13',
    make: (seed, index) => {
      const next = numbers(seed + index * 613);
      return Array.from(
        { length: 10 + (next() % 4) },
        (_, at) => (at % 2 === 0 ? 'bcdfghjklmnpqrstvwxz' : 'aeiouy')[next() % (at % 2 === 0 ? 20 : 6)],
      ).join('');
    },
  },
  {
    name: 'words',
    about: 'two words of a dictionary',
    make: (seed, index, words) => {
      const next = numbers(seed + index * 389);
      return `${words[next() % words.length]}${words[next() % words.length]}`;
    },
  },
];
