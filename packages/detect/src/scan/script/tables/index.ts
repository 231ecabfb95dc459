/** The table of every language. */
import type { ScriptLanguage } from '../language.ts';
import { javascriptTable } from './javascript.ts';
import { phpTable } from './php.ts';
import { pythonTable } from './python.ts';
import { shellTable } from './shell.ts';
import type { Table } from './table.ts';

export const tables: Readonly<Record<ScriptLanguage, Table>> = {
  php: phpTable,
  javascript: javascriptTable,
  python: pythonTable,
  shell: shellTable,
};
