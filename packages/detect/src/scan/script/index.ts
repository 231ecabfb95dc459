/** The script judge: scripts read into syntax trees, and requests followed through them. */
export { findingsOf, makeScriptJudge } from './engine.ts';
export { type Judged, type JudgeLimits, judgeLimits, judgeScript, type PlacedFlow } from './judge.ts';
export { languageOf, type ScriptLanguage, scriptLanguages } from './language.ts';
export { tables as scriptTables } from './tables/index.ts';
export type { Danger, Sink, Table } from './tables/table.ts';
