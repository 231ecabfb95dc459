/** The learnt model as an engine of the scan. It says suspicious at most: what is odd need not be bad. */
import { readFileSync } from 'node:fs';
import type { Bilingual, Reason } from '@redoubt/model';
import { ElfError } from '@redoubt/observe/elf';
import type { Engine, EngineFinding } from '../engine.ts';
import type { Subject } from '../subject.ts';
import { type Features, featuresOf, type ModelKind, modelKindOf } from './features/features.ts';
import { featureWords } from './features/words.ts';
import { readModel, type StaticModel, scoreOf } from './model/model.ts';
import { PeError } from './pe/file.ts';

const name = 'static';
/** Grows with every change of features. */
const featureVersion = '2';
const shownReasons = 5;
const leastPart = 0.1;
const mostConfidence = 60;

/** Where the model that ships stands. */
export const shippedModel = new URL('../../../../../content/models/static.json', import.meta.url).pathname;

const titles: Readonly<Record<ModelKind, Bilingual>> = {
  elf: { en: 'Program is built unlike honest ones', zh: '程序结构异常，不同于正常程序' },
  pe: { en: 'Windows program is built unlike honest ones', zh: 'Windows 程序结构异常，不同于正常程序' },
  script: { en: 'Script is written unlike honest ones', zh: '脚本写法异常，不同于正常脚本' },
};

/**
 * Makes the engine.
 * @throws Error naming the file when the model cannot be read
 */
export function makeStaticEngine(file = shippedModel): Engine {
  let model: StaticModel;
  try {
    model = readModel(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return {
    name,
    version: `${featureVersion}-${model.version}`,
    wants: 'bytes',
    // Of a file that is not seen to its end, hardly any feature can be told.
    accepts: subject => subject.complete && kindFor(subject) !== undefined,
    scan: subject => judged(model, subject),
  };
}

function kindFor(subject: Subject): ModelKind | undefined {
  if (subject.kind === 'elf' && isObjectOfLibrary(subject)) return undefined;
  if (subject.kind === 'elf' || subject.kind === 'pe') return subject.kind;
  if (subject.kind !== 'script' && subject.kind !== 'text') return undefined;
  return modelKindOf(subject.members.at(-1) ?? subject.path, subject.bytes());
}

/** Offset of `e_type` in an ELF header, and what it is in an object file (elf(5)). */
const typeOffset = 16;
const relocatable = 1;

/** Objects of static libraries are parts of programs, built unlike them, and nothing runs them. */
function isObjectOfLibrary(subject: Subject): boolean {
  const bytes = subject.bytes();
  if (subject.members.length === 0 || bytes.length < typeOffset + 2) return false;
  const isLittle = bytes[5] === 1;
  return (isLittle ? bytes.readUInt16LE(typeOffset) : bytes.readUInt16BE(typeOffset)) === relocatable;
}

function judged(model: StaticModel, subject: Subject): EngineFinding[] {
  const kind = kindFor(subject);
  if (kind === undefined) return [];
  let features: Features;
  try {
    features = featuresOf(kind, subject.bytes());
  } catch (error) {
    // A file that only begins as a program is none: nothing runs it.
    if (error instanceof ElfError || error instanceof PeError) return [];
    throw error;
  }
  const { score, parts } = scoreOf(model.kinds[kind], features);
  const { suspicious } = model.kinds[kind];
  if (score < suspicious) return [];
  const certainty = 1 / (1 + Math.exp(-(score - suspicious) / 2));
  return [
    {
      engine: name,
      judgement: 'suspicious',
      signature: `static.${kind}`,
      title: titles[kind],
      reasons: reasonsOf(features, parts),
      confidence: Math.round(mostConfidence * certainty),
      tags: ['attack.defense-evasion', 'attack.t1027.002'],
    },
  ];
}

/** The features that speak against a file, the heaviest first, with how much each counts. */
function reasonsOf(features: Features, parts: ReadonlyMap<string, number>): Reason[] {
  return Array.from(parts)
    .filter(([, part]) => part >= leastPart)
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, shownReasons)
    .map(([feature, part]) => {
      const value = features[feature] ?? 0;
      const { en, zh } = featureWords(feature, value);
      const weight = part.toFixed(2);
      return {
        field: `static.${feature}`,
        value: String(Math.round(value * 1e4) / 1e4),
        text: { en: `${en} (adds ${weight})`, zh: `${zh}（权重 +${weight}）` },
      };
    });
}
