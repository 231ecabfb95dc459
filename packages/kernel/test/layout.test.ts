/** The C side and the TypeScript side of the layout agree. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { isEventKind } from '@redoubt/model';
import {
  headerSize,
  kindNames,
  RecordFlag,
  recordLayoutVersion,
  Section,
  SectionFlag,
  sectionHeaderSize,
} from '../src/index.ts';

const header = readFileSync(new URL('../native/record.h', import.meta.url), 'utf8');
const constants = new Map(
  [...header.matchAll(/^#define (\w+) (\d+)/gm)].map(([, name = '', value]) => [name, Number(value)]),
);

/** Constants that begin with `prefix`, as [name without it, value], by value. */
function group(prefix: string): [string, number][] {
  return [...constants]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]): [string, number] => [name.slice(prefix.length), value])
    .sort((a, b) => a[1] - b[1]);
}

const snake = (name: string) =>
  name
    .replace(/[A-Z]/g, letter => `_${letter}`)
    .replace('.', '_')
    .toUpperCase();

it('has the same version and sizes', () => {
  assert.equal(constants.get('RECORD_LAYOUT_VERSION'), recordLayoutVersion);
  assert.equal(constants.get('RECORD_HEADER_SIZE'), headerSize);
  assert.equal(constants.get('SECTION_HEADER_SIZE'), sectionHeaderSize);
});

it('has the same kinds', () => {
  const kinds = kindNames.slice(1).map((kind, index): [string, number] => [snake(kind), index + 1]);
  assert.deepEqual(group('KIND_').slice(1, -1), kinds);
  assert.equal(constants.get('KIND_COUNT'), kindNames.length);
  assert.equal(kindNames.every(isEventKind), true);
});

it('has the same sections and flags', () => {
  const entries = (object: Record<string, number>) =>
    Object.entries(object).map(([name, value]): [string, number] => [snake(name), value]);
  const sections = group('SECTION_').filter(([name]) => !name.startsWith('FLAG_') && name !== 'HEADER_SIZE');
  assert.deepEqual(sections, entries(Section));
  assert.deepEqual(group('RECORD_FLAG_'), entries(RecordFlag));
  assert.deepEqual(group('SECTION_FLAG_'), entries(SectionFlag));
});
