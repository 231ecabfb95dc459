/** Files and folders that are the old or the new ones, whatever moment the power fails. */
export { type FileCalls, readSmallFile, replaceFile, replaceLarge } from './file.ts';
export { replaceLink, syncFolder } from './folder.ts';
