/** Models: sums of steps over features (gradient-boosted stumps), so that each feature's part is known exactly. */
import type { Features, ModelKind } from '../features/features.ts';

/** One step: below the threshold a feature counts `low`, else `high`. */
export type Stump = readonly [feature: number, threshold: number, low: number, high: number];

/** The model of one kind of file. Plain JSON. */
export interface KindModel {
  /** Names of the features, by which steps refer to them. */
  readonly features: readonly string[];
  /** What is counted before any feature: log odds. */
  readonly base: number;
  readonly stumps: readonly Stump[];
  /** Log odds from which a file is suspicious. */
  readonly suspicious: number;
}

/** Everything that was learnt. Plain JSON, in content/models/. */
export interface StaticModel {
  readonly format: 'redoubt-static-model';
  readonly version: string;
  readonly kinds: Readonly<Record<ModelKind, KindModel>>;
}

/** How much each feature says, log odds; positive speaks against the file. */
export interface Scored {
  readonly score: number;
  readonly parts: ReadonlyMap<string, number>;
}

/** Scores a file. A feature that the model knows and the file lacks counts as 0. */
export function scoreOf(model: KindModel, features: Features): Scored {
  let score = model.base;
  const parts = new Map<string, number>();
  for (const [index, threshold, low, high] of model.stumps) {
    const name = model.features[index] ?? '';
    const part = (features[name] ?? 0) < threshold ? low : high;
    score += part;
    parts.set(name, (parts.get(name) ?? 0) + part);
  }
  return { score, parts };
}

/** Reads a model. @throws Error naming what is wrong */
export function readModel(text: string): StaticModel {
  const model = JSON.parse(text) as StaticModel;
  if (model.format !== 'redoubt-static-model' || typeof model.version !== 'string')
    throw new Error('no static model of Redoubt');
  for (const [kind, { features, stumps, base, suspicious }] of Object.entries(model.kinds)) {
    const numbers = [base, suspicious, ...stumps.flat()];
    const known = stumps.every(([index]) => features[index] !== undefined);
    if (!known || !numbers.every(Number.isFinite)) throw new Error(`the model of ${kind} files is damaged`);
  }
  return model;
}
