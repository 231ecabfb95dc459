/** Content of an agent, for the command line. */
export type { ContentAnswer } from './contract.ts';
export { contentFolder, ruleFolders } from './folders.ts';
export { readLogText } from './rule-log.ts';
export { readUpdateSettings, type UpdateSettings, updateSettingsPath } from './settings.ts';
export { tryOutContent } from './try-out.ts';
