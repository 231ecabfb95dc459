/** A kind of action whose whole effect is a file, written in two halves, so that a test can see what is in force. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ActionError, type ActionKind } from '../../../src/response/index.ts';

export interface Word {
  readonly word: string;
  readonly extra?: string;
}

/** What a test may make go wrong. */
export interface Troubles {
  point?: () => void;
  apply?: (() => void) | undefined;
  undo?: (() => void) | undefined;
  alive?: (() => boolean) | undefined;
}

/** Writes its word into `effect`; the undo information is what stood there before. */
export function fileKind(
  folder: string,
  afterCrash: 'undo' | 'finish' = 'undo',
  troubles: Troubles = {},
): ActionKind<Word, { before: string }> {
  const path = join(folder, 'effect');
  const { point = () => undefined } = troubles;
  return {
    name: 'write-word',
    title: { en: 'Write a word', zh: '写入' },
    describe: { en: 'word', zh: 'word' },
    afterCrash,
    lasting: true,
    parse(target) {
      const { word } = target as Partial<Word>;
      if (typeof word !== 'string')
        throw new ActionError('bad_target', { en: '"word" must be a text', zh: '“word”应为文本' });
      return target as Word;
    },
    key: ({ word }) => word,
    text: ({ word }) => ({ en: `write ${word}`, zh: `写入 ${word}` }),
    plan: async ({ word }) => {
      if (word === 'forbidden') throw new ActionError('refused', { en: 'must not be', zh: '不允许' });
      return { does: [], leaves: [], undo: { en: 'put back', zh: '还原' } };
    },
    async prepare() {
      point();
      return { before: inForce(folder) };
    },
    async apply({ word }) {
      point();
      troubles.apply?.();
      writeFileSync(path, word.slice(0, 1));
      point();
      writeFileSync(path, word);
      point();
    },
    async verify({ word }) {
      point();
      if (inForce(folder) !== word)
        throw new ActionError('not_in_force', { en: 'it is not there', zh: '不存在' });
    },
    async undo(_, { before }) {
      point();
      troubles.undo?.();
      if (before === '') rmSync(path, { force: true });
      else writeFileSync(path, before);
      point();
    },
    ...(troubles.alive !== undefined && { alive: async () => troubles.alive?.() ?? true }),
  };
}

/** What is in force; empty when nothing is. */
export function inForce(folder: string): string {
  const path = join(folder, 'effect');
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
