/** The act wing: responses and protections, every one of them on the ladder observe → audit → enforce. */
export { type FileCalls, readSmallFile, replaceFile } from '@redoubt/store/durable';
export * from './ladder/index.ts';
