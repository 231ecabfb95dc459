/**
 * Learns the static model and measures it:
 *
 *     node packages/detect/src/scan/static/train/train.ts [--unpacked FOLDER] [--examples FILE] [--out content/models/static.json]
 *
 * Clean files are those of the installed Debian packages and, with --unpacked, of packages that stand unpacked
 * below a folder (one folder a package). Packages are split by their name: 60 % to learn from, 20 % to set the
 * threshold, 20 % to measure. After that every clean file is scored, whether it was learnt from or not. With
 * --examples the features are kept in a file and read from it the next time.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { type Features, featuresOf, type ModelKind, modelKinds } from '../features/features.ts';
import { boosted, type Sample } from '../model/boost.ts';
import { type KindModel, type StaticModel, scoreOf } from '../model/model.ts';
import { type CorpusFile, installedFiles, lotOf, readCorpusFile, unpackedFiles } from './corpus.ts';
import { oddCopy, oddKinds } from './odd.ts';

const mostBytes = 16 << 20;
/** Odd copies of larger files teach nothing more and take long. */
const mostOddBytes = 2 << 20;
const mostClean = 12_000;
const mostOdd = 4_000;
/** Clean files outweigh odd ones, as they do on a server. */
const cleanWeight = 4;
/**
 * Share of clean files that may be called suspicious when the threshold is set. Installers of Windows are packed by
 * nature and rare on servers: one of them may be wrong rather than all packed programs unseen.
 */
const mayBeWrong: Readonly<Record<ModelKind, number>> = { elf: 1 / 20_000, pe: 1 / 500, script: 1 / 20_000 };

/** Packages of files that are packed on purpose: they are measured, never learnt from. */
const packed = new Map([['clamav-testfiles', 'packed by real packers (clamav-testfiles)']]);

interface Example {
  readonly path: string;
  readonly package: string;
  readonly features: Features;
  /** Name of the change, or undefined for a clean file. */
  readonly change: string | undefined;
}

function examplesOf(files: Iterable<CorpusFile>): Record<ModelKind, Example[]> {
  const examples: Record<ModelKind, Example[]> = { elf: [], pe: [], script: [] };
  const odd = { elf: 0, pe: 0, script: 0 };
  const seen = new Set<string>();
  for (const { path, package: owner } of files) {
    if (seen.has(path)) continue;
    seen.add(path);
    const file = readCorpusFile(path, mostBytes);
    if (file === undefined) continue;
    const { kind, bytes } = file;
    const add = (features: Features, change?: string): void => {
      examples[kind].push({ path, package: owner, features, change });
    };
    try {
      add(featuresOf(kind, bytes), packed.get(owner));
    } catch {
      continue;
    }
    // Odd copies of a sample of files, spread over packages by the file's own lot.
    if (packed.has(owner)) continue;
    const share = kind === 'pe' ? 1 : kind === 'elf' ? 0.5 : 0.1;
    if (bytes.length > mostOddBytes || odd[kind] >= mostOdd || lotOf(`odd ${path}`) > share) continue;
    const changes = oddKinds(kind);
    const change = changes[Math.floor(lotOf(`change ${path}`) * changes.length)] ?? '';
    const copy = oddCopy(kind, change, bytes, Math.floor(lotOf(`seed ${path}`) * 2 ** 32));
    if (copy === undefined) continue;
    try {
      add(featuresOf(kind, copy), change);
      odd[kind] += 1;
    } catch {
      // Made so broken that it is no longer of its kind: other engines say so.
    }
  }
  return examples;
}

/** Which part of the work a package is for. */
function partOf({ package: owner }: Example): 'learn' | 'set' | 'measure' {
  if (packed.has(owner)) return 'measure';
  const lot = lotOf(owner);
  return lot < 0.6 ? 'learn' : lot < 0.8 ? 'set' : 'measure';
}

interface Measured {
  readonly clean: number;
  readonly odd: number;
  readonly wrong: number;
  readonly found: number;
}

function measured(model: KindModel, examples: readonly Example[]): Measured {
  const over = (one: Example): boolean => scoreOf(model, one.features).score >= model.suspicious;
  const clean = examples.filter(one => one.change === undefined);
  const odd = examples.filter(one => one.change !== undefined);
  return {
    clean: clean.length,
    odd: odd.length,
    wrong: clean.filter(over).length,
    found: odd.filter(over).length,
  };
}

function learn(kind: ModelKind, examples: readonly Example[]): KindModel {
  const features = [...new Set(examples.flatMap(one => Object.keys(one.features)))].toSorted();
  const parts = Map.groupBy(examples, partOf);
  const learning = parts.get('learn') ?? [];
  const step = Math.max(1, learning.filter(one => one.change === undefined).length / mostClean);
  const samples = learning.flatMap((one, index): Sample[] => {
    if (one.change === undefined && Math.floor(index / step) === Math.floor((index - 1) / step)) return [];
    return [
      {
        features: one.features,
        odd: one.change !== undefined,
        weight: one.change === undefined ? cleanWeight : 1,
      },
    ];
  });
  const { base, stumps } = boosted(samples, features);
  const model: KindModel = { features, base, stumps, suspicious: 0 };
  // The threshold lets hardly any clean file pass it, of those that were learnt from and those that were not.
  const scores = [...learning, ...(parts.get('set') ?? [])]
    .filter(one => one.change === undefined)
    .map(one => scoreOf(model, one.features).score)
    .toSorted((a, b) => b - a);
  const allowed = Math.floor(scores.length * mayBeWrong[kind]);
  const suspicious = Math.round(((scores[allowed] ?? 0) + 0.5) * 1e4) / 1e4;
  return { ...model, suspicious };
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${((100 * part) / whole).toFixed(2)} %`;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      unpacked: { type: 'string' },
      examples: { type: 'string' },
      out: { type: 'string' },
      version: { type: 'string' },
    },
  });
  const files = function* (): Generator<CorpusFile> {
    yield* installedFiles();
    if (values.unpacked !== undefined) yield* unpackedFiles(values.unpacked);
  };
  const kept = values.examples;
  const examples =
    kept !== undefined && existsSync(kept)
      ? (JSON.parse(readFileSync(kept, 'utf8')) as Record<ModelKind, Example[]>)
      : examplesOf(files());
  if (kept !== undefined && !existsSync(kept)) writeFileSync(kept, JSON.stringify(examples));
  const kinds = {} as Record<ModelKind, KindModel>;
  for (const kind of modelKinds) {
    const model = learn(kind, examples[kind]);
    kinds[kind] = model;
    const held = measured(
      model,
      examples[kind].filter(one => partOf(one) === 'measure'),
    );
    const all = measured(model, examples[kind]);
    console.log(`${kind}: ${model.stumps.length} steps, suspicious from ${model.suspicious}`);
    console.log(
      `  held out: ${held.clean} clean, ${held.wrong} wrong; ${held.odd} odd, recall ${percent(held.found, held.odd)}, precision ${percent(held.found, held.found + held.wrong)}`,
    );
    console.log(`  every clean file: ${all.wrong} of ${all.clean} suspicious`);
    for (const change of [...oddKinds(kind), ...packed.values()]) {
      const one = measured(
        model,
        examples[kind].filter(each => each.change === change && partOf(each) === 'measure'),
      );
      console.log(`  held out, ${change}: ${percent(one.found, one.odd)} of ${one.odd}`);
    }
    for (const one of examples[kind]) {
      if (one.change !== undefined) continue;
      const { score } = scoreOf(model, one.features);
      if (score >= model.suspicious)
        console.log(`  suspicious although clean: ${one.path} (${score.toFixed(2)})`);
    }
  }
  if (values.out !== undefined) {
    const model: StaticModel = { format: 'redoubt-static-model', version: values.version ?? '1', kinds };
    mkdirSync(dirname(values.out), { recursive: true });
    writeFileSync(values.out, `${JSON.stringify(model)}\n`);
  }
}

main();
