/** How do we know? Drills that prove that each detection fires. */
export { drills, drillsNamed } from './drill/catalogue.ts';
export type { Drill, DrillNeed, DrillPlace, LogPlace } from './drill/drill.ts';
export { type DrillMatch, matchFinding } from './drill/match.ts';
export { obstacleText } from './drill/obstacles.ts';
export { type DrillProgram, drillProgram } from './drill/program.ts';
export { type DrillRun, type StepOutcome, startDrill, unmetNeeds } from './drill/run.ts';
