/** Static features of programs and scripts, and the model that weighs them. */
export { makeStaticEngine, shippedModel } from './engine.ts';
export { type Features, featuresOf, type ModelKind, modelKindOf, modelKinds } from './features/features.ts';
export { featureNames, featureWords } from './features/words.ts';
export { type KindModel, readModel, type StaticModel, scoreOf } from './model/model.ts';
export { PeError, PeFile } from './pe/file.ts';
