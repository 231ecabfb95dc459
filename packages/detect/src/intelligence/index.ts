/** Threat intelligence: indicators from many sources, matched in real time and over history. */
export type { FeedInput, ImportProgress, ImportRequest } from './import/import-feed.ts';
export type { SourceSettings } from './import/intake.ts';
export type { Breadth, ImportReport, ReportedPlace } from './import/report.ts';
export {
  type Candidate,
  type CandidateKind,
  FeedDamage,
  type IndicatorKind,
  indicatorKinds,
  type Sink,
} from './kinds.ts';
export { type ImportWatch, IndicatorLibrary } from './library.ts';
export { createIndicatorMatcher, IndicatorMatcher, type MatcherOptions } from './match/matcher.ts';
export { observableKinds } from './match/observables.ts';
export { breadthOf, type RetroHuntOptions, type RetroHuntReport, retroHunt } from './match/retro-hunt.ts';
export { Sighter, type SighterOptions, type Sighting } from './match/sighter.ts';
export { IndicatorFileError, readIndicators, writeIndicators } from './set/file.ts';
export { type Hit, type Indicator, IndicatorSet, type SourceInfo } from './set/indicator-set.ts';
export {
  TaxiiClient,
  type TaxiiCollection,
  type TaxiiDiscovery,
  TaxiiError,
  type TaxiiOptions,
  type TaxiiPage,
} from './taxii/client.ts';
