export { hostMoment } from './clock.ts';
export {
  defaultConfirmWithin,
  Ladder,
  type LadderChange,
  type LadderOptions,
  type StepRequest,
} from './ladder.ts';
export { type Preview, samePolicy } from './preview.ts';
export {
  LadderError,
  type LadderErrorCode,
  type Period,
  type Protection,
  rungNames,
  wordsOf,
} from './protection.ts';
export type { Moment } from './standing.ts';
export type { ProtectionView } from './view.ts';
