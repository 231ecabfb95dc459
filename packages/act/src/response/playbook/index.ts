/** Playbooks: several actions in order, with people who agree, limits, and a way back. */
export { type ListedPlaybook, type PlaybookLibrary, readPlaybooks } from './library.ts';
export { parsePlaybook, spanOf } from './parse.ts';
export { inputsOf, isFor, type Playbook, type PlaybookStep } from './playbook.ts';
export type { Run, RunStep } from './run.ts';
export { type DryStep, PlaybookRunner } from './runner.ts';
