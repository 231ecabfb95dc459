/** The features of a file: numbers that a model weighs and a person can check. */
import { isElf } from '@redoubt/observe/elf';
import { languageOf } from '../../script/language.ts';
import { elfFeatures } from './elf.ts';
import { peFeatures } from './pe.ts';
import { scriptFeatures } from './script.ts';

export const modelKinds = ['elf', 'pe', 'script'] as const;

/** What a model is for. */
export type ModelKind = (typeof modelKinds)[number];

/** Numbers by the names of `words.ts`. */
export type Features = Readonly<Record<string, number>>;

/** Scripts shorter than this have no statistics to speak of. */
const leastScript = 256;

/** Which model a file is for; undefined when there is none. */
export function modelKindOf(path: string, bytes: Buffer): ModelKind | undefined {
  if (isElf(bytes)) return 'elf';
  if (bytes.length > 0x40 && bytes[0] === 0x4d && bytes[1] === 0x5a) return 'pe';
  if (bytes.length < leastScript) return undefined;
  return languageOf(path, bytes.toString('latin1', 0, 4_096)) === undefined ? undefined : 'script';
}

/**
 * The features of a file.
 * @throws ElfError, PeError when the bytes are not what they begin as
 */
export function featuresOf(kind: ModelKind, bytes: Buffer): Features {
  switch (kind) {
    case 'elf':
      return elfFeatures(bytes);
    case 'pe':
      return peFeatures(bytes);
    case 'script':
      return scriptFeatures(bytes);
  }
}
