export { hostMoment } from './clock.ts';
export { Ladder } from './ladder.ts';
export { type Preview, samePolicy } from './preview.ts';
export {
  LadderError,
  type LadderErrorCode,
  type Period,
  type Protection,
  rungNames,
  wordsOf,
} from './protection.ts';
export { defaultConfirmWithin, type LadderChange, type LadderOptions, type StepRequest } from './request.ts';
export type { Moment } from './standing.ts';
export type { ProtectionView } from './view.ts';
