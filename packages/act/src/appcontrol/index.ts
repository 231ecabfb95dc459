export {
  type Catalog,
  type CatalogEntry,
  openCatalog,
  parseCatalog,
  type SignedCatalog,
  signCatalog,
} from './catalog.ts';
export { CatalogStore } from './catalog-store.ts';
export { digestsOf } from './digests.ts';
export { GoldenPrograms } from './golden-programs.ts';
export { type AppDecision, judgeProgram } from './judge.ts';
export { OwnPrograms } from './own-programs.ts';
export { PackageDigests } from './package-digest.ts';
export { AppControl, type DeniedProgram } from './protection.ts';
export { type AppControlSettings, type AppRule, appControlDefaults, parseAppControl } from './settings.ts';
export { hashesOf, type WdacHash, wdacPolicy } from './wdac.ts';
