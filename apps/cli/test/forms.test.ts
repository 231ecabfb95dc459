/** What the documentation and the program's own words tell people to type is what the command line takes. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Command } from '../src/command.ts';
import { allCommands } from '../src/commands.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');

/** A command line that somewhere is told to be typed: the words behind `redoubt`. */
interface Form {
  readonly file: string;
  readonly words: readonly string[];
}

/** The words of one command: up to a comment, a pipe, a redirection or the end of a sentence. */
function wordsOf(text: string): string[] {
  const [line = ''] = text.split(/\s#\s|\s[|>;]\s|\s&&\s|[`)）；。]|\\n/);
  return line.split(/[\s，]+/).map(word => word.replace(/^['"[]+|['"\].,:：]+$/g, ''));
}

const inSentence = /(?:`|: |：|[(（])(?:sudo )?(?:\.\/)?redoubt ([a-z][^\n`]*)/g;
const inLine = /(?:^|&& |\| |\$ )(?:sudo )?(?:\.\/)?redoubt ([a-z].*?)(?= && |$)/gm;

/** Lines of code in a page, those that go on behind a backslash as one. */
function codeOf(page: string): string {
  return Array.from(page.replaceAll('\\\n', ' ').matchAll(/^```\w*\n(.*?)^```/gms), ([, code]) => code).join(
    '',
  );
}

function formsIn(file: string): Form[] {
  const text = textOf(file);
  const inside = file.endsWith('.md') ? Array.from(codeOf(text).matchAll(inLine)) : [];
  return [...inside, ...text.matchAll(inSentence)].map(([, rest = '']) => ({ file, words: wordsOf(rest) }));
}

/** The first words that a command's forms take; undefined where it may be anything, such as a path. */
function actionsOf({ name, usage }: Command): ReadonlySet<string> | undefined {
  const first = usage.map(line => line.slice(name.length + 1).split(' ')[0] ?? '');
  const words = first.filter(word => word !== '' && !word.startsWith('[--') && !word.startsWith('--'));
  const plain = words.map(word => word.replace(/[[\]]/g, ''));
  if (!plain.every(word => /^[a-z-]+(\|[a-z-]+)*$/.test(word))) return undefined;
  return new Set(plain.flatMap(word => word.split('|')));
}

/** What is wrong with a form; undefined when nothing is. */
function complaint([name = '', ...rest]: readonly string[], commands: ReadonlyMap<string, Command>) {
  // The launcher's own.
  if (name === 'test') return undefined;
  const command = commands.get(name);
  if (command === undefined) return 'there is no such command';
  if (command.passesArguments) return undefined;
  const option = rest.find(word => /^--[a-z]/.test(word) && !Object.hasOwn(command.options, optionOf(word)));
  if (option !== undefined) return `there is no ${option}`;
  const [action = ''] = rest;
  const actions = actionsOf(command);
  if (actions === undefined || !/^[a-z-]+(\|[a-z-]+)*$/.test(action) || action.startsWith('-'))
    return undefined;
  const unknown = action.split('|').find(one => !actions.has(one));
  return unknown === undefined ? undefined : `${name} does not know ${unknown}`;
}

function optionOf(word: string): string {
  return word.slice(2).split('=')[0] ?? '';
}

const places = [
  '*.md',
  'docs/{en,zh}/*.md',
  'apps/*/src/**/*.{ts,tsx}',
  'packages/*/src/**/*.ts',
  'content/**/*.{yml,md}',
];

test('every command line that pages, messages and advice name can be typed', async () => {
  const commands = new Map((await allCommands()).map(command => [command.name, command]));
  const forms = places.flatMap(place => globSync(place, { cwd: root })).flatMap(formsIn);
  assert.ok(forms.length > 500, `only ${forms.length} were found`);
  const wrong = forms.flatMap(({ file, words }) => {
    const why = complaint(words, commands);
    return why === undefined ? [] : [`${file}: redoubt ${words.join(' ')}: ${why}`];
  });
  assert.deepEqual(wrong, []);
  for (const words of ['dance', 'protect enforce dns', 'bans list --dance'])
    assert.ok(complaint(words.split(' '), commands), words);
});

/** A command line without what people choose: names, texts, paths. */
function shapeOf({ words }: Form): string {
  const [name, action = '', ...rest] = words;
  const options = [action, ...rest].filter(word => /^--/.test(word) && !/^--lang$|-zh$/.test(word));
  return [name, /^[a-z-]+$/.test(action) ? action : '', ...options].join(' ');
}

test('the Chinese pages show the same command lines as the English ones', () => {
  for (const page of globSync('docs/en/*.md', { cwd: root }).map(path => basename(path))) {
    const [english, chinese] = ['en', 'zh'].map(language => {
      const file = `docs/${language}/${page}`;
      return Array.from(codeOf(textOf(file)).matchAll(inLine), ([, rest = '']) =>
        shapeOf({ file, words: wordsOf(rest) }),
      );
    });
    assert.deepEqual(chinese, english, page);
  }
});
